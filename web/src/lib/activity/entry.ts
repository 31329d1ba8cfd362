// What an entry of the log is about, as far as it says: logs name photos by their number, which tells people nothing.
import type { Schemas } from '$lib/api';

export type Entry = Schemas['ActivityEntry'];

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function said(detail: unknown, key: string): string {
  if (typeof detail !== 'object' || detail === null || !(key in detail)) return '';
  const value = (detail as Record<string, unknown>)[key];
  return typeof value === 'string' && !ID.test(value) ? value : '';
}

/** The name of what an entry is about; empty where it has none. */
export function nameOf({ subject, detail }: Entry): string {
  if (!ID.test(subject)) return subject;
  return said(detail, 'name') || said(detail, 'email') || said(detail, 'for');
}

/** Where it can be seen. */
export function addressOf({ action, subject, detail }: Entry): string | null {
  if (action.startsWith('asset.') && ID.test(subject)) return `/photos?photo=${subject}`;
  const album = (detail as { album?: unknown } | null)?.album;
  return action.startsWith('album.') && typeof album === 'string' ? `/albums/${album}` : null;
}

export interface Group {
  first: Entry;
  count: number;
}

/** The same thing done by the same person again and again, as one. */
export function grouped(entries: Entry[]): Group[] {
  const groups: Group[] = [];
  for (const entry of entries) {
    const last = groups.at(-1);
    const same = last?.first.action === entry.action && last.first.actor === entry.actor;
    if (last && same && ID.test(entry.subject)) last.count += 1;
    else groups.push({ first: entry, count: 1 });
  }
  return groups;
}
