/** First in, first out, at the same cost however many there are: an array shifted by one moves all the others. */
export class Fifo<T> {
  #list: T[] = [];
  #first = 0;

  get size(): number {
    return this.#list.length - this.#first;
  }

  get first(): T | undefined {
    return this.#list[this.#first];
  }

  push(one: T): void {
    this.#list.push(one);
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const one = this.#list[this.#first++];
    // What was handed out is let go of when it is the greater part.
    if (this.#first > this.size) this.keep(() => true);
    return one;
  }

  /** Puts these before all others. */
  putBack(list: Iterable<T>): void {
    this.#list = [...list, ...this.#list.slice(this.#first)];
    this.#first = 0;
  }

  keep(wanted: (one: T) => boolean): void {
    this.#list = this.#list.slice(this.#first).filter(wanted);
    this.#first = 0;
  }
}
