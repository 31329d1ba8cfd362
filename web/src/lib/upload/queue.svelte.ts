// The files that are on their way: each is hashed, asked for, and sent only if the library lacks it. A file counts as safe
// when the server has said so, and not before. No file costs more for there being many others.
import { ApiError, messageOf } from '$lib/api';
import { t } from '$lib/i18n/index.svelte';
import { forgets, forgetsForAnother } from '$lib/session/forget';
import { abreast } from './abreast';
import { Begun } from './begun';
import { pathOf, type Chosen } from './chosen';
import { Item, type Phase } from './item.svelte';
import { PATIENCE, rest } from './patience';
import { Sender } from './sender.svelte';
import { Stages } from './stages';
import { Tally } from './tally.svelte';
import { server, type Destination, type Stored, type Transport } from './transport';

/** Files that are sent at once. */
const ABREAST = 3;
/** Files that the library has, and that are named to it at once. */
const NAMED_ABREAST = 4;
/** Files that are hashed ahead of what is sent. */
const AHEAD = 40;

const isOffline = (error: unknown) => error instanceof ApiError && error.kind === 'offline';
const isSignedOut = (error: unknown) => error instanceof ApiError && error.status === 401;

export class Queue {
  items = $state.raw<Item[]>([]);
  paused = $state(false);
  readonly #tally = new Tally();
  /** Paused until the same person has signed in again. */
  #suspended = false;
  #next = 1;
  #hashing = false;
  #asking = false;
  #begun: Begun | null = null;
  readonly #stages = new Stages();
  readonly #sender: Sender;

