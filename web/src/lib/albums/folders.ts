// An album that came from a folder within folders is named by the whole way; what tells it from others is its end.

/** The last folder of a name, and those that it lies in. */
export function folders(name: string): { last: string; within: string } {
  const parts = name.split('/').filter(Boolean);
  return { last: parts.at(-1) ?? name, within: parts.slice(0, -1).join(' / ') };
}
