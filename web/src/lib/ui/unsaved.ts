// What would be lost if the page went away now. Whoever holds something of the sort says so here, and who leaves is asked first.
const holders = new Set<() => boolean>();

/** Asks this each time somebody is about to leave; gives how to end that. */
export function guards(holds: () => boolean): () => void {
  holders.add(holds);
  return () => holders.delete(holds);
}

export const unsaved = (): boolean => [...holders].some((holds) => holds());
