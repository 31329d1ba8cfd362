// Which photos are in view, where they stand, and which stands beside which.
import { rowsBetween } from './layout';
import { HEAD, lastBelow } from './section';
import type { Cell } from './Tile.svelte';
import type { Timeline } from './timeline.svelte';

export interface Head {
  key: string;
  top: number;
  count: number;
  loaded: boolean;
  height: number;
}

export interface Drawn {
  cells: Cell[];
  heads: Head[];
  from: number;
  to: number;
}

/** Beyond what is in view, so that photos are there before one gets to them. */
const BEYOND = 500;

/** What is in view. Cells that stay are the same as before, so that nothing is drawn twice. */
export function visibleCells(
  timeline: Timeline,
  top: number,
  height: number,
  known: Map<string, Cell>,
): Drawn {
  const [from, to] = [top - BEYOND, top + height + BEYOND];
  const drawn: Drawn = { cells: [], heads: [], from, to };
  const { sections } = timeline;
  for (let at = lastBelow(sections, from, (section) => section.top); at < sections.length; at += 1) {
    const section = sections[at];
    if (!section || section.top > to) break;
    const { key, count, layout, assets } = section;
    const head = {
      key,
      count,
      top: section.top,
      loaded: assets !== null,
      height: section.height - HEAD - 20,
    };
    drawn.heads.push(head);
    if (!layout || !assets) continue;
    const origin = section.top + HEAD;
    const [first, end] = rowsBetween(layout.rows, from - origin, to - origin);
    for (const row of layout.rows.slice(first, end)) {
      for (let photo = row.from; photo < row.to; photo += 1) {
        const asset = assets[photo];
        if (!asset) continue;
        const index = section.first + photo;
        const y = origin + row.top;
        let cell = known.get(asset.id);
        if (!cell || cell.asset !== asset || cell.y !== y || cell.index !== index) {
          cell = {
            asset,
            index,
            x: layout.left[photo] ?? 0,
            y,
            width: layout.width[photo] ?? 0,
            height: row.height,
          };
        }
        drawn.cells.push(cell);
      }
    }
  }
  known.clear();
  for (const cell of drawn.cells) known.set(cell.asset.id, cell);
  return drawn;
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
