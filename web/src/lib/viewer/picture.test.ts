import { expect, it } from 'vitest';
import type { Asset } from '$lib/api';
import { differs, rendition } from './picture';

const photo = { id: 'a', media: 'photo', previews: 'ready', placeholder: 'x+/=', title: 'One' } as Asset;

it('another picture has another address', () => {
  expect(rendition(photo, 'preview')).toBe('/api/v1/assets/a/renditions/preview?of=x%2B%2F%3D');
  expect(rendition({ ...photo, placeholder: 'y' }, 'preview')).not.toBe(rendition(photo, 'preview'));
  expect(rendition({ ...photo, placeholder: null }, 'thumbnail')).toBe(
    '/api/v1/assets/a/renditions/thumbnail',
  );
});

it('a photo is shown anew when its picture is another one, and not when its words are', () => {
  expect(differs(photo, { ...photo, title: 'Two' })).toBe(false);
  expect(differs(photo, { ...photo, placeholder: 'y' })).toBe(true);
  expect(differs({ ...photo, previews: 'pending' }, photo)).toBe(true);
  expect(differs(photo, { ...photo, id: 'b' })).toBe(true);
  expect([differs(null, photo), differs(photo, null), differs(null, null)]).toEqual([true, true, false]);
});

it('a film that plays goes on when its still comes', () => {
  const film: Asset = { ...photo, media: 'video', previews: 'pending', placeholder: null };
  expect(differs(film, { ...film, previews: 'ready', placeholder: 'x' })).toBe(false);
  expect(differs(film, { ...film, id: 'b' })).toBe(true);
});
