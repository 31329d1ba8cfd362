import { SvelteSet } from 'svelte/reactivity';
import type { Asset } from '$lib/api';
import { monthOf } from './section';

/** Photos that something is to be done with. */
export class Selection {
  ids = new SvelteSet<string>();
  /** The month of each, by which the grid can tell whether it is still there. */
  readonly months = new Map<string, string>();
  #anchor: Asset | null = null;

  get size(): number {
    return this.ids.size;
  }

  /** Chosen one by one. */
  toggle(asset: Asset): void {
    if (this.ids.has(asset.id)) this.drop([asset.id]);
    else this.add([asset]);
    this.#anchor = asset;
  }

  /** Chosen with shift: from the last one to this, whether they are loaded or not. */
  async extend(asset: Asset, between: (from: Asset, to: Asset) => Promise<Asset[]>): Promise<void> {
    const from = this.#anchor ?? asset;
    this.#anchor = asset;
    this.add(await between(from, asset));
  }

  add(assets: Iterable<Asset>): void {
    for (const asset of assets) {
      this.ids.add(asset.id);
      this.months.set(asset.id, monthOf(asset));
    }
  }

  /** Some are chosen no more, or are there no more. */
  drop(ids: Iterable<string>): void {
    for (const id of ids) {
      this.ids.delete(id);
      this.months.delete(id);
    }
  }

  clear(): void {
    this.ids.clear();
    this.months.clear();
    this.#anchor = null;
  }
}
