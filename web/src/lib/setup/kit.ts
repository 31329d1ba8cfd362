// The recovery kit as the server writes it: an age identity file whose comments say the rest.
export interface Kit {
  text: string;
  key: string;
  made: string;
  email: string;
  library: string;
}

/** Reads a kit. What is not found is empty; the key is always there. */
export function readKit(text: string): Kit {
  const key = /^AGE-SECRET-KEY-1[0-9A-Z]+$/m.exec(text)?.[0];
  if (!key) throw new Error('The server gave a recovery kit without a key. Nothing is lost: start again.');
  const line = (name: string) => new RegExp(`^# ${name}\\s+(.+)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  return { text, key, made: line('made'), email: line('for'), library: line('library') };
}

/** Characters of a group. */
const GROUP = 4;
/** So many groups at the end are typed back, to prove that the key is on paper. */
const ASKED = 2;

/**
 * In groups that can be read from paper without losing the place. Each has as many characters as the others; those that
 * are left over stand in the first, so that the key ends with whole groups.
 */
export function groups(key: string): string[] {
  const [prefix, rest] = [key.slice(0, 16), key.slice(16)];
  const over = rest.length % GROUP;
  const whole = rest.slice(over).match(new RegExp(`.{${GROUP}}`, 'g')) ?? [];
  return [prefix, ...(over ? [rest.slice(0, over)] : []), ...whole];
}

/** Whether this is what the last groups of the key say; letters may be small and apart. */
export function endsWith(key: string, typed: string): boolean {
  return typed.replace(/\s/g, '').toUpperCase() === groups(key).slice(-ASKED).join('');
}
