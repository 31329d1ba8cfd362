import { expect, it } from 'vitest';
import { always, asAsked, chosenOf, optional } from './kinds';

it('takes everything for everything, so that kinds which come later go there too', () => {
  expect(chosenOf(null)).toEqual(optional);
  expect(asAsked(optional)).toBeNull();
  expect(asAsked([])).toEqual([]);
  expect(chosenOf(['album-opened'])).toEqual(['album-opened']);
});

it('offers nothing that is always told', () => {
  expect(always.filter((kind) => optional.includes(kind))).toEqual([]);
  expect(always).toContain('recovery-started');
});
