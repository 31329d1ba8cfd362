// What a grid shows: months of photos, loaded where they are looked at and let go where they are not, so that a hundred
// thousand photos need no more memory than a thousand. Without a summary of months from the server, photos come in order.
import { ApiError, messageOf, type Asset, type AssetPage } from '$lib/api';
import type { Frame } from './layout';
import { pageSize } from './pages';
import { lastBelow, monthOf, Section, stack } from './section';
import type { Source } from './source';

/** A month on its way. */
interface Loading {
  abort: AbortController;
  /** Whether it goes on though nobody looks at it: somebody waits for a photo of it. */
  kept: boolean;
  /** The next page of it. */
  step: Promise<void>;
  /** All of it. */
  done: Promise<void>;
}

/** Photos that are kept before those far away are let go. */
const KEPT = 6000;

export class Timeline {
  sections: Section[] = [];
  /** Counts what changed, for whoever draws it. */
  version = $state(0);
  height = $state(0);
  total = $state(0);
  state = $state<'loading' | 'ready' | 'failed'>('loading');
  error = $state('');
  /** Whether the question itself is wrong, and would be wrong again. */
  refused = $state(false);
  /** Where the next page begins when photos come in order; `null` after the last. */
  next = $state<string | null>(null);
  /** Whether any month can be jumped to. */
  random = false;

  #frame: Frame = { width: 0, target: 200, gap: 4 };
  #loading = new Map<string, Loading>();
  #clock = 0;
  #sequential: Promise<void> | null = null;

  constructor(readonly source: Source) {}

  get frame(): Frame {
    return this.#frame;
  }

  /** Whether `total` is all photos: those that come in order are counted as they come. */
  get counted(): boolean {
    return this.random || this.next === null;
  }

  async load(): Promise<void> {
    try {
      const months = await this.source.months();
      this.random = months !== null;
      if (months) {
        this.#arrange(months.map(({ month, count }) => new Section(month, count)));
      } else {
        this.next = '';
        await this.more();
      }
      this.state = 'ready';
    } catch (error) {
      this.error = messageOf(error);
      this.refused = error instanceof ApiError && error.status === 400;
      this.state = 'failed';
    }
  }

  resize(frame: Frame): void {
    this.#frame = frame;
    for (const section of this.sections) section.measure(frame);
    this.#changed();
  }

  /** The next page, where photos come in order. */
  more(): Promise<void> {
    this.#sequential ??= this.#more().finally(() => (this.#sequential = null));
    return this.#sequential;
  }

  /** Where photos come in order, only one thing at a time asks for them; who wants more meanwhile gets what it brings. */
  async #inTurn(ask: () => Promise<void>): Promise<void> {
    while (this.#sequential) await this.#sequential.catch(() => undefined);
    this.#sequential = ask().finally(() => (this.#sequential = null));
    return this.#sequential;
  }

