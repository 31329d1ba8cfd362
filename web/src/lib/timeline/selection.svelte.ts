import { SvelteSet } from 'svelte/reactivity';
import type { Asset } from '$lib/api';

/** Photos that something is to be done with. */
export class Selection {
  ids = new SvelteSet<string>();
  #anchor: Asset | null = null;

  get size(): number {
    return this.ids.size;
  }

  /** Chosen one by one. */
  toggle(asset: Asset): void {
    if (!this.ids.delete(asset.id)) this.ids.add(asset.id);
    this.#anchor = asset;
  }

  /** Chosen with shift: from the last one to this, whether they are loaded or not. */
  async extend(asset: Asset, between: (from: Asset, to: Asset) => Promise<Asset[]>): Promise<void> {
    const from = this.#anchor ?? asset;
    this.#anchor = asset;
    for (const { id } of await between(from, asset)) this.ids.add(id);
  }

  add(ids: Iterable<string>): void {
    for (const id of ids) this.ids.add(id);
  }

  clear(): void {
    this.ids.clear();
    this.#anchor = null;
  }
}
