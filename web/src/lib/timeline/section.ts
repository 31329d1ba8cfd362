import type { Asset } from '$lib/api';
import { estimate, layOut, ratioOf, type Frame, type Layout } from './layout';

/** Room for the name of a month above its photos, and below them. */
export const HEAD = 48;
export const FOOT = 20;

/** One month of a grid. Its photos come when it is looked at, and go when it is far away. */
export class Section {
  assets: Asset[] | null = null;
  layout: Layout | null = null;
  top = 0;
  height = 0;
  /** Number of its first photo within the whole grid. */
  first = 0;
  /** When it was last near what is looked at. */
  seen = 0;

  constructor(
    readonly key: string,
    public count: number,
  ) {}

  measure(frame: Frame): void {
    this.layout = this.assets ? layOut(this.assets.map(ratioOf), frame) : null;
    this.height = HEAD + FOOT + (this.layout ? this.layout.height : estimate(this.count, frame));
  }

  fill(assets: Asset[], frame: Frame): void {
    this.assets = assets;
    this.count = assets.length;
    this.measure(frame);
  }

  empty(): void {
    // The height stays, so that nothing moves.
    this.assets = null;
    this.layout = null;
  }
}

export const monthOf = (asset: { captured_at: string }): string => asset.captured_at.slice(0, 7);

/** Puts sections below each other; gives the whole height. */
export function stack(sections: readonly Section[]): number {
  let top = 0;
  let first = 0;
  for (const section of sections) {
    section.top = top;
    section.first = first;
    top += section.height;
    first += section.count;
  }
  return top;
}

/** The last section that begins at or above a value that grows from one to the next. */
export function lastBelow(
  sections: readonly Section[],
  value: number,
  of: (section: Section) => number,
): number {
  let low = 0;
  let high = sections.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const section = sections[middle];
    if (section && of(section) <= value) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
