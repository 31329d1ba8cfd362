// The few files that are being sent at this moment, and how fast.
import type { Item } from './item.svelte';
import { Rate } from './rate';
import type { Outgoing, Sending, Stored, Transport } from './transport';

export type End = { stored: Stored } | { error: unknown };

export class Sender {
  /** Bytes a second. */
  rate = $state(0);
  readonly #rate = new Rate();
  readonly #sending = new Map<Item, Sending>();

  constructor(
    private readonly transport: Transport,
    /** So many bytes of a file have arrived. */
    private readonly arrived: (item: Item, bytes: number) => void,
  ) {}

  get size(): number {
    return this.#sending.size;
  }

  /** Sends one; of what was stopped meanwhile there is no end to tell. */
  async send(item: Item, out: Outgoing, from: string | null): Promise<End | null> {
    const sending = this.transport.send(out, from, {
      sent: (bytes) => {
        if (item.phase !== 'sending' || item.dropped) return;
        this.#rate.add(bytes - item.sent);
        this.arrived(item, bytes);
        this.rate = this.#rate.perSecond();
      },
      broken: (yes) => (item.broken = yes),
    });
    this.#sending.set(item, sending);
    const end = await sending.done.then(
      (stored) => ({ stored }),
      (error: unknown) => ({ error }),
    );
    if (this.#sending.get(item) !== sending) return null;
    this.#sending.delete(item);
    item.broken = false;
    return end;
  }

  stop(item: Item): void {
    this.#sending.get(item)?.stop();
    this.#sending.delete(item);
  }

  /** Stops all, and says which they were. */
  stopAll(): Item[] {
    const items = [...this.#sending.keys()];
    for (const item of items) this.stop(item);
    return items;
  }
}
