import { expect, it } from 'vitest';
import { plain } from './plain';

it('no name turns around the sentence that it stands in', () => {
  expect(plain('Remove “Ana\u202E gpj.exe\u2066” from the space?')).toBe(
    'Remove “Ana gpj.exe” from the space?',
  );
  expect(plain('“אנה” is back')).toBe('“אנה” is back');
});
