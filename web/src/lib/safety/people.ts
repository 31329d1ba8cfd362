// Who could do a review: those who are in the spaces that one manages.
import { api, ask } from '$lib/api';
import { session } from '$lib/session/session.svelte';
import { may, spaces } from '$lib/spaces/spaces.svelte';
import type { Review } from './kinds';

export interface Somebody {
  id: string;
  name: string;
}

/** By name; whoever has to do it now is among them, even if they left. */
export async function people(review?: Review): Promise<Somebody[]> {
  const found = new Map<string, string>();
  if (session.me) found.set(session.me.id, session.me.name || session.me.email);
  const managed = spaces.list.filter((space) => may(space, 'manage'));
  const members = await Promise.all(
    managed.map(({ id }) =>
      ask(api.GET('/api/v1/spaces/{id}/members', { params: { path: { id } } })).catch(() => []),
    ),
  );
  for (const { person, name, email } of members.flat()) found.set(person, name || (email ?? person));
  if (review?.owner_id && !found.has(review.owner_id))
    found.set(review.owner_id, review.owner ?? review.owner_id);
  return [...found].map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name));
}
