import { expect, it } from 'vitest';
import { photos } from './photos';
import { upload } from './upload';

it('what is known of a copy of a photo reads as one sentence', () => {
  const { held, waiting, damaged, missing } = photos.info.copyState;
  expect(held('6 minutes ago', '')).toBe('stored 6 minutes ago, not checked yet');
  expect(held('7 minutes ago', '7 minutes ago', 'run')).toBe('stored and checked 7 minutes ago');
  expect(held('2 years ago', '3 days ago', 'scrub')).toBe('stored 2 years ago, checked 3 days ago');
  expect(held('', 'yesterday', 'heal')).toBe('stored, checked yesterday after a repair');
  expect(waiting()).toBe('waiting to be copied');
  expect(damaged('2 years ago', '')).toBe('damaged');
  expect(missing('2 years ago', 'last week')).toBe('missing, last found intact last week');
});

it('one file is not all files', () => {
  expect(upload.allSafe(1)).toBe('Your file is safe in the library. You can close this page.');
  expect(upload.allSafe(2000)).toBe('All 2,000 files are safe in the library. You can close this page.');
});