  async #more(): Promise<void> {
    if (this.next === null || this.random) return;
    let page: AssetPage;
    do {
      const from = this.next ? { cursor: this.next } : {};
      page = await this.source.page(from, this.next ? pageSize() : 200, new AbortController().signal);
      this.next = page.next ?? null;
      // What is looked for may be rare: a page can be empty and not the last.
    } while (page.assets.length === 0 && this.next !== null);
    this.#append(page.assets);
  }

  #append(assets: Asset[]): void {
    for (const asset of assets) {
      const key = monthOf(asset);
      let last = this.sections.at(-1);
      if (last?.key !== key) {
        last = new Section(key, 0);
        last.assets = [];
        last.complete = true;
        this.sections.push(last);
      }
      last.assets?.push(asset);
      last.count += 1;
    }
    this.#touched(assets);
  }

  /** Loads what is looked at, ends what is not wanted any more, and lets go what is far away. */
  look(from: number, to: number): void {
    this.#clock += 1;
    const wanted = new Set<string>();
    const first = lastBelow(this.sections, from, (section) => section.top);
    for (let at = first; at < this.sections.length; at += 1) {
      const section = this.sections[at];
      if (!section || section.top > to) break;
      section.seen = this.#clock;
      wanted.add(section.key);
      // Each page is shown as it comes, until all of the month is there.
      if (!section.complete) this.#load(section, false);
    }
    for (const [key, loading] of this.#loading) if (!wanted.has(key) && !loading.kept) this.#end(key);
    if (!this.random && to > this.height - 2000) void this.more().catch(() => undefined);
    this.#letGo(wanted);
  }

  #load(section: Section, kept: boolean): Loading {
    const running = this.#loading.get(section.key);
    if (running) {
      running.kept ||= kept;
      return running;
    }
    return this.#begin(section.key, kept, async (signal) => {
      await this.#page(section, signal);
      section.seen = this.#clock;
      section.measure(this.#frame);
      this.#changed();
      return section.complete;
    });
  }

  /** Goes on with a month, step by step, until it has come to its end. */
  #begin(key: string, kept: boolean, step: (signal: AbortSignal) => Promise<boolean>): Loading {
    const abort = new AbortController();
    const loading: Loading = { abort, kept, step: Promise.resolve(), done: Promise.resolve() };
    this.#loading.set(key, loading);
    const run = async () => {
      try {
        for (let complete = false; !complete;) {
          const next = step(abort.signal);
          loading.step = next.then(() => undefined);
          loading.step.catch(() => undefined);
          complete = await next;
        }
      } finally {
        if (this.#loading.get(key) === loading) this.#loading.delete(key);
      }
    };
    loading.done = run();
    loading.done.catch(() => undefined);
    return loading;
  }

  #end(key: string): void {
    this.#loading.get(key)?.abort.abort();
    this.#loading.delete(key);
  }

  /** The next page of a month. */
  async #page(section: Section, signal: AbortSignal): Promise<void> {
    const { key, next } = section;
    const had = section.assets?.length ?? 0;
    // The newest photos are those of the newest month; the page that opens with them has asked for them by now.
    const newest = key === this.sections[0]?.key && had === 0;
    const from = next ? { cursor: next } : newest ? {} : { month: key };
    const size = newest ? pageSize() : pageSize(section.count - had);
    const page = await this.source.page(from, size, signal);
    signal.throwIfAborted();
    // It was let go meanwhile, and begins anew.
    if (section.next !== next) return;
    const mine = page.assets.filter((asset) => monthOf(asset) === key);
    const last = page.assets.at(-1);
    const ends = !last || monthOf(last) < key || had + mine.length >= section.count;
    section.append(mine, ends ? null : (page.next ?? null));
  }

  /** All photos of a month, which are not kept. */
  async #month({ key, count }: Section, signal = new AbortController().signal): Promise<Section> {
    const section = new Section(key, count);
    while (!section.complete) await this.#page(section, signal);
    return section;
  }

  #letGo(wanted: ReadonlySet<string>): void {
    if (!this.random) return;
    const loaded = this.sections.filter((section) => section.assets);
    const size = (section: Section) => section.assets?.length ?? 0;
    let kept = loaded.reduce((n, section) => n + size(section), 0);
    if (kept <= KEPT) return;
    for (const section of loaded.sort((a, b) => a.seen - b.seen)) {
      if (kept <= KEPT) break;
      if (wanted.has(section.key)) continue;
      kept -= size(section);
      section.empty();
    }
  }

  /**
   * Asks again for what may have changed, without losing what is shown: where it is known which photos did, only for the months
   * that have others now.
   */
  async refresh(changed: ReadonlySet<string> | null = null): Promise<void> {
    const months = this.random ? await this.source.months() : null;
    if (!months) return this.#inTurn(() => this.#refreshInOrder());
    const known = new Map(this.sections.map((section) => [section.key, section]));
    const again: Section[] = [];
    const sections = months.map(({ month, count }) => {
      const section = known.get(month) ?? new Section(month, count);
      const same = changed !== null && section.count === count && !section.has(changed);
      if (!section.assets) section.count = count;
      else if (!same && section.seen < this.#clock) {
        this.#end(month);
        section.empty();
        section.count = count;
      } else if (!same) again.push(section);
      return section;
    });
    const counts = new Map(months.map(({ month, count }) => [month, count]));
    this.#arrange(sections);
    await Promise.all(again.map((section) => this.#again(section, counts.get(section.key) ?? 0)));
  }

  /** Puts what a month has now in the place of what it had. */
  async #again(section: Section, count: number): Promise<void> {
    this.#end(section.key);
    const loading = this.#begin(section.key, true, async (signal) => {
      const now = await this.#month(new Section(section.key, count), signal);
      signal.throwIfAborted();
      section.become(now);
      section.measure(this.#frame);
      this.#changed();
      return true;
    });
    // What does not come this time comes with the next change.
    await loading.done.catch(() => undefined);
  }

  /** Asks again for all that has come in order, so that whoever looks at the end of it stays there. */
  async #refreshInOrder(): Promise<void> {
    const toTheEnd = this.state === 'ready' && this.next === null;
    const wanted = Math.max(200, this.total);
    const assets: Asset[] = [];
    let next: string | null = '';
    while (next !== null && (toTheEnd || assets.length < wanted)) {
      const from = next ? { cursor: next } : {};
      const page: AssetPage = await this.source.page(from, pageSize(), new AbortController().signal);
      assets.push(...page.assets);
      next = page.next ?? null;
    }
    this.next = next;
    this.sections = [];
    this.#append(assets);
  }

  #arrange(sections: Section[]): void {
    for (const section of sections) section.measure(this.#frame);
    this.sections = sections;
    this.#changed();
  }

  #changed(): void {
    this.sections = this.sections.filter((section) => section.count > 0);
    this.height = stack(this.sections);
    this.total = this.sections.reduce((n, section) => n + section.count, 0);
    this.version += 1;
  }

  /** The photo with a number, if it is loaded. */
  at(index: number): Asset | null {
    const section = this.sectionAt(index);
    return section?.assets?.[index - section.first] ?? null;
  }

  sectionAt(index: number): Section | undefined {
    return this.sections[lastBelow(this.sections, index, (section) => section.first)];
  }

  /** Loads the photo with a number, if there is one. */
  async reach(index: number): Promise<Asset | null> {
    const section = this.sectionAt(index);
    if (section && this.random) await this.#until(section, () => this.at(index) !== null);
    if (!this.random && index >= this.total - 50) await this.more();
    return this.at(index);
  }

  /** Loads the pages of a month until something of it is there. */
  async #until(section: Section, there: () => boolean): Promise<void> {
    while (!there() && !section.complete) await this.#load(section, true).step;
  }

  /** Loads a photo; its number, or -1 where this has no such photo. */
  async find(asset: Asset): Promise<number> {
    const section = this.sections.find(({ key }) => key === monthOf(asset));
    if (section && this.random) await this.#until(section, () => section.has(new Set([asset.id])));
    return this.indexOf(asset.id);
  }

  /** The number of a loaded photo, or -1. */
  indexOf(id: string): number {
    for (const section of this.sections) {
      const at = section.assets?.findIndex((asset) => asset.id === id) ?? -1;
      if (at >= 0) return section.first + at;
    }
    return -1;
  }

  /** All that are loaded, in order. */
  *loaded(): Generator<Asset> {
    for (const section of this.sections) if (section.assets) yield* section.assets;
  }

  /** Those of some photos, by id and month, that are not here any more, as far as what is loaded can tell. */
  lost(chosen: ReadonlyMap<string, string>): string[] {
    if (chosen.size === 0) return [];
    const here = new Set(Array.from(this.loaded(), ({ id }) => id));
    const known = new Map(this.sections.map((section) => [section.key, section]));
    // Where photos come in order, more of the last month may follow.
    const open = this.counted ? '' : (this.sections.at(-1)?.key ?? '');
    return [...chosen].flatMap(([id, month]) => {
      const all = known.get(month)?.complete ?? (this.random || month > open);
      return all && month !== open && !here.has(id) ? [id] : [];
    });
  }

  /** All photos of a month; what is not loaded of it is asked for. */
  async month(key: string): Promise<Asset[]> {
    // Where photos come in order, a month has come when another one begins.
    while (!this.random && this.next !== null && this.sections.at(-1)?.key === key) await this.more();
    return this.#in(this.sections.filter((section) => section.key === key));
  }

  /** All photos, in order; months that are not loaded are asked for, and not kept. */
  async all(): Promise<Asset[]> {
    while (!this.random && this.next !== null) await this.more();
    return this.#in(this.sections);
  }

  /** From one photo to another, in order. Where one of them is not there any more, the other alone. */
  async between(from: Asset, to: Asset): Promise<Asset[]> {
    const at = [from, to].map((asset) => this.sections.findIndex(({ key }) => key === monthOf(asset)));
    const [first, last] = [Math.min(...at), Math.max(...at)];
    const found = first < 0 ? [] : await this.#in(this.sections.slice(first, last + 1));
    const ends = [from, to].map((end) => found.findIndex(({ id }) => id === end.id));
    if (ends.includes(-1)) return [to];
    return found.slice(Math.min(...ends), Math.max(...ends) + 1);
  }

  async #in(sections: Section[]): Promise<Asset[]> {
    const found: Asset[] = [];
    for (const section of sections) {
      found.push(...((section.complete ? section : await this.#month(section)).assets ?? []));
    }
    return found;
  }

  replace(asset: Asset): void {
    const index = this.indexOf(asset.id);
    const section = this.sectionAt(index);
    if (index < 0 || !section?.assets) return;
    section.assets[index - section.first] = asset;
    section.measure(this.#frame);
    this.#changed();
  }

  /** Takes photos out at once, before the server has said so; gives how to put them back, or those of them that did not go. */
  take(ids: ReadonlySet<string>): (which?: ReadonlySet<string>) => void {
    const taken = this.sections.flatMap((section) => section.take(ids));
    this.#touched(taken);
    return (which = ids) => {
      const back = taken.filter((asset) => which.has(asset.id));
      for (const asset of back) this.#sectionOf(monthOf(asset)).put(asset);
      this.#touched(back);
    };
  }

  /** The section of a month, which may have gone with the last of its photos. */
  #sectionOf(key: string): Section {
    const known = this.sections.find((section) => section.key === key);
    if (known) return known;
    const made = new Section(key, 0);
    made.append([], null);
    this.sections = [...this.sections, made].sort((a, b) => (a.key < b.key ? 1 : -1));
    return made;
  }

  #touched(assets: readonly Asset[]): void {
    const months = new Set(assets.map(monthOf));
    for (const section of this.sections) if (months.has(section.key)) section.measure(this.#frame);
    this.#changed();
  }
}
