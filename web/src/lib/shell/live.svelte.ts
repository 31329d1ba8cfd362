// Hears what changes on the server while it changes, and tells whoever shows it. What a broken connection may have missed is
// told too: those who show something then ask for it again.
import type { Schemas } from '$lib/api';
import { outdated } from '$lib/api/early';
import { waits } from './waits';

export type Change = Schemas['ChangeEvent'];
type Listener = (change: Change) => void;

/** What is needed of an `EventSource`. A test puts another one in its place. */
export type Stream = Pick<EventSource, 'addEventListener' | 'close' | 'readyState'>;

const CLOSED = 2;

export class Live {
  #listeners = new Map<Listener, () => void>();
  #source: Stream | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #begun = 0;
  #tries = 0;
  #broken = false;
  #ended: () => void = () => undefined;

  constructor(
    private readonly open: () => Stream = () => new EventSource('/api/v1/events'),
    private readonly wait: (tries: number) => number = waits,
  ) {}

  /** Begins to listen; gives how to stop. `ended` is called when the server has ended a stream, as it does when one may not
   * listen any more. */
  start(ended: () => void = () => undefined): () => void {
    this.#stop();
    this.#ended = ended;
    this.#tries = 0;
    this.#broken = false;
    this.#listen();
    // Another one may have begun meanwhile.
    const mine = ++this.#begun;
    return () => {
      if (mine === this.#begun) this.#stop();
    };
  }

  #listen(): void {
    const source = this.open();
    this.#source = source;
    source.addEventListener('open', () => {
      this.#tries = 0;
      if (!this.#broken) return;
      this.#broken = false;
      for (const missed of this.#listeners.values()) missed();
    });
    source.addEventListener('change', (event: MessageEvent<string>) => {
      const change = JSON.parse(event.data) as Change;
      outdated();
      for (const listener of this.#listeners.keys()) listener(change);
    });
    source.addEventListener('error', () => {
      if (source !== this.#source) return;
      if (!this.#broken || source.readyState === CLOSED) this.#ended();
      this.#broken = true;
      // A browser tries again by itself where the network broke, and gives up for good at any answer but a stream.
      if (source.readyState !== CLOSED) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#listen(), this.wait(this.#tries++));
    });
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  /** Calls back at each change, and when changes may have been missed; gives how to end that. */
  on(listener: Listener, missed: () => void): () => void {
    this.#listeners.set(listener, missed);
    return () => this.#listeners.delete(listener);
  }

  /** Calls back `delay` ms after the first change that concerns somebody, once for all that came meanwhile, and for what may
   * have been missed; gives how to end that. */
  gathered(concerns: (change: Change) => boolean, again: () => void, delay: number): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = () =>
      (timer ??= setTimeout(() => {
        timer = undefined;
        again();
      }, delay));
    const off = this.on((change) => void (concerns(change) && soon()), soon);
    return () => {
      off();
      clearTimeout(timer);
    };
  }
}

export const live = new Live();
