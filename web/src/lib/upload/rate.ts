/** Bytes a second, over the last few seconds. */
export class Rate {
  #parts: { at: number; bytes: number }[] = [];

  constructor(
    private readonly span = 8000,
    private readonly now: () => number = () => performance.now(),
  ) {}

  add(bytes: number): void {
    if (bytes > 0) this.#parts.push({ at: this.now(), bytes });
  }

  perSecond(): number {
    const since = this.now() - this.span;
    this.#parts = this.#parts.filter((part) => part.at > since);
    const first = this.#parts[0];
    if (!first) return 0;
    const bytes = this.#parts.reduce((n, part) => n + part.bytes, 0);
    return bytes / Math.max(1, (this.now() - first.at) / 1000);
  }
}
