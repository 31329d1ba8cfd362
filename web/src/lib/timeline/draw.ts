// Which photos are in view, where they stand, and which stands beside which.
import type { Asset } from '$lib/api';
import { rowsBetween, USUAL, USUAL_HEIGHT } from './layout';
import { FOOT, HEAD, lastBelow, type Section } from './section';
import type { Cell } from './cell';
import type { Timeline } from './timeline.svelte';

export interface Head {
  key: string;
  top: number;
  count: number;
  /** Whether that is all of it; else more of it may follow. */
  counted: boolean;
  loaded: boolean;
  /** Where the photos of it stand that have not come yet. */
  from: number;
  height: number;
}

/** The months that a span of the plane touches. */
function* months(timeline: Timeline, from: number, to: number): Generator<Section> {
  const { sections } = timeline;
  for (let at = lastBelow(sections, from, (section) => section.top); at < sections.length; at += 1) {
    const section = sections[at];
    if (!section || section.top > to) return;
    yield section;
  }
}

/** The heads within a span; those of before where nothing changed, so that nothing is drawn twice. */
export function headsIn(timeline: Timeline, from: number, to: number, before: Head[]): Head[] {
  const now: Head[] = [];
  for (const section of months(timeline, from, to)) {
    const { key, top, count, complete, height } = section;
    const known = section.known(timeline.frame);
    const counted = timeline.counted || section !== timeline.sections.at(-1);
    now.push({
      ...{ key, top, count, counted, loaded: complete },
      ...{ from: top + HEAD + known, height: height - HEAD - FOOT - known },
    });
  }
  const same = (a: Head, b: Head | undefined) =>
    b?.key === a.key &&
    b.top === a.top &&
    b.count === a.count &&
    b.counted === a.counted &&
    b.loaded === a.loaded &&
    b.from === a.from &&
    b.height === a.height;
  return now.length === before.length && now.every((head, at) => same(head, before[at])) ? before : now;
}

/** The photos within a span. Cells that stay are the same as before, so that nothing is drawn twice. */
export function cellsIn(timeline: Timeline, from: number, to: number, before: Cell[]): Cell[] {
  const known = new Map(before.map((cell) => [cell.asset.id, cell]));
  const cells: Cell[] = [];
  for (const { layout, assets, top, first } of months(timeline, from, to)) {
    if (!layout || !assets) continue;
    const origin = top + HEAD;
    const [begin, end] = rowsBetween(layout.rows, from - origin, to - origin);
    for (const row of layout.rows.slice(begin, end)) {
      for (let photo = row.from; photo < row.to; photo += 1) {
        const asset = assets[photo];
        if (!asset) continue;
        const index = first + photo;
        const y = origin + row.top;
        const x = layout.left[photo] ?? 0;
        const width = layout.width[photo] ?? 0;
        const cell = known.get(asset.id);
        const same = cell?.asset === asset && cell.y === y && cell.x === x && cell.index === index;
        cells.push(
          same && cell.width === width && cell.height === row.height
            ? cell
            : { asset, index, x, y, width, height: row.height },
        );
      }
    }
  }
  return cells.length === before.length && cells.every((cell, at) => cell === before[at]) ? before : cells;
}

/**
 * Where photos are within a span of the plane, and where they will be where they have not come yet: then `asset` is `null`.
 * It is asked at every frame.
 */
export function boxes(
  timeline: Timeline,
  from: number,
  to: number,
  each: (asset: Asset | null, x: number, y: number, width: number, height: number) => void,
): void {
  const { frame } = timeline;
  const row = frame.target * USUAL_HEIGHT;
  for (const section of months(timeline, from, to)) {
    const { layout, assets } = section;
    const origin = section.top + HEAD;
    if (layout && assets) {
      const [first, end] = rowsBetween(layout.rows, from - origin, to - origin);
      for (let line = first; line < end; line += 1) {
        const found = layout.rows[line];
        for (let photo = found?.from ?? 0; found && photo < found.to; photo += 1) {
          const x = layout.left[photo] ?? 0;
          each(assets[photo] ?? null, x, origin + found.top, layout.width[photo] ?? 0, found.height);
        }
      }
    }
    if (section.complete) continue;
    const begin = origin + section.known(frame);
    const step = row + frame.gap;
    const bottom = Math.min(to, section.top + section.height - FOOT);
    for (let y = begin + Math.max(0, Math.floor((from - begin) / step)) * step; y < bottom; y += step) {
      for (let x = 0; x < frame.width; x += row * USUAL + frame.gap) {
        const width = Math.min(row * USUAL, frame.width - x);
        each(null, x, y, width, Math.min(row, bottom - y));
      }
    }
  }
}

const middle = (cell: Cell): number => cell.x + cell.width / 2;

/** Where a key leads from a photo; `null` for keys that lead nowhere. */
export function neighbour(cells: readonly Cell[], index: number, key: string): number | null {
  if (key === 'ArrowLeft') return index - 1;
  if (key === 'ArrowRight') return index + 1;
  if (key === 'Home') return 0;
  if (key === 'End') return Number.MAX_SAFE_INTEGER;
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return null;
  const here = cells.find((cell) => cell.index === index);
  if (!here) return null;
  const way = key === 'ArrowDown' ? 1 : -1;
  const beyond = cells.filter((cell) => (cell.y - here.y) * way > 1);
  const nearestRow = way * Math.min(...beyond.map((cell) => cell.y * way));
  const row = beyond.filter((cell) => cell.y === nearestRow);
  if (row.length === 0) return index;
  const best = row.reduce((a, b) =>
    Math.abs(middle(b) - middle(here)) < Math.abs(middle(a) - middle(here)) ? b : a,
  );
  return best.index;
}
