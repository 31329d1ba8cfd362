import { expect, it } from 'vitest';
import { fewest } from './rule';

it('asks for two as soon as there are two, and never for more than there are', () => {
  expect(fewest(1, 1)).toBe(1);
  expect(fewest(2, 1)).toBe(2);
  expect(fewest(3, 2)).toBe(2);
  expect(fewest(5, 4)).toBe(4);
  expect(fewest(2, 3)).toBe(2);
  expect(fewest(0, 3)).toBe(1);
});
