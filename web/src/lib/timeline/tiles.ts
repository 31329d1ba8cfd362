// The tiles of a grid: as many as there are photos in view, in the order of the photos, for those who read or listen in order.
// They ask for their pictures when they have stayed for a moment and nobody scrolls fast, so that what is scrolled past costs
// nothing.
import type { Cell } from './cell';
import { Tile, type Look } from './tile';

/** How long a photo stays before its picture is asked for, and before a blurred one stands in for it, in milliseconds. */
const STAY = 90;
const LONG = 200;
/** Faster than this, in pixels a millisecond, photos are gone before their pictures come. */
const FAST = 2;
/** Blurred pictures are worked out here; so many at once that scrolling does not suffer. */
const AT_ONCE = 6;

/** What is in view, and how it moves: pixels a millisecond, downwards. */
export interface View {
  top: number;
  bottom: number;
  speed: number;
}

export class Tiles {
  #tiles = new Map<string, Tile>();
  #view: View = { top: 0, bottom: 0, speed: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly parent: HTMLElement) {}

  look(view: View): void {
    this.#view = view;
    // Pictures fade in for one who looks; each that fades is a layer of its own, which moving ones cannot afford.
    this.parent.classList.toggle('moving', view.speed !== 0);
  }

  show(cells: readonly Cell[], look: Look): void {
    const before = this.#tiles;
    const now = new Map<string, Tile>();
    for (const cell of cells) {
      const known = before.get(cell.asset.id);
      before.delete(cell.asset.id);
      now.set(cell.asset.id, known ?? new Tile(cell));
    }
    for (const tile of before.values()) tile.remove();
    this.#tiles = now;
    let next = this.parent.firstChild;
    for (const cell of cells) {
      const tile = now.get(cell.asset.id);
      if (!tile) continue;
      tile.show(cell, look);
      if (tile.element === next) next = next.nextSibling;
      else this.parent.insertBefore(tile.element, next);
    }
    this.#soon();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #soon(): void {
    if (this.#tiles.size > 0) this.#timer ??= setTimeout(() => this.#fill(), STAY);
  }

  /** Asks for pictures, and looks again later where some are not there yet. */
  #fill(): void {
    this.#timer = undefined;
    const now = performance.now();
    const fast = Math.abs(this.#view.speed) > FAST;
    let blurred = 0;
    let again = false;
    const inView = ({ cell }: Tile) => +(cell.y + cell.height > this.#view.top && cell.y < this.#view.bottom);
    for (const tile of [...this.#tiles.values()].sort((a, b) => inView(b) - inView(a))) {
      const age = now - tile.since;
      if (!tile.complete) {
        if (age >= STAY && !fast && this.#isComing(tile)) tile.ask();
        again = true;
      } else if (tile.pending) {
        if (!this.#isComing(tile)) tile.drop();
        else if (tile.waits && age >= LONG && blurred < AT_ONCE) {
          tile.blur();
          blurred += 1;
        }
        again = true;
      }
    }
    if (again) this.#soon();
  }

  /** Whether a tile is in view, or will be if nothing changes. */
  #isComing({ cell }: Tile): boolean {
    const { top, bottom, speed } = this.#view;
    return (speed <= 0 || cell.y + cell.height > top) && (speed >= 0 || cell.y < bottom);
  }
}
