import { beforeEach, expect, it, vi } from 'vitest';
import { Unsent } from './unsent.svelte';

const kept = new Map<string, string>();

beforeEach(() => {
  kept.clear();
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
});

/** As a page that is opened by somebody. */
function opened(person: string): Unsent {
  const unsent = new Unsent();
  unsent.begin(person);
  return unsent;
}

it('what had not arrived is known after a reload, until it is chosen again', () => {
  opened('ana').keep(['Lisbon/a.jpg', 'Lisbon/b.jpg', 'c.jpg']);
  const after = opened('ana');
  expect(after.paths).toEqual(['Lisbon/a.jpg', 'Lisbon/b.jpg', 'c.jpg']);
  after.chosen(['Lisbon/a.jpg', 'Lisbon/b.jpg', 'Lisbon/safe.jpg']);
  expect(after.paths).toEqual(['c.jpg']);
  // Once more in the middle of the second upload: what was left of the first is not forgotten.
  after.keep(['Lisbon/b.jpg']);
  expect(opened('ana').paths).toEqual(['c.jpg', 'Lisbon/b.jpg']);
});

it('two files of the same path are two', () => {
  opened('ana').keep(['a.jpg', 'a.jpg']);
  const after = opened('ana');
  after.chosen(['a.jpg']);
  expect(after.count).toBe(1);
});

it('of very many only some paths are kept, and the number of the others', () => {
  const all = Array.from({ length: 7000 }, (_, at) => `${at}.jpg`);
  opened('ana').keep(all);
  const after = opened('ana');
  expect([after.paths.length, after.more]).toEqual([5000, 2000]);
  after.keep([]);
  expect(opened('ana').count).toBe(7000);
  after.chosen(all.slice(0, 6000));
  expect([after.paths.length, after.more]).toEqual([0, 1000]);
  after.chosen(all.slice(6000));
  expect(after.count).toBe(0);
});

it('nothing of one person is shown or kept for the next', () => {
  opened('ana').keep(['a.jpg']);
  const next = opened('ben');
  expect(next.count).toBe(0);
  next.keep([]);
  expect(kept.size).toBe(0);

  const ana = opened('ana');
  ana.keep(['a.jpg']);
  ana.forget();
  ana.keep(['a.jpg']);
  expect(kept.size).toBe(0);
});

it('nothing is kept when everything has arrived, or was dismissed', () => {
  const unsent = opened('ana');
  unsent.keep(['a.jpg']);
  unsent.keep([]);
  expect(kept.size).toBe(0);
  unsent.keep(['a.jpg']);
  const after = opened('ana');
  after.dismiss();
  after.keep([]);
  expect(opened('ana').count).toBe(0);
});
