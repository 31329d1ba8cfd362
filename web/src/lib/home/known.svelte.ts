// What the home page knows of how safe everything is: asked for again at each beat and at each change, with when it was last
// known whole. A sentence that nobody could check is not left standing as if it were true.
import { api, ApiError, ask, type Status } from '$lib/api';
import type { Device } from '$lib/devices/lag';
import { isFresh, type Alert } from './verdict';

/** So long an answer is waited for; a server that is gone often does not even refuse. */
const PATIENCE = 20_000;

/** What is asked of the server. A test puts another one in its place. */
export interface Asked {
  status(): Promise<Status | null>;
  alerts(): Promise<Alert[]>;
  devices(): Promise<Device[]>;
}

const signal = () => AbortSignal.timeout(PATIENCE);

const server: Asked = {
  /** Only those who manage a space are told; for others there is no such thing. */
  async status() {
    try {
      return await ask(api.GET('/api/v1/status', { signal: signal() }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  },
  alerts: () => ask(api.GET('/api/v1/alerts', { signal: signal() })),
  devices: () => ask(api.GET('/api/v1/devices', { signal: signal() })),
};

export class Known {
  /** `undefined` until there is an answer. */
  status = $state.raw<Status | null | undefined>(undefined);
  /** What the status does not tell; `null` until it is known, and `unknown` where it cannot be. */
  alerts = $state.raw<Alert[] | 'unknown' | null>(null);
  devices = $state.raw<Device[] | null>(null);
  /** Why there is nothing at all to show. */
  error = $state.raw<unknown>(null);
  #checked = $state(0);
  #looked = $state(0);
  #silent = $state(false);
  #turn = 0;
  #newest = 0;

  constructor(
    private readonly asked: Asked = server,
    private readonly clock: () => number = Date.now,
  ) {}

  /** Whether what is known is too old to be said, or the server was asked in vain. */
  get stale(): { checked: number; now: number; silent: boolean } | null {
    if (!this.#checked || (!this.#silent && isFresh(this.#checked, this.#looked))) return null;
    return { checked: this.#checked, now: this.#looked, silent: this.#silent };
  }

  async look(): Promise<void> {
    const turn = ++this.#turn;
    this.#looked = this.clock();
    // Each is shown as it comes, unless what was asked for later was there before.
    const take = <T>(answer: Promise<T>, put: (value: T) => void) =>
      answer.then((value) => turn >= this.#newest && put(value));
    const told = await Promise.allSettled([
      take(this.asked.status(), (status) => (this.status = status)),
      take(this.asked.alerts(), (alerts) => (this.alerts = alerts)),
      take(this.asked.devices(), (devices) => (this.devices = devices)),
    ]);
    if (turn < this.#newest) return;
    this.#newest = turn;
    this.#looked = this.clock();
    const [status, alerts] = told;
    this.error = status.status === 'rejected' ? status.reason : null;
    if (alerts.status === 'rejected') this.alerts ??= 'unknown';
    this.#silent = told.some((one) => one.status === 'rejected');
    if (!this.#silent) this.#checked = this.#looked;
  }
}
