// Where files stand between the steps of the queue. One that is neither paused nor at its end is in one of these, or being
// hashed or sent.
import { Fifo } from './fifo';
import type { Item } from './item.svelte';

/** Hashes in one question. */
const TOGETHER = 100;

export class Stages {
  readonly waiting = new Fifo<Item>();
  readonly hashed = new Fifo<Item>();
  /** In the question that is being asked, and not answered. */
  readonly asked = new Set<Item>();
  readonly lacking = new Fifo<Item>();

  /** Hashed, and not being sent yet. */
  get ahead(): number {
    return this.hashed.size + this.asked.size + this.lacking.size;
  }

  /** Takes what goes into the next question: the oldest, as long as they are for one space. */
  together(): Item[] {
    const space = this.hashed.first?.to.space;
    while (this.hashed.first?.to.space === space && this.asked.size < TOGETHER) {
      const item = this.hashed.shift();
      if (!item) break;
      this.asked.add(item);
    }
    return [...this.asked];
  }

  /** What was not answered is asked for again. */
  askAgain(): void {
    if (this.asked.size > 0) this.hashed.putBack(this.asked);
    this.asked.clear();
  }

  removeDropped(): void {
    const stays = (item: Item) => !item.dropped;
    for (const queue of [this.waiting, this.hashed, this.lacking]) queue.keep(stays);
    for (const item of this.asked) if (item.dropped) this.asked.delete(item);
  }
}
