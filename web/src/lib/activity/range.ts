// Entries of some days. The log is told by number, newest first, and numbers rise with time: where to begin is found by halves.
import type { Entry } from './entry';

/** Days as a date field writes them, on the clock of whoever looks; empty where there is no end. */
export interface Days {
  from: string;
  until: string;
}

const DAY = 86_400_000;

/** When a day begins here, in milliseconds. */
const begins = (day: string): number => new Date(`${day}T00:00`).getTime();

/** When the day after one begins: where clocks change, a day is not as long as others. */
const ends = (day: string): number => {
  const next = new Date(begins(day) + DAY * 1.25);
  return next.setHours(0, 0, 0, 0);
};

/**
 * The number that all entries of a day and of the days before are below, and no later one; `null` for the newest. `newest` gives
 * the newest entry below a number, or below none.
 */
export async function numberAfter(
  until: string,
  newest: (below: number | null) => Promise<Entry | null>,
): Promise<number | null> {
  const last = await newest(null);
  const late = (entry: Entry | null) => entry !== null && new Date(entry.at).getTime() >= ends(until);
  if (!last || !late(last)) return null;
  let [early, tooLate] = [0, last.seq + 1];
  while (tooLate - early > 1) {
    const middle = (early + tooLate) >> 1;
    const entry = await newest(middle);
    if (entry && late(entry)) tooLate = entry.seq + 1 < tooLate ? entry.seq + 1 : middle;
    else early = middle;
  }
  return early;
}

/** Entries from a day on, of a list that is newest first; whether the list goes back beyond it. */
export function since(entries: Entry[], from: string): { entries: Entry[]; beyond: boolean } {
  const kept = from ? entries.filter((entry) => new Date(entry.at).getTime() >= begins(from)) : entries;
  return { entries: kept, beyond: kept.length < entries.length };
}
