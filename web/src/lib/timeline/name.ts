import type { Asset } from '$lib/api';
import { dayOfUtc, length } from '$lib/format';
import type { Messages } from '$lib/i18n/index.svelte';

/** What a photo is called for those who cannot see it. */
export const nameOf = (asset: Asset, says: Messages['photos'], language: string): string =>
  [
    asset.title ?? asset.name,
    dayOfUtc(Date.parse(asset.captured_at), language),
    asset.media === 'video' ? says.video(length(asset.duration_ms ?? 0)) : '',
  ]
    .filter(Boolean)
    .join(', ');
