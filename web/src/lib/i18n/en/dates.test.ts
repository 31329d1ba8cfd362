import { expect, it } from 'vitest';
import { dates } from './dates';

const written = (options: Intl.DateTimeFormatOptions, ms: number) =>
  new Intl.DateTimeFormat('en', { ...options, timeZone: 'UTC' }).format(ms);

it('dates are written as the browser would write them', () => {
  for (let day = 0; day < 800; day += 1) {
    const ms = Date.UTC(2023, 0, 1 + day, 23, 59);
    const key = new Date(ms).toISOString().slice(0, 7);
    expect(dates.month(key)).toBe(written({ month: 'long', year: 'numeric' }, ms));
    expect(dates.shortMonth(key)).toBe(written({ month: 'short', year: 'numeric' }, ms));
    expect(dates.dayOfUtc(ms)).toBe(
      written({ weekday: 'short', day: 'numeric', month: 'long', year: 'numeric' }, ms),
    );
  }
});
