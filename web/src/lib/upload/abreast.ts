/** Does something for each, so many at a time. After a failure it begins no more, and fails when what runs has ended. */
export async function abreast<T>(most: number, list: T[], run: (one: T) => Promise<void>): Promise<void> {
  const left = list.values();
  let failed = false;
  // All lanes take from the same iterator.
  const lane = async () => {
    for (const one of left) {
      if (failed) return;
      await run(one).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: most }, lane));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
}
