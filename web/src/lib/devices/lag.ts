// How far a device is behind, as far as it has said.
import type { Schemas } from '$lib/api';

export type Device = Schemas['DeviceInfo'];

export type Lag = 'unknown' | 'none' | 'behind';

export function lag({ waiting }: Device): Lag {
  if (waiting === null || waiting === undefined) return 'unknown';
  return waiting === 0 ? 'none' : 'behind';
}

/** Those that owe something first, the one whose files wait longest before all. */
export function byLag(devices: Device[]): Device[] {
  const since = (device: Device) =>
    lag(device) === 'behind' ? Date.parse(device.oldest_at ?? device.seen_at ?? device.created_at) : Infinity;
  const compare = (a: Device, b: Device) =>
    since(a) === since(b) ? a.name.localeCompare(b.name) : since(a) - since(b);
  return [...devices].sort(compare);
}
