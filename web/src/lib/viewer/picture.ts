// The picture that was made of a photo: where it is, and when it is another one.
import type { Asset } from '$lib/api';

/** Its address, which is another one when the picture is: browsers show again, unasked, what they have shown before. */
export function rendition({ id, placeholder }: Asset, kind: 'thumbnail' | 'preview'): string {
  const of = placeholder ? `?of=${encodeURIComponent(placeholder)}` : '';
  return `/api/v1/assets/${id}/renditions/${kind}${of}`;
}

const looks = ({ id, media, previews, placeholder }: Asset): string =>
  [id, media, previews, placeholder].join();

/** Whether there is something else to be shown now than what was shown before. */
export function differs(before: Asset | null, now: Asset | null): boolean {
  if (!before || !now) return before !== now;
  // A film that plays does not begin again because a still of it has come.
  if (now.media === 'video' && before.previews === 'pending') return before.id !== now.id;
  return looks(before) !== looks(now);
}
