// What was learned for one person is nothing for the next in the same tab. Whatever keeps something registers here how to
// forget it, so that no place has to know them all.
const atEnd = new Set<() => void>();
const forAnother = new Set<() => void>();

/** To be called when the session has ended, whoever signs in then. */
export const forgets = (run: () => void): unknown => atEnd.add(run);

/** To be called when one signs out, or somebody else signs in; whoever only has to sign in again goes on with it. */
export const forgetsForAnother = (run: () => void): unknown => forAnother.add(run);

/** The session has ended by itself. */
export function forgetShown(): void {
  for (const run of atEnd) run();
}

export function forgetAll(): void {
  forgetShown();
  for (const run of forAnother) run();
}
