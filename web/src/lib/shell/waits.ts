const FIRST = 1000;
const LONGEST = 60_000;

/** How long to wait before trying again, in milliseconds: longer each time, and not all browsers in the same moment. */
export const waits = (tries: number, chance = Math.random()): number =>
  Math.min(LONGEST, FIRST * 2 ** tries) * (0.5 + chance / 2);
