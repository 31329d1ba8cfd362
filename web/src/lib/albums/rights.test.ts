import { expect, it } from 'vitest';
import type { Album, Asset, Permission } from '$lib/api';
import { Rights } from './rights.svelte';

const album = (id: string, ...permissions: Permission[]) => ({ id, permissions }) as Album;
const photo = (id: string, album: string) => ({ id, album }) as Asset;

it('photos of several spaces may be deleted where each of them may', async () => {
  const rights = new Rights();
  const photos = [
    photo('own', 'mine'),
    photo('also', 'mine'),
    photo('theirs', 'lent'),
    photo('odd', 'unknown'),
  ];
  const deletes = (...chosen: string[]) => rights.allow('delete', new Set(chosen), photos);
  expect(deletes('own')).toBe(false);
  await rights.load(() => Promise.resolve([album('mine', 'view', 'delete'), album('lent', 'view')]));
  expect(deletes('own', 'also')).toBe(true);
  expect(deletes('own', 'theirs')).toBe(false);
  expect(deletes('odd')).toBe(false);
  expect(deletes('own', 'gone')).toBe(false);
});
