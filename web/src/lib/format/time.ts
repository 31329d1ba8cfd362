// Times as people say them, in the language of the app.
import { t } from '$lib/i18n/index.svelte';

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** `2 days ago`, `in 3 weeks`, `just now`. */
export function ago(time: string | number | Date, now = Date.now(), language = 'en'): string {
  const seconds = (new Date(time).getTime() - now) / 1000;
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return format.format(Math.round(seconds / length), unit);
  }
  return seconds > 0 ? format.format(0, 'second') : t().dates.justNow;
}

/** `12 May 2024`. */
export function day(time: string | number | Date, language?: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone }).format(new Date(time));
}

/** Date and time of day as the clock on the wall said. */
export function wallClock(localMs: number, language?: string): string {
  const options = { dateStyle: 'full', timeStyle: 'short', timeZone: 'UTC' } as const;
  return new Intl.DateTimeFormat(language, options).format(localMs);
}

/** `UTC+02:00`. */
export function offset(minutes: number): string {
  const sign = minutes < 0 ? '−' : '+';
  const size = Math.abs(minutes);
  const two = (n: number) => String(n).padStart(2, '0');
  return `UTC${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** `1:05`, `1:02:03`. */
export function length(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `3 minutes`, for what is left. */
export function span(seconds: number, language = 'en'): string {
  const [unit, size] =
    seconds < 90
      ? (['second', 1] as const)
      : seconds < 5400
        ? (['minute', 60] as const)
        : (['hour', 3600] as const);
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(
    Math.max(1, Math.round(seconds / size)),
  );
}

/** `12 May 2024, 14:30`, on the clock of whoever reads it. */
export function moment(time: string | number | Date, language?: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short' }).format(new Date(time));
}
