// One thing done with many photos: a few requests at once, and how many of them succeeded.
import { api, ask, messageOf, metadataOf } from '$lib/api';

const ABREAST = 6;

export interface Outcome {
  done: string[];
  failed: string[];
  /** Why the first of those failed. */
  why: string;
}

export async function forEach(
  ids: Iterable<string>,
  act: (id: string) => Promise<unknown>,
): Promise<Outcome> {
  const left = [...ids];
  const outcome: Outcome = { done: [], failed: [], why: '' };
  const worker = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      const one = id;
      await act(one).then(
        () => outcome.done.push(one),
        (error: unknown) => {
          outcome.failed.push(one);
          outcome.why ||= messageOf(error);
        },
      );
    }
  };
  await Promise.all(Array.from({ length: ABREAST }, worker));
  return outcome;
}

/** Photos that the server takes in one request. */
const LOT = 500;

/** One thing done by the server with many photos: all of a lot, or none of it. */
export async function inLots(
  ids: Iterable<string>,
  act: (assets: string[]) => Promise<unknown>,
): Promise<Outcome> {
  const all = [...ids];
  const outcome: Outcome = { done: [], failed: [], why: '' };
  for (let first = 0; first < all.length; first += LOT) {
    const lot = all.slice(first, first + LOT);
    await act(lot).then(
      () => outcome.done.push(...lot),
      (error: unknown) => {
        outcome.failed.push(...lot);
        outcome.why ||= messageOf(error);
      },
    );
  }
  return outcome;
}

export const addTo = (album: string, ids: Iterable<string>): Promise<Outcome> =>
  inLots(ids, (assets) => ask(api.POST('/api/v1/albums/{id}/assets', { ...at(album), body: { assets } })));

export const takeOut = (album: string, ids: Iterable<string>): Promise<Outcome> =>
  inLots(ids, (assets) =>
    ask(api.POST('/api/v1/albums/{id}/assets/remove', { ...at(album), body: { assets } })),
  );

export const approve = (ids: Iterable<string>): Promise<Outcome> =>
  inLots(ids, (assets) => ask(api.POST('/api/v1/approvals', { body: { assets } })));

export const decline = (ids: Iterable<string>, reason: string): Promise<Outcome> =>
  inLots(ids, (assets) =>
    ask(api.POST('/api/v1/approvals/decline', { body: { assets, ...(reason ? { reason } : {}) } })),
  );

const at = (id: string) => ({ params: { path: { id } } });

export const trash = (ids: Iterable<string>): Promise<Outcome> =>
  forEach(ids, (id) => ask(api.DELETE('/api/v1/assets/{id}', at(id))));

export const restore = (ids: Iterable<string>): Promise<Outcome> =>
  forEach(ids, (id) => ask(api.POST('/api/v1/assets/{id}/undelete', at(id))));

/** What a photo was rated here before; `null` where its file decided. */
export type Ratings = ReadonlyMap<string, number | null>;

/** Rates photos, and gives the way back. */
export async function rate(
  ids: Iterable<string>,
  rating: number,
): Promise<{ outcome: Outcome; before: Ratings }> {
  const before = new Map<string, number | null>();
  const outcome = await forEach(ids, async (id) => {
    const { edits } = await ask(api.GET('/api/v1/assets/{id}', at(id)));
    await ask(api.PATCH('/api/v1/assets/{id}', { ...at(id), body: { rating } }));
    before.set(id, metadataOf(edits).rating ?? null);
  });
  return { outcome, before };
}

export const rateBack = (before: Ratings): Promise<Outcome> =>
  forEach(before.keys(), (id) =>
    ask(api.PATCH('/api/v1/assets/{id}', { ...at(id), body: { rating: before.get(id) ?? null } })),
  );
