export const HOURS = 24;

/** Waits that are offered, in days; the server takes one to thirty. */
export const DAYS = [1, 2, 3, 5, 7, 14, 30];

/** How many must vouch once there are so many contacts: as before where that is possible, and two where there were fewer. */
export function fewest(contacts: number, before: number): number {
  return Math.max(1, Math.min(contacts, Math.max(before, 2)));
}
