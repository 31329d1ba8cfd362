// One thing done with many photos: a few requests at once, and how many of them succeeded.
import { api, ask } from '$lib/api';

const ABREAST = 6;

export interface Outcome {
  done: string[];
  failed: string[];
}

export async function forEach(
  ids: Iterable<string>,
  act: (id: string) => Promise<unknown>,
): Promise<Outcome> {
  const left = [...ids];
  const outcome: Outcome = { done: [], failed: [] };
  const worker = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      const one = id;
      await act(one).then(
        () => outcome.done.push(one),
        () => outcome.failed.push(one),
      );
    }
  };
  await Promise.all(Array.from({ length: ABREAST }, worker));
  return outcome;
}

const at = (id: string) => ({ params: { path: { id } } });

export const trash = (ids: Iterable<string>): Promise<Outcome> =>
  forEach(ids, (id) => ask(api.DELETE('/api/v1/assets/{id}', at(id))));

export const restore = (ids: Iterable<string>): Promise<Outcome> =>
  forEach(ids, (id) => ask(api.POST('/api/v1/assets/{id}/undelete', at(id))));

export const rate = (ids: Iterable<string>, rating: number): Promise<Outcome> =>
  forEach(ids, (id) => ask(api.PATCH('/api/v1/assets/{id}', { ...at(id), body: { rating } })));
