// How fast one scrolls, and whether so fast that nobody sees single photos.

/** Pixels a millisecond above which photos fly past, and below which they do not any more. */
const RUSH = 12;
const CALM = 8;
/** How long nothing moves before it is at rest. */
const SETTLE = 90;
/** Frames that are drawn after that without a move: what moved while the browser drew none is heard of with the next two. */
const FRAMES = 2;
/** What comes later than this says that the page had no time, and not how fast it moves. */
const LATE = SETTLE + 25;

export class Motion {
  /** Pixels a millisecond, downwards. */
  speed = 0;
  rushing = false;
  #top = 0;
  #at = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame: number | undefined;

  /** `settled` is called when it has come to rest. */
  constructor(readonly settled: () => void) {}

  at(top: number, now = performance.now()): void {
    const took = now - this.#at;
    this.speed = (top - this.#top) / Math.max(8, took);
    this.#top = top;
    this.#at = now;
    const fast = Math.abs(this.speed);
    // After a frame that took long, the next place is the one from before it: that looks slow, and says nothing.
    this.rushing = fast > RUSH || (this.rushing && (fast > CALM || took > LATE));
    this.#settle();
  }

  #settle(): void {
    this.stop();
    this.#timer = setTimeout(() => this.#wait(FRAMES), SETTLE);
  }

  #wait(frames: number): void {
    this.#frame = requestAnimationFrame(() => {
      if (frames > 1) return this.#wait(frames - 1);
      this.speed = 0;
      this.rushing = false;
      this.settled();
    });
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
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
  }
}