  constructor(
    private readonly transport: Transport = server,
    private readonly wait = rest,
  ) {
    this.#sender = new Sender(transport, (item, bytes) =>
      this.#tally.change(item, () => (item.sent = bytes)),
    );
  }

  /** Bytes a second. */
  get rate(): number {
    return this.#sender.rate;
  }

  get sums() {
    return this.#tally.sums;
  }

  get left(): number {
    return this.sums.left;
  }

  get busy(): boolean {
    return this.left > 0;
  }

  /** Looks at all files; how many there are stands in the sums. */
  get failed(): Item[] {
    return this.items.filter((item) => item.phase === 'failed');
  }

  add(chosen: Chosen[], to: Destination): void {
    const made = chosen.map((one) => {
      const album = [to.album, one.folder].filter(Boolean).join('/');
      return new Item(this.#next++, one.file, one.name, { space: to.space, album }, pathOf(one));
    });
    for (const item of made) {
      this.#tally.add(item);
      this.#stages.waiting.push(item);
    }
    this.items = [...this.items, ...made];
    this.#begun = null;
    this.#go();
  }

  pause(): void {
    this.paused = true;
    for (const item of this.#sender.stopAll()) this.#turn(item, 'paused');
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
    this.#unpause();
    this.#begun = null;
    for (const item of this.items) if (item.phase === 'paused') this.#enqueue(item);
    this.#go();
  }

  retry(which: Item[] = this.failed): void {
    this.#begun = null;
    for (const item of which) {
      this.#enqueue(item);
      item.error = '';
      item.sent = 0;
    }
    this.#go();
  }

  drop(item: Item): void {
    this.#keep((other) => other !== item);
    this.#go();
  }

  /** Takes what is safe off the list; what failed stays, with why. */
  clear(): void {
    this.#keep((item) => item.phase !== 'done');
  }

  /** Takes what failed off the list. */
  giveUp(): void {
    this.#keep((item) => item.phase !== 'failed');
  }

  /** Paths of what is not safe yet, or failed. */
  undone(): string[] {
    return this.items.filter((item) => item.phase !== 'done').map((item) => item.path);
  }

  stopAll(): void {
    this.#keep((item) => item.ended);
    this.#unpause();
  }

  /** Ends everything, and keeps nothing of it. */
  forget(): void {
    this.#keep(() => false);
    this.#unpause();
    this.#begun = null;
    this.#sender.rate = 0;
  }

  #unpause(): void {
    this.paused = false;
    this.#suspended = false;
  }

  #turn(item: Item, phase: Phase): void {
    this.#tally.change(item, () => (item.phase = phase));
  }

  /** What was hashed before is not hashed again. */
  #enqueue(item: Item): void {
    this.#turn(item, item.sha256 ? 'checking' : 'waiting');
    (item.sha256 ? this.#stages.hashed : this.#stages.waiting).push(item);
  }

  /** Takes all others off the list, wherever they are. */
  #keep(wanted: (item: Item) => boolean): void {
    for (const item of this.items) {
      if (wanted(item)) continue;
      item.dropped = true;
      this.#tally.remove(item);
      this.#sender.stop(item);
    }
    this.#stages.removeDropped();
    this.items = this.items.filter((item) => !item.dropped);
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
    while (!this.paused && this.#stages.ahead < AHEAD) {
      const item = this.#stages.waiting.shift();
      if (!item) break;
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
    this.#turn(item, 'hashing');
    try {
      item.sha256 = await this.transport.hash(item.file, (read) => (item.sent = read));
      if (!item.dropped) this.#enqueue(item);
    } catch {
      if (!item.dropped) this.#fail(item, t().upload.unreadable);
    }
    item.sent = 0;
  }

  /** Asks for what was hashed: what the library has is only named, the rest is sent. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    let tries = 0;
    while (!this.paused) {
      const together = this.#stages.together();
      const [first] = together;
      if (!first) break;
      let pause: number | undefined;
      try {
        this.#begun ??= new Begun(await this.transport.pending());
        const hashes = [...new Set(together.map((item) => item.sha256))];
        const present = await this.transport.present(first.to.space, hashes);
        for (const item of this.#stages.asked) if (!present.has(item.sha256)) this.#lacks(item);
        this.#send();
        await abreast(NAMED_ABREAST, [...this.#stages.asked], (item) => this.#name(item));
        tries = 0;
      } catch (error) {
        pause = isOffline(error) ? PATIENCE[tries++] : undefined;
        for (const item of this.#stages.asked) {
          if (pause === undefined) this.#refused(item, error);
          else item.broken = true;
        }
      }
      this.#stages.askAgain();
      if (pause !== undefined) await this.wait(pause);
      this.#send();
    }
    this.#asking = false;
    void this.#hash();
  }

  #answered(item: Item): void {
    this.#stages.asked.delete(item);
    item.broken = false;
    void this.#hash();
  }

  #lacks(item: Item): void {
    this.#answered(item);
    this.#stages.lacking.push(item);
  }

  async #name(item: Item): Promise<void> {
    if (item.dropped || this.paused) return;
    try {
      const stored = await this.transport.known(this.#out(item));
      if (item.dropped) return;
      this.#answered(item);
      this.#store(item, stored);
    } catch (error) {
      if (isOffline(error)) throw error;
      if (item.dropped) return;
      if (error instanceof ApiError && error.kind === 'content-unknown') this.#lacks(item);
      else this.#refused(item, error);
    }
  }

  #send(): void {
    while (!this.paused && this.#sender.size < ABREAST) {
      const item = this.#stages.lacking.shift();
      if (!item) break;
      void this.#sendOne(item);
    }
  }

  async #sendOne(item: Item): Promise<void> {
    this.#turn(item, 'sending');
    const out = this.#out(item);
    const end = await this.#sender.send(item, out, this.#begun?.at(out) ?? null);
    // Stopped by a person is no failure.
    if (!end) return;
    if ('error' in end) this.#refused(item, end.error);
    else this.#store(item, end.stored);
    this.#go();
  }

  #store(item: Item, stored: Stored): void {
    this.#tally.change(item, () => item.store(stored));
  }

  #out(item: Item) {
    return { ...item.to, file: item.file, name: item.name, sha256: item.sha256 };
  }

  /** What is refused for want of a session waits for the person to sign in again. */
  #refused(item: Item, error: unknown): void {
    if (!isSignedOut(error)) return this.#fail(item, messageOf(error));
    this.#answered(item);
    this.suspend();
    this.#turn(item, 'paused');
  }

  #fail(item: Item, error: string): void {
    this.#answered(item);
    item.error = error;
    this.#turn(item, 'failed');
  }
}

export const uploads = new Queue();
// Whoever signs in again goes on with their files; nobody else gets to see them.
forgets(() => uploads.suspend());
forgetsForAnother(() => uploads.forget());
