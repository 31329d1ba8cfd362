import { expect, test } from 'vitest';
import { every, megabytes, minutesOf, rateOf, toLocal, toUtc } from './care';

test('quiet hours are shown as the clock here says, over midnight too', () => {
  expect(toLocal(1380, -120)).toBe('01:00');
  expect(toLocal(30, 300)).toBe('19:30');
  expect(toUtc('01:00', -120)).toBe(1380);
  expect(toUtc('19:30', 300)).toBe(30);
  for (const offset of [-840, -345, 0, 210, 720])
    for (const minute of [0, 1, 719, 1439]) expect(toUtc(toLocal(minute, offset), offset)).toBe(minute);
});

test('how often is said in the largest unit that has no fraction', () => {
  expect(every(60)).toEqual({ n: 1, unit: 'hours' });
  expect(every(90)).toEqual({ n: 90, unit: 'minutes' });
  expect(every(43_200)).toEqual({ n: 30, unit: 'days' });
  expect(minutesOf(30, 'days')).toBe(43_200);
});

test('a limit is megabytes in a second, and none is as fast as it goes', () => {
  expect(rateOf(' ')).toBeNull();
  expect(rateOf('2,5')).toBe(2_500_000);
  expect(megabytes(2_500_000)).toBe('2.5');
  expect(megabytes(null)).toBe('');
});
