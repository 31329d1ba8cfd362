// How a copy is looked after, as a person says it and as the server takes it. Quiet hours are minutes of the day in UTC there,
// and times on the wall here.
import type { Schemas } from '$lib/api';

export type CareRequest = Schemas['CareRequest'];
export type Unit = 'minutes' | 'hours' | 'days';

const MINUTES: Record<Unit, number> = { minutes: 1, hours: 60, days: 1440 };
const MEGABYTE = 1e6;
const DAY = 1440;

/** `23:30` of a minute of the day in UTC; `offset` is what the clock here is behind UTC, in minutes. */
export function toLocal(minute: number, offset = new Date().getTimezoneOffset()): string {
  const here = (((minute - offset) % DAY) + DAY) % DAY;
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(Math.floor(here / 60))}:${two(here % 60)}`;
}

export function toUtc(time: string, offset = new Date().getTimezoneOffset()): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return (((hours * 60 + minutes + offset) % DAY) + DAY) % DAY;
}

/** The largest unit that says it without a fraction. */
export function every(minutes: number): { n: number; unit: Unit } {
  const unit = minutes % DAY === 0 ? 'days' : minutes % 60 === 0 ? 'hours' : 'minutes';
  return { n: minutes / MINUTES[unit], unit };
}

export const minutesOf = (n: number, unit: Unit): number => Math.round(n * MINUTES[unit]);

export const megabytes = (rate: number | null | undefined): string =>
  rate ? String(Math.round((rate / MEGABYTE) * 100) / 100) : '';

/** Bytes in a second; none for as fast as it goes. */
export const rateOf = (text: string): number | null =>
  text.trim() === '' ? null : Math.round(Number(text.replace(',', '.')) * MEGABYTE);
