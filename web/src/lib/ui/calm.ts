// What nobody waits for, and what would only take time from a page that is being opened.
const OPENED = 2000;

/** Runs something when the page has been there for a while; gives how to call it off. */
export function calm(run: () => void): () => void {
  const timer = setTimeout(run, Math.max(0, OPENED - performance.now()));
  return () => clearTimeout(timer);
}
