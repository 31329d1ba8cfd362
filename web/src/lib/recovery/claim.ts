// What somebody holds who asks to have an account back: the secret that gives it to them in the end, and the words for their
// contacts. It goes on in another browser by an address that holds both behind its `#`, which no server sees.
export interface Claim {
  secret: string;
  phrase: string;
  email: string;
}

const KEY = 'ourphoto.recovery';
const BETWEEN = '~';

/** What stands behind the `#`. */
export const toHash = (claim: Claim): string =>
  [claim.secret, claim.phrase.replaceAll(' ', '-'), encodeURIComponent(claim.email)].join(BETWEEN);

export function fromHash(hash: string): Claim | null {
  const [secret, phrase, email] = hash.replace(/^#/, '').split(BETWEEN);
  if (!secret) return null;
  return { secret, phrase: (phrase ?? '').replaceAll('-', ' '), email: decoded(email ?? '') };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** What this tab holds, or this browser was asked to remember. */
export function held(): Claim | null {
  try {
    return fromHash(sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY) ?? '');
  } catch {
    return null;
  }
}

/** Holds it until the tab is closed, and not in the browser's history; for longer only where that is wanted. */
export function hold(claim: Claim, remember: boolean): void {
  try {
    sessionStorage.setItem(KEY, toHash(claim));
    if (remember) localStorage.setItem(KEY, toHash(claim));
  } catch {
    // The address that is shown still has it.
  }
}

export function forget(): void {
  try {
    sessionStorage.removeItem(KEY);
    localStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}
