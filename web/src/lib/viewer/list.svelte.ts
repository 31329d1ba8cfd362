import { api, ask, type Asset } from '$lib/api';

/** Photos in a row, with their numbers. */
export interface Row {
  readonly total: number;
  /** A photo, if it is loaded. */
  at(index: number): Asset | null;
  /** Loads a photo. */
  reach(index: number): Promise<Asset | null>;
}

/** Photos that can be leafed through. A grid is one. */
export interface PhotoList extends Row {
  /** Counts what changed in it. */
  readonly version: number;
  /** Whether `total` is all of them; else more follow, and nobody knows yet how many. */
  readonly counted: boolean;
  /** The number of a loaded photo, or -1. */
  indexOf(id: string): number;
}

/** A single photo, by its id. */
export function one(id: string): PhotoList {
  let asset: Asset | null = null;
  return {
    total: 1,
    version: 0,
    counted: true,
    at: () => asset,
    reach: async () => (asset ??= await ask(api.GET('/api/v1/assets/{id}', { params: { path: { id } } }))),
    indexOf: (other) => (other === id ? 0 : -1),
  };
}

/** Photos that are there already, of which some may be taken out while they are leafed through. */
export class Lot implements PhotoList {
  readonly counted = true;
  version = $state(0);
  #photos: Asset[];

  constructor(photos: readonly Asset[]) {
    this.#photos = [...photos];
  }

  get total(): number {
    void this.version;
    return this.#photos.length;
  }

  at(index: number): Asset | null {
    return this.#photos[index] ?? null;
  }

  reach(index: number): Promise<Asset | null> {
    return Promise.resolve(this.at(index));
  }

  indexOf(id: string): number {
    return this.#photos.findIndex((photo) => photo.id === id);
  }

  take(id: string): void {
    this.#photos = this.#photos.filter((photo) => photo.id !== id);
    this.version += 1;
  }
}

/**
 * A list that changes while one of its photos is looked at. A photo that leaves it keeps its place here, so that nobody is shown
 * another one unasked.
 */
export class Steady implements Row {
  #left = $state.raw<{ asset: Asset; index: number } | null>(null);

  constructor(private readonly list: PhotoList) {}

  get total(): number {
    return this.list.total + (this.#left ? 1 : 0);
  }

  at(index: number): Asset | null {
    return this.#left?.index === index ? this.#left.asset : this.list.at(this.#numberOf(index));
  }

  reach(index: number): Promise<Asset | null> {
    if (this.#left?.index === index) return Promise.resolve(this.#left.asset);
    return this.list.reach(this.#numberOf(index));
  }

  /** The number that the photo has now that is looked at, and had this one before. */
  follow(asset: Asset, before: number): number {
    const index = this.list.indexOf(asset.id);
    this.#left = index < 0 ? { asset, index: Math.min(before, this.list.total) } : null;
    return this.#left?.index ?? index;
  }

  /** The photo that has left does not keep its place any longer. */
  letGo(): void {
    this.#left = null;
  }

  /** The number within the list itself. */
  #numberOf(index: number): number {
    return this.#left && index > this.#left.index ? index - 1 : index;
  }
}
