// What a grid shows: months of photos, loaded where they are looked at and let go where they are not, so that a hundred
// thousand photos need no more memory than a thousand. Without a summary of months from the server, photos come in order.
import { messageOf, type Asset, type AssetPage } from '$lib/api';
import type { Frame } from './layout';
import { pageSize } from './pages';
import { lastBelow, monthOf, Section, stack } from './section';
import type { Source } from './source';

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
  /** Where the next page begins when photos come in order; `null` after the last. */
  next: string | null = null;
  /** Whether any month can be jumped to. */
  random = false;

  #frame: Frame = { width: 0, target: 200, gap: 4 };
  #loading = new Map<string, AbortController>();
  #clock = 0;
  #sequential: Promise<void> | null = null;

  constructor(readonly source: Source) {}

  get frame(): Frame {
    return this.#frame;
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
        this.sections.push(last);
      }
      last.assets?.push(asset);
      last.count += 1;
    }
    const touched = new Set(assets.map(monthOf));
    for (const section of this.sections) if (touched.has(section.key)) section.measure(this.#frame);
    this.#changed();
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
      if (!section.assets) void this.fill(section).catch(() => undefined);
    }
    for (const [key, loading] of this.#loading) if (!wanted.has(key)) loading.abort();
    if (!this.random && to > this.height - 2000) void this.more().catch(() => undefined);
    this.#letGo(wanted);
  }

  /** Loads a month. */
  async fill(section: Section, again = false): Promise<void> {
    if (!this.random || (section.assets && !again) || this.#loading.has(section.key)) return;
    const loading = new AbortController();
    this.#loading.set(section.key, loading);
    try {
      const assets = await this.#month(section, loading.signal);
      section.seen = this.#clock;
      section.fill(assets, this.#frame);
      this.#changed();
    } finally {
      this.#loading.delete(section.key);
    }
  }

  async #month(section: Section, signal: AbortSignal): Promise<Asset[]> {
    const found: Asset[] = [];
    // The newest photos are those of the newest month; the page that opens with them has asked for them by now.
    const newest = section === this.sections[0];
    let from: { cursor?: string; month?: string } = newest ? {} : { month: section.key };
    for (;;) {
      const size = newest && found.length === 0 ? pageSize() : pageSize(section.count - found.length);
      const page = await this.source.page(from, size, signal);
      found.push(...page.assets.filter((asset) => monthOf(asset) === section.key));
      const last = page.assets.at(-1);
      if (!page.next || !last || monthOf(last) < section.key || found.length >= section.count) return found;
      from = { cursor: page.next };
    }
  }

  #letGo(wanted: ReadonlySet<string>): void {
    if (!this.random) return;
    const loaded = this.sections.filter((section) => section.assets);
    let kept = loaded.reduce((n, section) => n + section.count, 0);
    if (kept <= KEPT) return;
    for (const section of loaded.sort((a, b) => a.seen - b.seen)) {
      if (kept <= KEPT) break;
      if (wanted.has(section.key)) continue;
      kept -= section.count;
      section.empty();
    }
  }

  /** Asks again for what may have changed, without losing what is shown. */
  async refresh(): Promise<void> {
    const months = this.random ? await this.source.months() : null;
    if (!months) return this.#refreshInOrder();
    const known = new Map(this.sections.map((section) => [section.key, section]));
    const sections = months.map(({ month, count }) => {
      const section = known.get(month) ?? new Section(month, count);
      if (section.seen < this.#clock) section.empty();
      if (!section.assets) section.count = count;
      return section;
    });
    const looked = sections.filter((section) => section.assets);
    this.#arrange(sections);
    await Promise.all(looked.map((section) => this.fill(section, true).catch(() => undefined)));
  }

  async #refreshInOrder(): Promise<void> {
    const wanted = Math.min(2000, Math.max(200, this.total));
    const assets: Asset[] = [];
    let cursor: string | null | undefined = '';
    while (cursor !== null && cursor !== undefined && assets.length < wanted) {
      const from: { cursor?: string } = cursor ? { cursor } : {};
      const page = await this.source.page(
        from,
        Math.min(pageSize(), wanted - assets.length),
        new AbortController().signal,
      );
      assets.push(...page.assets);
      cursor = page.next;
    }
    this.next = cursor ?? null;
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
    if (section && !section.assets) await this.fill(section);
    if (!this.random && index >= this.total - 50) await this.more();
    return this.at(index);
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
      found.push(...(section.assets ?? (await this.#month(section, new AbortController().signal))));
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

  /** Takes photos out at once, before the server has said so; gives how to put them back. */
  take(ids: ReadonlySet<string>): () => void {
    const before = this.sections.map((section) => ({
      section,
      assets: section.assets,
      count: section.count,
    }));
    for (const section of this.sections) {
      if (section.assets?.some((asset) => ids.has(asset.id))) {
        section.fill(
          section.assets.filter((asset) => !ids.has(asset.id)),
          this.#frame,
        );
      }
    }
    this.#changed();
    return () => {
      this.sections = before.map(({ section, assets, count }) => {
        section.assets = assets;
        section.count = count;
        section.measure(this.#frame);
        return section;
      });
      this.#changed();
    };
  }
}
