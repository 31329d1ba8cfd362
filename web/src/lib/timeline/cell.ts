import type { Asset } from '$lib/api';

/** A photo and its place within a grid. */
export interface Cell {
  asset: Asset;
  index: number;
  x: number;
  y: number;
  width: number;
  height: number;
}
