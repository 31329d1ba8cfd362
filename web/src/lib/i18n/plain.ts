// Names stand inside sentences that the app says, and may hold characters that turn around what follows them: `Ana\u202E` would
// write the rest of a question backwards. Such characters are left out there; letters keep their own direction.
const TURNING = /[\u202A-\u202E\u2066-\u2069]/g;

export const plain = (text: string): string => text.replace(TURNING, '');

/** The server writes some of its sentences without an end, and reports of others what may turn them around. */
export function sentenceOf(told: string): string {
  const text = plain(told);
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');
}

/** The same messages, where nothing that is put into a sentence turns it around. */
export function steady<T>(messages: T): T {
  if (typeof messages === 'function') {
    const say = messages as (...values: unknown[]) => unknown;
    return ((...values: unknown[]) =>
      say(...values.map((value) => (typeof value === 'string' ? plain(value) : value)))) as T;
  }
  if (Array.isArray(messages)) return messages.map((message: unknown) => steady(message)) as T;
  if (typeof messages !== 'object' || messages === null) return messages;
  return Object.fromEntries(Object.entries(messages).map(([name, message]) => [name, steady(message)])) as T;
}
