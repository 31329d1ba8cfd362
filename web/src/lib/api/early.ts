// Answers that were asked for before the app was there (`src/early.ts`). Each is given out once, and only while the page loads:
// later, or after a change, it would be old, and whoever signs in gets others.
declare global {
  interface Window {
    /** By address, as `addressOf` writes it. */
    early?: Map<string, Promise<Response>>;
  }
}

/** How long after the page was opened, in milliseconds. */
const FRESH = 15_000;

/** A path and what is asked of it, in one order. */
export function addressOf(url: string): string {
  const { pathname, searchParams } = new URL(url, location.origin);
  searchParams.sort();
  return `${pathname}?${searchParams}`;
}

/** Something has changed: what was asked for before is old. */
export function outdated(): void {
  delete window.early;
}

/** The answer to a request, if it was asked for. */
export async function early(request: Request): Promise<Response | null> {
  const answers = window.early;
  if (!answers) return null;
  if (request.method !== 'GET' || performance.now() > FRESH) {
    outdated();
    return null;
  }
  const address = addressOf(request.url);
  const answer = answers.get(address);
  answers.delete(address);
  return (await answer?.catch(() => null)) ?? null;
}
