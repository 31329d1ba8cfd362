// The files that are on their way: each is hashed, asked for, and sent only if the library lacks it. A file counts as safe
// when the server has said so, and not before.
import { ApiError, messageOf } from '$lib/api';
import { t } from '$lib/i18n/index.svelte';
import { forgets, forgetsForAnother } from '$lib/session/forget';
import { pathOf, type Chosen } from './chosen';
import { Item } from './item.svelte';
import { PATIENCE, rest } from './patience';
import { Rate } from './rate';
import { server, type Destination, type Pending, type Transport } from './transport';

/** Files that are sent at once. */
const ABREAST = 3;
/** Files that are hashed ahead of what is sent. */
const AHEAD = 40;
/** Hashes in one question. */
const TOGETHER = 100;

const isOffline = (error: unknown) => error instanceof ApiError && error.kind === 'offline';
const isSignedOut = (error: unknown) => error instanceof ApiError && error.status === 401;

export class Queue {
  items = $state.raw<Item[]>([]);
  paused = $state(false);
  /** Seconds that are left, as far as one can tell. */
  rate = $state(0);
  /** Paused until the same person has signed in again. */
  #suspended = false;
  #next = 1;
  #hashing = false;
  #asking = false;
  #pending: Pending[] | null = null;
  #rate = new Rate();

  constructor(
    private readonly transport: Transport = server,
    private readonly wait = rest,
  ) {}

  readonly left = $derived(this.items.reduce((n, item) => n + (item.ended ? 0 : 1), 0));
  readonly busy = $derived(this.left > 0);
  readonly failed = $derived(this.items.filter((item) => item.phase === 'failed'));
  readonly bytes = $derived(this.items.reduce((n, item) => n + item.size, 0));
  readonly sentBytes = $derived(
    this.items.reduce(
      (n, item) => n + (item.ended ? item.size : item.phase === 'sending' ? item.sent : 0),
      0,
    ),
  );

  add(chosen: Chosen[], to: Destination): void {
    const made = chosen.map((one) => {
      const album = [to.album, one.folder].filter(Boolean).join('/');
      return new Item(this.#next++, one.file, one.name, { space: to.space, album }, pathOf(one));
    });
    this.items = [...this.items, ...made];
    this.#pending = null;
    this.#go();
  }

  pause(): void {
    this.paused = true;
    for (const item of this.items) {
      if (item.phase === 'sending') {
        item.stop?.();
        item.phase = 'paused';
      }
    }
  }

  /** The session has ended. What a person has paused stays paused after it. */
  suspend(): void {
    if (this.paused || !this.busy) return;
    this.#suspended = true;
    this.pause();
  }

  /** The same person has signed in again. */
  resume(): void {
    if (this.#suspended) this.goOn();
  }

  goOn(): void {
    this.paused = false;
    this.#suspended = false;
    this.#pending = null;
    for (const item of this.items) if (item.phase === 'paused') item.phase = 'checking';
    this.#go();
  }

  retry(which: Item[] = this.failed): void {
    this.#pending = null;
    for (const item of which) {
      item.phase = item.sha256 ? 'checking' : 'waiting';
      item.error = '';
      item.sent = 0;
    }
    this.#go();
  }

  drop(item: Item): void {
    item.stop?.();
    this.items = this.items.filter((other) => other !== item);
    this.#go();
  }

  /** Takes what is safe off the list; what failed stays, with why. */
  clear(): void {
    this.items = this.items.filter((item) => item.phase !== 'done');
  }

  /** Takes what failed off the list. */
  giveUp(): void {
    this.items = this.items.filter((item) => item.phase !== 'failed');
  }

  /** Paths of what is not safe yet, or failed. */
  undone(): string[] {
    return this.items.filter((item) => item.phase !== 'done').map((item) => item.path);
  }

  stopAll(): void {
    for (const item of this.items) if (!item.ended) item.stop?.();
    this.items = this.items.filter((item) => item.ended);
    this.paused = false;
    this.#suspended = false;
  }

  /** Ends everything, and keeps nothing of it. */
  forget(): void {
    this.stopAll();
    this.items = [];
    this.#ready.clear();
    this.#pending = null;
    this.rate = 0;
  }

  #go(): void {
    if (this.paused) return;
    void this.#hash();
    void this.#ask();
    this.#send();
  }

  async #hash(): Promise<void> {
    if (this.#hashing) return;
    this.#hashing = true;
    for (;;) {
      const ahead = this.items.filter((item) => item.phase === 'checking').length;
      const item = this.items.find((item) => item.phase === 'waiting');
      if (!item || this.paused || ahead >= AHEAD) break;
      await this.#hashOne(item);
      void this.#ask();
    }
    this.#hashing = false;
  }

  async #hashOne(item: Item): Promise<void> {
    if (item.size === 0) {
      this.#fail(item, t().upload.empty);
      return;
    }
    item.phase = 'hashing';
    try {
      item.sha256 = await this.transport.hash(item.file, (read) => (item.sent = read));
      item.phase = 'checking';
    } catch {
      this.#fail(item, t().upload.unreadable);
    }
    item.sent = 0;
  }

