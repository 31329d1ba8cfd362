// Whether everything is safe, out of what the server knows of its copies.
import type { Schemas, Status } from '$lib/api';
import { lag, type Device } from '$lib/devices/lag';

export type Alert = Schemas['AlertInfo'];

export type Tone = 'good' | 'warn' | 'bad' | 'empty';

export interface Rule {
  copies: number;
  media: number;
  offsite: number;
}

/** What the 3-2-1 rule counts: only copies that hold everything, whole. */
export function rule({ copies }: Status): Rule {
  const whole = copies.filter((copy) => copy.held > 0 && copy.waiting + copy.damaged + copy.missing === 0);
  return {
    copies: whole.length,
    media: new Set(whole.map((copy) => copy.medium)).size,
    offsite: whole.filter((copy) => copy.place === 'offsite').length,
  };
}

/** Risks that say the same as an alert, and are there at once. */
const SAID: Partial<Record<Alert['kind'], string[]>> = {
  damaged: ['damaged', 'missing'],
  'no-copy': ['no-copy'],
  'copy-late': ['not-copied'],
  'rule-broken': ['no-copy', 'not-copied', 'no-offsite'],
};

/** Open alerts that tell more than the risks do, urgent ones first. */
export function beyond(status: Status, alerts: Alert[]): Alert[] {
  const risks = new Set(status.risks.map((risk) => risk.kind));
  return alerts
    .filter((alert) => !alert.resolved_at && !SAID[alert.kind]?.some((kind) => risks.has(kind)))
    .sort((a, b) => Number(b.urgent) - Number(a.urgent));
}

/** Losses and single copies are bad; what only lacks comfort is a warning. */
export function tone(status: Status, alerts: Alert[] = []): Tone {
  const stored = status.copies.some((copy) => copy.held + copy.missing + copy.damaged > 0);
  if (alerts.some((alert) => alert.urgent)) return 'bad';
  if (!stored) return 'empty';
  if (status.risks.length === 0) return alerts.length > 0 ? 'warn' : 'good';
  return status.risks.every((risk) => risk.kind === 'no-offsite') ? 'warn' : 'bad';
}

/** What this browser was asked to send and has not delivered. */
export interface Undelivered {
  failed: number;
  /** On their way, or still to be sent. */
  left: number;
  /** Of which nobody has said yet where they go. */
  held: number;
  /** Left behind by a page that went away. */
  unsent: number;
}

/** Devices that hold what has not arrived, and how many files this browser does. */
export function missing(devices: Device[], { failed, left, held, unsent }: Undelivered) {
  return {
    devices: devices.filter((device) => lag(device) === 'behind'),
    here: failed + left + held + unsent,
  };
}

interface Doubts {
  /** The server did not say whether there are alerts. */
  unheard: boolean;
  /** What is known is too old to be called true. */
  stale: boolean;
  missing: ReturnType<typeof missing>;
}

/** How safe everything is, as far as one can know: what has not arrived is not safe yet, however well the rest is. */
export function answer(known: Tone, { unheard, stale, missing }: Doubts): Tone {
  if (known === 'bad') return 'bad';
  if (stale) return 'warn';
  return known === 'good' && (unheard || missing.devices.length + missing.here > 0) ? 'warn' : known;
}

/** Older than this, what is known is no answer to whether everything is safe now. Longer than a beat of the pulse. */
const FRESH = 150_000;

/** Whether what was known at `checked` may still be said at `now`, in milliseconds. */
export const isFresh = (checked: number, now: number): boolean => now - checked <= FRESH;

/** Since when everything in every copy was re-read; `null` if something never was. */
export function provedSince({ copies }: Status): string | null {
  if (copies.some((copy) => copy.unproved > 0)) return null;
  const times = copies
    .map((copy) => copy.oldest_proof)
    .filter((time): time is string => typeof time === 'string');
  return times.sort()[0] ?? null;
}
