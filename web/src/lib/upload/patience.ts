/** Waits between tries while the connection is broken, in milliseconds: soon at first, then patiently, for about a quarter of an hour. */
export const PATIENCE: readonly number[] = [500, 1000, 2000, 4000, 8000, ...Array<number>(60).fill(15_000)];

/** Waits so long, or until the browser has a connection again. */
export function rest(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const on = () => {
      clearTimeout(timer);
      removeEventListener('online', on);
      resolve();
    };
    const timer = setTimeout(on, ms);
    addEventListener('online', on);
  });
}
