import { expect, it } from 'vitest';
import { changed, typedWords } from './keywords';

it('keeps the keywords that others have given meanwhile', () => {
  expect(changed(['theirs', 'old'], { add: ['mine'], remove: ['old'] })).toEqual(['theirs', 'mine']);
});

it('gives no keyword twice, and takes away one that is not there without a word', () => {
  expect(changed(['sea'], { add: ['sea', 'beach', 'beach'], remove: ['rain'] })).toEqual(['sea', 'beach']);
});

it('reads what was typed, with a comma between keywords', () => {
  expect(typedWords(' sea, , beach,sea ')).toEqual(['sea', 'beach']);
});
