// Rows of photos that fill the width, each row as high as its photos want, in the order of time. Pure numbers: nothing here
// knows the page.

export interface Layout {
  /** For each photo: distance from the left, and width. */
  left: Float32Array;
  width: Float32Array;
  rows: Row[];
  height: number;
}

export interface Row {
  top: number;
  height: number;
  /** The first photo, and the one after the last. */
  from: number;
  to: number;
}

export interface Frame {
  width: number;
  /** Height that a row should have. */
  target: number;
  gap: number;
}

/** Panoramas and towers are shown cut, so that they leave room for others. */
const NARROWEST = 0.5;
const WIDEST = 3;
/** What a photo is taken for whose size is not known. */
export const UNKNOWN = 1;
/** What photos are taken for that are not loaded: most cameras take 4:3 and 3:2, some of it upright. */
export const USUAL = 1.3;
/** How high rows become, as a part of what they should be. */
export const USUAL_HEIGHT = 0.92;

export const ratioOf = (photo: { width?: number | null; height?: number | null }): number =>
  photo.width && photo.height ? Math.min(WIDEST, Math.max(NARROWEST, photo.width / photo.height)) : UNKNOWN;

/** Lays photos out; a last row that is not full keeps the height that rows should have. */
export function layOut(ratios: ArrayLike<number>, { width, target, gap }: Frame): Layout {
  const count = ratios.length;
  const made: Layout = { left: new Float32Array(count), width: new Float32Array(count), rows: [], height: 0 };
  let from = 0;
  let sum = 0;
  let top = 0;
  for (let at = 0; at < count; at += 1) {
    sum += ratios[at] ?? UNKNOWN;
    const room = width - gap * (at - from);
    const full = room / sum <= target;
    if (!full && at + 1 < count) continue;
    const height = full ? room / sum : Math.min(target, room / sum);
    let left = 0;
    for (let photo = from; photo <= at; photo += 1) {
      const wide = (ratios[photo] ?? UNKNOWN) * height;
      made.left[photo] = left;
      made.width[photo] = wide;
      left += wide + gap;
    }
    made.rows.push({ top, height, from, to: at + 1 });
    top += height + gap;
    from = at + 1;
    sum = 0;
  }
  made.height = Math.max(0, top - gap);
  return made;
}

/** How high so many photos will be, before anything is known of them. */
export function estimate(count: number, { width, target, gap }: Frame): number {
  if (count === 0 || width <= 0) return 0;
  const inRow = Math.max(1, Math.floor((width + gap) / (USUAL * target * USUAL_HEIGHT + gap)));
  const rows = Math.ceil(count / inRow);
  return rows * (target * USUAL_HEIGHT + gap) - gap;
}

/** Rows that touch the span between two heights: the first, and the one after the last. */
export function rowsBetween(rows: readonly Row[], from: number, to: number): [number, number] {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row && row.top + row.height < from) low = middle + 1;
    else high = middle;
  }
  let end = low;
  for (let row = rows[end]; row && row.top <= to; row = rows[end]) end += 1;
  return [low, end];
}
