import { expect, test } from 'vitest';
import { foundIn } from './record';

test('what was found is told point by point, and nothing is made up where something lacks', () => {
  const told = { points: ['A', 'B'], ticked: [true], seen: [{ lines: ['fine'], well: true }] };
  expect(foundIn(told)).toEqual([
    { text: 'A', ticked: true, evidence: ['fine'], well: true },
    { text: 'B', ticked: false, evidence: [], well: null },
  ]);
  expect(foundIn(null)).toEqual([]);
});
