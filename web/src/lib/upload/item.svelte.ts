import type { Was } from '$lib/api';
import type { Destination, Stored } from './transport';

export type Phase = 'waiting' | 'hashing' | 'checking' | 'sending' | 'paused' | 'done' | 'failed';

/** One file on its way. */
export class Item {
  phase = $state<Phase>('waiting');
  /** Bytes that arrived, or that were read while it is hashed. */
  sent = $state(0);
  was = $state<Was | null>(null);
  /** The photo that it belongs to. */
  asset = $state<string | null>(null);
  error = $state('');
  broken = $state(false);
  sha256 = '';
  /** Taken off the list; what still runs for it comes to nothing. */
  dropped = false;

  constructor(
    readonly id: number,
    readonly file: File,
    readonly name: string,
    readonly to: Destination,
    /** Where it lay below what was chosen, by which a person knows it. */
    readonly path: string,
  ) {}

  get size(): number {
    return this.file.size;
  }

  /** The server has said that it is kept. */
  store({ was, asset }: Stored): void {
    this.was = was;
    this.asset = asset;
    this.phase = 'done';
  }

  /** Whether it has come to an end, good or bad. */
  get ended(): boolean {
    return this.phase === 'done' || this.phase === 'failed';
  }
}
