import { expect, it, vi } from 'vitest';
import { unsaved } from '$lib/ui/unsaved';
import { drafts, Drafts } from './drafts.svelte';

it('what could not be kept stays, with why, and goes when it is kept', async () => {
  const own = new Drafts();
  own.set('a', 'caption', { text: 'A long one' });
  await own.send('a', 'caption', () => Promise.reject(new Error('no network')));
  expect(own.of('a', 'caption')).toEqual({ text: 'A long one', error: 'no network' });
  expect(own.of('b', 'caption')).toBeUndefined();
  const keep = vi.fn(() => Promise.resolve());
  await own.send('a', 'caption', keep);
  expect(keep).toHaveBeenCalledWith('A long one');
  expect([own.of('a', 'caption'), own.any]).toEqual([undefined, false]);
});

it('what is typed while a draft is on its way stays, and nothing is sent twice', async () => {
  const own = new Drafts();
  let answer = () => {};
  const keep = vi.fn(() => new Promise<void>((resolve) => (answer = resolve)));
  own.set('a', 'title', { text: 'One' });
  const sent = own.send('a', 'title', keep);
  await own.send('a', 'title', keep);
  expect(keep).toHaveBeenCalledTimes(1);
  own.set('a', 'title', { text: 'One and more' });
  answer();
  await sent;
  expect(own.of('a', 'title')).toEqual({ text: 'One and more' });
});

it('whoever leaves is asked while something is typed or on its way', async () => {
  expect(unsaved()).toBe(false);
  drafts.set('a', 'title', { text: 'One' });
  expect(unsaved()).toBe(true);
  drafts.clear();
  expect(unsaved()).toBe(false);
  const under = drafts.during(Promise.resolve());
  expect(unsaved()).toBe(true);
  await under;
  expect(unsaved()).toBe(false);
});
