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
