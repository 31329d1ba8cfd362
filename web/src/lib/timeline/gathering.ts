// Gathers what changes elsewhere until it is shown: soon at first, and less and less often while it goes on, so that an upload
// of thousands does not have everything loaded again every moment.
const SOON = 1500;
const SELDOM = 12_000;

export class Gathering {
  /** Which photos changed; `null` where that is not known. */
  #ids: Set<string> | null = new Set();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = false;
  #pause = SOON;
  #ended = -Infinity;

  constructor(
    private readonly show: (changed: ReadonlySet<string> | null) => Promise<void>,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  heard(id: string): void {
    this.#ids?.add(id);
    this.#later();
  }

  /** Something changed, and nobody heard what. */
  missed(): void {
    this.#ids = null;
    this.#later();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #later(): void {
    if (this.#timer !== undefined || this.#running) return;
    if (this.clock() - this.#ended > 2 * this.#pause) this.#pause = SOON;
    this.#timer = setTimeout(() => void this.#run(), this.#pause);
  }

  async #run(): Promise<void> {
    this.#timer = undefined;
    const ids = this.#ids;
    this.#ids = new Set();
    this.#running = true;
    // What did not come is asked for with the next change, and then all of it.
    const failed = await this.show(ids).then(
      () => false,
      () => true,
    );
    this.#running = false;
    this.#ended = this.clock();
    this.#pause = Math.min(SELDOM, 2 * this.#pause);
    const more = this.#ids === null || this.#ids.size > 0;
    if (failed) this.#ids = null;
    if (more) this.#later();
  }
}
