import { beforeEach, expect, it, vi } from 'vitest';
import { Gathering } from './gathering';

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

it('shows a change soon, and the less often the longer changes go on', async () => {
  const shown: (ReadonlySet<string> | null)[] = [];
  const gathering = new Gathering((changed) => (shown.push(changed), Promise.resolve()), Date.now);
  gathering.heard('a');
  gathering.heard('b');
  await vi.advanceTimersByTimeAsync(1500);
  expect(shown).toEqual([new Set(['a', 'b'])]);
  // An upload of two minutes, with a change each half second.
  for (let n = 0; n < 240; n += 1) {
    gathering.heard(`c${n}`);
    await vi.advanceTimersByTimeAsync(500);
  }
  expect(shown.length).toBeLessThan(16);
  await vi.advanceTimersByTimeAsync(60_000);
  const before = shown.length;
  gathering.heard('z');
  await vi.advanceTimersByTimeAsync(1500);
  expect(shown.length).toBe(before + 1);
  expect(shown.at(-1)).toEqual(new Set(['z']));
});

it('asks for everything after what could not be shown, and after a gap', async () => {
  const show = vi.fn<(changed: ReadonlySet<string> | null) => Promise<void>>();
  show.mockRejectedValueOnce(new Error('gone')).mockResolvedValue();
  const gathering = new Gathering(show, Date.now);
  gathering.heard('a');
  await vi.advanceTimersByTimeAsync(1500);
  gathering.heard('b');
  await vi.advanceTimersByTimeAsync(30_000);
  expect(show.mock.lastCall).toEqual([null]);
  gathering.missed();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(show).toHaveBeenCalledTimes(3);
  expect(show.mock.lastCall).toEqual([null]);
});
