import { expect, it } from 'vitest';
import type { Asset } from '$lib/api';
import { Lot } from './list.svelte';

it('what is taken out of what is leafed through gives way to the next', () => {
  const lot = new Lot(['a', 'b', 'c'].map((id) => ({ id }) as Asset));
  lot.take('b');
  expect(lot.total).toBe(2);
  expect(lot.at(1)?.id).toBe('c');
  expect(lot.indexOf('b')).toBe(-1);
});
