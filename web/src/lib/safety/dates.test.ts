import { expect, test } from 'vitest';
import { dayField, endOfDay } from './dates';

test('a review is due until its day is over, by the clock here', () => {
  const end = endOfDay('2026-11-23');
  expect(dayField(end)).toBe('2026-11-23');
  expect(dayField(end + 1000)).toBe('2026-11-24');
});
