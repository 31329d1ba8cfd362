// The dates of a grid, written here as numbers are in `plural.ts`: the first date that a browser is asked to write takes it
// longer than drawing all the photos beside it.
const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

export const dates = {
  /** What is less than a minute ago: a browser says `now`, which no sentence about the past can hold. */
  justNow: 'just now',

  /** `May 2024` for `2024-05`. */
  month(key: string): string {
    const [year, month] = key.split('-');
    return `${MONTHS[Number(month) - 1] ?? ''} ${year}`;
  },

  /** `Sep 2024` for `2024-09`. */
  shortMonth(key: string): string {
    const [year, month] = key.split('-');
    return `${MONTHS[Number(month) - 1]?.slice(0, 3) ?? ''} ${year}`;
  },

  /** `Sun, May 12, 2024`, of a time that counts as UTC. */
  dayOfUtc(ms: number): string {
    const at = new Date(ms);
    return `${DAYS[at.getUTCDay()]}, ${MONTHS[at.getUTCMonth()]} ${at.getUTCDate()}, ${at.getUTCFullYear()}`;
  },
};
