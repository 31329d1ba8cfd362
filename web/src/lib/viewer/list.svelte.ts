import { api, ask, type Asset } from '$lib/api';

/** Photos that can be leafed through. A grid is one. */
export interface PhotoList {
  readonly total: number;
  /** A photo, if it is loaded. */
  at(index: number): Asset | null;
  /** Loads a photo. */
  reach(index: number): Promise<Asset | null>;
}

/** A single photo, by its id. */
export function one(id: string): PhotoList {
  let asset: Asset | null = null;
  return {
    total: 1,
    at: () => asset,
    reach: async () => (asset ??= await ask(api.GET('/api/v1/assets/{id}', { params: { path: { id } } }))),
  };
}

/** Photos that are there already, of which some may be taken out while they are leafed through. */
export class Lot implements PhotoList {
  #photos = $state.raw<Asset[]>([]);

  constructor(photos: readonly Asset[]) {
    this.#photos = [...photos];
  }

  get total(): number {
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
  }
}
