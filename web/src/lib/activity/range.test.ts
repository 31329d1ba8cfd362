import { expect, it } from 'vitest';
import type { Entry } from './entry';
import { numberAfter, since } from './range';

/** A day on this machine's clock. */
const at = (day: number, hour = 12) => new Date(2026, 0, day, hour).toISOString();
const entry = (seq: number, time: string) => ({ seq, at: time }) as Entry;

/** Three entries a day in January, of which every third number is somebody else's and not told. */
const log = Array.from({ length: 93 }, (_, n) => entry(n + 1, at(1 + Math.floor(n / 3), 8 + (n % 3))))
  .filter(({ seq }) => seq % 3 !== 2)
  .reverse();

it('finds where a day ends in few questions', async () => {
  for (const day of [1, 2, 15, 30, 31]) {
    let asked = 0;
    const below = await numberAfter(`2026-01-${String(day).padStart(2, '0')}`, (number) => {
      asked += 1;
      return Promise.resolve(log.find(({ seq }) => number === null || seq < number) ?? null);
    });
    const shown = log.filter(({ seq }) => below === null || seq < below);
    expect(shown.length).toBe(day * 2);
    expect(asked).toBeLessThan(12);
  }
  expect(await numberAfter('2026-01-31', () => Promise.resolve(null))).toBeNull();
});

it('goes back to a day and no further', () => {
  const found = since(log, '2026-01-30');
  expect(found.entries.length).toBe(4);
  expect(found.beyond).toBe(true);
  expect(since(log, '2026-01-01').beyond).toBe(false);
  expect(since(log, '').entries).toBe(log);
});