  /** Asks for what was hashed: what the library has is only named, the rest is sent. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    let tries = 0;
    for (;;) {
      const first = this.items.find((item) => item.phase === 'checking' && !this.#ready.has(item));
      if (!first || this.paused) break;
      const space = first.to.space;
      const together = this.items
        .filter((item) => item.phase === 'checking' && item.to.space === space && !this.#ready.has(item))
        .slice(0, TOGETHER);
      try {
        this.#pending ??= await this.transport.pending();
        const present = await this.transport.present(space, [
          ...new Set(together.map((item) => item.sha256)),
        ]);
        for (const item of together) {
          if (!present.has(item.sha256)) this.#ready.add(item);
          else await this.#name(item);
          item.broken = false;
        }
        tries = 0;
      } catch (error) {
        const left = together.filter((item) => item.phase === 'checking' && !this.#ready.has(item));
        const pause = isOffline(error) ? PATIENCE[tries++] : undefined;
        for (const item of left) {
          if (pause === undefined) this.#refused(item, error);
          else item.broken = true;
        }
        if (pause !== undefined) await this.wait(pause);
      }
      this.#send();
    }
    this.#asking = false;
    void this.#hash();
  }

  /** Files that the library lacks. */
  #ready = new Set<Item>();

  async #name(item: Item): Promise<void> {
    try {
      item.store(await this.transport.known(this.#out(item)));
    } catch (error) {
      if (isOffline(error)) throw error;
      if (error instanceof ApiError && error.kind === 'content-unknown') this.#ready.add(item);
      else this.#refused(item, error);
    }
  }

  #send(): void {
    if (this.paused) return;
    const sending = this.items.filter((item) => item.phase === 'sending').length;
    const free = this.items.filter((item) => item.phase === 'checking' && this.#ready.has(item));
    for (const item of free.slice(0, Math.max(0, ABREAST - sending))) void this.#sendOne(item);
  }

  async #sendOne(item: Item): Promise<void> {
    this.#ready.delete(item);
    item.phase = 'sending';
    const sending = this.transport.send(this.#out(item), this.#begun(item), {
      sent: (bytes) => {
        this.#rate.add(bytes - item.sent);
        item.sent = bytes;
        this.rate = this.#rate.perSecond();
      },
      broken: (yes) => (item.broken = yes),
    });
    item.stop = sending.stop;
    try {
      item.store(await sending.done);
    } catch (error) {
      // Stopped by a person is no failure.
      if (item.phase === 'sending') this.#refused(item, error);
    }
    item.broken = false;
    this.#go();
  }

  /** Where an earlier, interrupted upload of the same file goes on. */
  #begun(item: Item): string | null {
    const same = this.#pending?.find(
      (begun) =>
        begun.sha256 === item.sha256 &&
        begun.size === item.size &&
        begun.space === item.to.space &&
        begun.album === item.to.album &&
        begun.name === item.name,
    );
    return same?.location ?? null;
  }

  #out(item: Item) {
    return { ...item.to, file: item.file, name: item.name, sha256: item.sha256 };
  }

  #refused(item: Item, error: unknown): void {
    if (!isSignedOut(error)) return this.#fail(item, messageOf(error));
    this.suspend();
    this.#ready.delete(item);
    item.phase = 'paused';
  }

  #fail(item: Item, error: string): void {
    this.#ready.delete(item);
    item.phase = 'failed';
    item.broken = false;
    item.error = error;
  }
}

export const uploads = new Queue();
// Whoever signs in again goes on with their files; nobody else gets to see them.
forgets(() => uploads.suspend());
forgetsForAnother(() => uploads.forget());
