import { expect, test } from 'vitest';
import { PRESETS, presetOf } from './rule';

test('a rule is known by its numbers, and any other is one of its own', () => {
  expect(presetOf({ copies: 3, media: 2, offsite: 1 })).toBe('usual');
  expect(presetOf(PRESETS.stricter)).toBe('stricter');
  expect(presetOf({ copies: 2, media: 2, offsite: 1 })).toBe('own');
});
