import { describe, expect, it } from 'vitest';
import { estimate, layOut, ratioOf, rowsBetween } from './layout';

const frame = { width: 1000, target: 200, gap: 4 };

/** Numbers that look like chance and are always the same. */
function ratios(count: number): number[] {
  let state = 7;
  return Array.from({ length: count }, () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return 0.5 + (state / 2147483648) * 2.5;
  });
}

describe('rows', () => {
  it('hold every photo once, in order', () => {
    const { rows } = layOut(ratios(1000), frame);
    expect(rows.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at))).toEqual(
      Array.from({ length: 1000 }, (_, at) => at),
    );
  });

  it('fill the width exactly, but for the last', () => {
    const { rows, left, width } = layOut(ratios(1000), frame);
    for (const row of rows.slice(0, -1)) {
      const last = row.to - 1;
      expect((left[last] ?? 0) + (width[last] ?? 0)).toBeCloseTo(1000, 1);
    }
  });

  it('are never higher than wanted, and never overlap', () => {
    const { rows, height } = layOut(ratios(500), frame);
    let bottom = -frame.gap;
    for (const row of rows) {
      expect(row.height).toBeLessThanOrEqual(200);
      expect(row.top).toBeCloseTo(bottom + frame.gap, 3);
      bottom = row.top + row.height;
    }
    expect(height).toBeCloseTo(bottom, 3);
  });

  it('are none for no photos', () => {
    expect(layOut([], frame)).toMatchObject({ rows: [], height: 0 });
  });

  it('survive a window that has no width yet', () => {
    expect(layOut([1, 2, 3], { ...frame, width: 0 }).rows.length).toBeGreaterThan(0);
  });
});

it('a panorama does not get a row that is a thread', () => {
  expect(ratioOf({ width: 20_000, height: 500 })).toBe(3);
  expect(ratioOf({ width: 10, height: 5000 })).toBe(0.5);
  expect(ratioOf({ width: null, height: null })).toBe(1);
});

it('what is not loaded is estimated within a third of what it becomes', () => {
  const usual = ratios(2000).map((ratio) => (ratio > 1.5 ? 1.5 : ratio > 1 ? 1.33 : 0.75));
  const real = layOut(usual, frame).height;
  expect(Math.abs(estimate(2000, frame) - real) / real).toBeLessThan(0.34);
});

it('the rows in view are found, whichever they are', () => {
  const { rows } = layOut(ratios(3000), frame);
  for (const [from, to] of [
    [0, 300],
    [5000, 5800],
    [-500, -100],
    [1e7, 2e7],
  ] as const) {
    const wanted = rows.filter((row) => row.top + row.height >= from && row.top <= to);
    const [first, end] = rowsBetween(rows, from, to);
    expect(rows.slice(first, end)).toEqual(wanted);
  }
});
