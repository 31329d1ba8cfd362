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

/** In groups of eight, so that it can be read from paper without losing the place. */
export function groups(key: string): string[] {
  const [prefix, rest] = [key.slice(0, 16), key.slice(16)];
  return [prefix, ...(rest.match(/.{1,8}/g) ?? [])];
}
