import type { Asset } from '$lib/api';
import { length } from '$lib/format';
import type { Messages } from '$lib/i18n/index.svelte';
import { plain } from '$lib/i18n/plain';

/** What a photo is called for those who cannot see it. */
export const nameOf = (asset: Asset, { photos, dates }: Messages): string =>
  [
    plain(asset.title ?? asset.name),
    dates.dayOfUtc(Date.parse(asset.captured_at)),
    asset.media === 'video' ? photos.video(length(asset.duration_ms ?? 0)) : '',
  ]
    .filter(Boolean)
    .join(', ');
