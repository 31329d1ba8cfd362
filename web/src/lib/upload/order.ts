// In which order files of an upload are listed: what needs a person first, then what moves, so that neither has to be looked for
// among thousands that wait or are done.
import type { Item, Phase } from './item.svelte';

type Ranked = Pick<Item, 'phase'>;

const rank = (phase: Phase): number =>
  phase === 'failed' ? 0 : phase === 'done' ? 3 : phase === 'waiting' ? 2 : 1;

/** Each kind keeps the order in which it was chosen. One walk, for there may be tens of thousands. */
export function ordered<T extends Ranked>(items: readonly T[]): T[] {
  const kinds: [T[], T[], T[], T[]] = [[], [], [], []];
  for (const item of items) kinds[rank(item.phase)]?.push(item);
  return kinds.flat();
}
