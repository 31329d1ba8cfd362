import { expect, it } from 'vitest';
import { ApiError } from '$lib/api';
import { unsaved } from '$lib/ui/unsaved';
import { works } from '$lib/ui/works.svelte';
import { eachOf, forEach, inLots } from './bulk';

const ids = (count: number) => Array.from({ length: count }, (_, n) => String(n));
const refused = new ApiError('locked', 'It is in the vault.', 409);

it('one photo that is refused does not keep the others of its lot from it', async () => {
  const lots: number[] = [];
  let stepped = 0;
  const { done, failed } = await inLots(
    ids(700),
    (lot) => {
      lots.push(lot.length);
      return lot.includes('3') ? Promise.reject(refused) : Promise.resolve();
    },
    (id) => (id === '3' ? Promise.reject(refused) : Promise.resolve()),
    (more) => (stepped += more),
  );
  expect(lots).toEqual([500, 200]);
  expect([done.length, failed, stepped]).toEqual([699, ['3'], 700]);
});

it('a lot that the network lost is not tried photo by photo', async () => {
  const one = () => Promise.reject(new Error('asked for'));
  const offline = new ApiError('offline', 'No network.', 0);
  const { done, failed } = await inLots(ids(3), () => Promise.reject(offline), one);
  expect([done, failed]).toEqual([[], ['0', '1', '2']]);
});

it('tells how far it is, does a few at once, and is asked about before the page is left', async () => {
  const answers: (() => void)[] = [];
  const running = eachOf('Rating', ids(9), () => new Promise<void>((resolve) => answers.push(resolve)));
  expect([answers.length, works.list[0]?.done, unsaved()]).toEqual([6, 0, true]);
  answers.shift()?.();
  await new Promise((resolve) => setTimeout(resolve));
  expect([answers.length, works.list[0]?.done, works.list[0]?.of]).toEqual([6, 1, 9]);
  while (answers.length > 0) {
    answers.shift()?.();
    await new Promise((resolve) => setTimeout(resolve));
  }
  expect((await running).done.length).toBe(9);
  expect([works.list, unsaved()]).toEqual([[], false]);
});

it('says of what could not be done why the first of it could not', async () => {
  const outcome = await forEach(['a', 'b', 'c'], (id) =>
    id === 'a' ? Promise.resolve() : Promise.reject(new Error(`You may not do this with ${id}.`)),
  );
  expect(outcome).toEqual({ done: ['a'], failed: ['b', 'c'], why: 'You may not do this with b.' });
});

it('says why a lot could not be done', async () => {
  const outcome = await inLots(['a', 'b'], () => Promise.reject(new Error('The album is locked.')));
  expect(outcome).toEqual({ done: [], failed: ['a', 'b'], why: 'The album is locked.' });
});
