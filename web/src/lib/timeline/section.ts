import type { Asset } from '$lib/api';
import { estimate, layOut, ratioOf, type Frame, type Layout } from './layout';

/** Room for the name of a month above its photos, and below them. */
export const HEAD = 48;
export const FOOT = 20;

/**
 * One month of a grid. Its photos come page by page when it is looked at, each shown as it comes, and go when it is far away.
 */
export class Section {
  /** The newest of it, as far as they have come; `null` where none were asked for. */
  assets: Asset[] | null = null;
  /** Whether all of it has come. */
  complete = false;
  /** Where the next page begins; `null` before the first. */
  next: string | null = null;
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
    const known = this.known(frame);
    this.height = HEAD + FOOT + known + estimate(this.count - (this.assets?.length ?? 0), frame);
  }

  /** Height of the photos that have come, with the gap below them where others follow. */
  known(frame: Frame): number {
    if (!this.layout || this.layout.rows.length === 0) return 0;
    return this.layout.height + (this.complete ? 0 : frame.gap);
  }

  /** The next photos of it. After the last of them, `next` is `null`. */
  append(assets: readonly Asset[], next: string | null): void {
    this.assets = [...(this.assets ?? []), ...assets];
    this.next = next;
    this.complete = next === null;
    this.count = this.complete ? this.assets.length : Math.max(this.count, this.assets.length + 1);
  }

  /** Takes photos out; gives those that were there. */
  take(ids: ReadonlySet<string>): Asset[] {
    const taken = this.assets?.filter((asset) => ids.has(asset.id)) ?? [];
    if (taken.length === 0) return taken;
    this.assets = this.assets?.filter((asset) => !ids.has(asset.id)) ?? null;
    this.count -= taken.length;
    return taken;
  }

  /** Puts a photo where it belongs, unless it is there. */
  put(asset: Asset): void {
    if (this.has(new Set([asset.id]))) return;
    this.count += 1;
    // Of a month that was let go meanwhile it comes with the others.
    if (!this.assets) return;
    const after = this.assets.findIndex((other) => newestFirst(asset, other) < 0);
    this.assets = this.assets.toSpliced(after < 0 ? this.assets.length : after, 0, asset);
  }

  /** Shows what another one has. */
  become({ assets, complete, next, count }: Pick<Section, 'assets' | 'complete' | 'next' | 'count'>): void {
    Object.assign(this, { assets, complete, next, count });
  }

  has(ids: ReadonlySet<string>): boolean {
    return this.assets?.some((asset) => ids.has(asset.id)) ?? false;
  }

  empty(): void {
    // The height stays, so that nothing moves.
    this.become({ assets: null, complete: false, next: null, count: this.count });
    this.layout = null;
  }
}

/** The order of the server. */
const newestFirst = (a: Asset, b: Asset): number =>
  Date.parse(b.captured_at) - Date.parse(a.captured_at) || (a.id < b.id ? 1 : -1);

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
