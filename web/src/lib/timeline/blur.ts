// What a photo looks like before it is there: a colour at once, and a blurred picture a moment later.
import { thumbHashToAverageRGBA, thumbHashToDataURL } from 'thumbhash';

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/** Pictures that were made, the oldest first to go. */
const KEPT = 1500;
const made = new Map<string, string>();

const colours = new Map<string, string>();

export function colour(placeholder: string | null | undefined): string {
  if (!placeholder) return '';
  const known = colours.get(placeholder);
  if (known !== undefined) return known;
  let found = '';
  try {
    const { r, g, b } = thumbHashToAverageRGBA(bytesOf(placeholder));
    const part = (n: number) => Math.round(n * 255);
    found = `rgb(${part(r)} ${part(g)} ${part(b)})`;
  } catch {
    // A placeholder that cannot be read is none.
  }
  colours.set(placeholder, found);
  if (colours.size > KEPT) colours.clear();
  return found;
}

export function blur(placeholder: string | null | undefined): string {
  if (!placeholder) return '';
  const known = made.get(placeholder);
  if (known !== undefined) return known;
  let url = '';
  try {
    url = `url("${thumbHashToDataURL(bytesOf(placeholder))}")`;
  } catch {
    // A placeholder that cannot be read is none.
  }
  made.set(placeholder, url);
  if (made.size > KEPT) {
    const oldest = made.keys().next().value;
    if (oldest !== undefined) made.delete(oldest);
  }
  return url;
}
