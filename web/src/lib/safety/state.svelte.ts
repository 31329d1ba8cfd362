// What the server knows of its copies, kept fresh while somebody looks: often while something is being done with one.
import { api, ApiError, ask } from '$lib/api';
import type { Alert, Copies, Damage, Drill } from './kinds';

const OFTEN = 2000;
const SELDOM = 60_000;
/** What was asked for begins within so long, or it was done in between. */
const BEGINS = 10_000;

export class Safety {
  copies = $state.raw<Copies | null>(null);
  alerts = $state.raw<Alert[]>([]);
  damage = $state.raw<Damage[]>([]);
  drills = $state.raw<Drill[]>([]);
  #asked = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watching = false;

  get doing() {
    return this.copies?.doing ?? [];
  }

  /** Loads all; whether there is anything to see, which there is for who manages a space. */
  async load(): Promise<boolean> {
    try {
      [this.copies, this.alerts, this.damage, this.drills] = await Promise.all([
        ask(api.GET('/api/v1/copies')),
        ask(api.GET('/api/v1/alerts')),
        ask(api.GET('/api/v1/damage')),
        ask(api.GET('/api/v1/drills')),
      ]);
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return false;
      throw error;
    }
  }

  /** Looks again soon, for something was asked for. */
  soon(): void {
    this.#asked = Date.now();
    this.#next();
  }

  /** Keeps it fresh; gives how to stop. */
  watch(): () => void {
    this.#watching = true;
    const shown = () => {
      if (!document.hidden) void this.#look();
    };
    document.addEventListener('visibilitychange', shown);
    this.#next();
    return () => {
      this.#watching = false;
      clearTimeout(this.#timer);
      document.removeEventListener('visibilitychange', shown);
    };
  }

  #next(): void {
    clearTimeout(this.#timer);
    if (!this.#watching) return;
    const busy = this.doing.length > 0 || Date.now() - this.#asked < BEGINS;
    this.#timer = setTimeout(() => void this.#look(), busy ? OFTEN : SELDOM);
  }

  async #look(): Promise<void> {
    // What does not come this time comes the next; the page goes on showing what was last known.
    if (!document.hidden) await this.load().catch(() => false);
    this.#next();
  }
}
