// How fast one scrolls, and whether so fast that nobody sees single photos.

/** Pixels a millisecond above which photos fly past, and below which they do not any more. */
const RUSH = 12;
const CALM = 8;
/** How long nothing moves before it is at rest. */
const SETTLE = 90;
/** A timer that is later than this says that the page had no time, and not that nothing moves. */
const LATE = 25;

export class Motion {
  /** Pixels a millisecond, downwards. */
  speed = 0;
  rushing = false;
  #top = 0;
  #at = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `settled` is called when it has come to rest. */
  constructor(readonly settled: () => void) {}

  at(top: number, now = performance.now()): void {
    this.speed = (top - this.#top) / Math.max(8, now - this.#at);
    this.#top = top;
    this.#at = now;
    const fast = Math.abs(this.speed);
    this.rushing = fast > RUSH || (this.rushing && fast > CALM);
    this.#settle();
  }

  #settle(): void {
    clearTimeout(this.#timer);
    const begun = performance.now();
    this.#timer = setTimeout(() => {
      // What moved meanwhile is heard of next.
      if (performance.now() - begun > SETTLE + LATE) return this.#settle();
      this.speed = 0;
      this.rushing = false;
      this.settled();
    }, SETTLE);
  }

  /** It is at a place, and was not scrolled there. */
  rest(top: number): void {
    this.stop();
    this.speed = 0;
    this.rushing = false;
    this.#top = top;
    this.#at = performance.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
