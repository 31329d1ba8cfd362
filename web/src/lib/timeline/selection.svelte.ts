import { SvelteSet } from 'svelte/reactivity';
import type { Asset } from '$lib/api';

/** Photos that something is to be done with. */
export class Selection {
  ids = new SvelteSet<string>();
  #anchor: string | null = null;

  get size(): number {
    return this.ids.size;
  }

  /** Chosen one by one, or with shift from the last one to this. */
  toggle(id: string, order: () => Iterable<Asset>, shift = false): void {
    if (shift && this.#anchor) {
      for (const between of this.#between(this.#anchor, id, order())) this.ids.add(between);
    } else if (!this.ids.delete(id)) {
      this.ids.add(id);
    }
    this.#anchor = id;
  }

  add(ids: Iterable<string>): void {
    for (const id of ids) this.ids.add(id);
  }

  clear(): void {
    this.ids.clear();
    this.#anchor = null;
  }

  #between(from: string, to: string, order: Iterable<Asset>): string[] {
    const found: string[] = [];
    let inside = false;
    for (const { id } of order) {
      const end = id === from || id === to;
      if (end || inside) found.push(id);
      if (end && (inside || from === to)) break;
      if (end) inside = true;
    }
    return found;
  }
}
