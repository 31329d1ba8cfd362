// Running sums over the files of an upload, so that one file's progress makes nobody look at all the others.
import type { Was } from '$lib/api';
import type { Item } from './item.svelte';

const OUTCOMES = { new: 'new', 'new-version': 'versions', there: 'there', 'in-trash': 'trash' } as const;

const none = () => ({
  /** Not at their end, good or bad. */
  left: 0,
  failed: 0,
  bytes: 0,
  /** Of these, the bytes that are sent, or that need not be. */
  sent: 0,
  // What became of those that are done.
  new: 0,
  versions: 0,
  there: 0,
  trash: 0,
});

export type Sums = ReturnType<typeof none>;

function of(item: Item): Sums {
  const sums = { ...none(), bytes: item.size };
  if (item.ended) sums.sent = item.size;
  else {
    sums.left = 1;
    if (item.phase === 'sending') sums.sent = item.sent;
  }
  if (item.phase === 'failed') sums.failed = 1;
  if (item.phase === 'done' && item.was) sums[OUTCOMES[item.was satisfies Was]] = 1;
  return sums;
}

export class Tally {
  sums = $state(none());

  add(item: Item): void {
    this.#shift(none(), of(item));
  }

  remove(item: Item): void {
    this.#shift(of(item), none());
  }

  /** Whatever changes a file that is counted is done through this. */
  change(item: Item, how: () => void): void {
    const before = of(item);
    how();
    this.#shift(before, of(item));
  }

  #shift(from: Sums, to: Sums): void {
    for (const key of Object.keys(to) as (keyof Sums)[]) {
      if (to[key] !== from[key]) this.sums[key] += to[key] - from[key];
    }
  }
}
