import { expect, it } from 'vitest';
import type { Asset } from '$lib/api';
import { Lot, Steady } from './list.svelte';

const photo = (id: string) => ({ id }) as Asset;
const lotOf = (...ids: string[]) => new Lot(ids.map(photo));

it('what is taken out of what is leafed through gives way to the next', () => {
  const lot = lotOf('a', 'b', 'c');
  lot.take('b');
  expect(lot.total).toBe(2);
  expect(lot.at(1)?.id).toBe('c');
  expect(lot.indexOf('b')).toBe(-1);
});

it('a photo has another number when others leave, and keeps its place when it leaves itself', async () => {
  const lot = lotOf('a', 'b', 'c', 'd');
  const steady = new Steady(lot);
  const ids = () => Array.from({ length: steady.total }, (_, index) => steady.at(index)?.id);
  lot.take('a');
  expect(steady.follow(photo('c'), 2)).toBe(1);
  lot.take('c');
  expect(steady.follow(photo('c'), 1)).toBe(1);
  expect(ids()).toEqual(['b', 'c', 'd']);
  expect((await steady.reach(2))?.id).toBe('d');
  steady.letGo();
  expect(ids()).toEqual(['b', 'd']);
});

it('the last photo keeps its place too, until another one is looked at', () => {
  const lot = lotOf('a', 'b');
  const steady = new Steady(lot);
  lot.take('b');
  expect(steady.follow(photo('b'), 1)).toBe(1);
  expect(steady.total).toBe(2);
  expect(steady.follow(photo('a'), 0)).toBe(0);
  expect(steady.total).toBe(1);
});
