// For what the stream of changes does not tell: asked for now, each minute while the page is looked at, and when somebody
// comes back to it.
const MINUTE = 60_000;

/** Begins; gives how to stop. */
export function pulse(run: () => void, every = MINUTE): () => void {
  const look = () => {
    if (!document.hidden) run();
  };
  run();
  const timer = setInterval(look, every);
  document.addEventListener('visibilitychange', look);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', look);
  };
}
