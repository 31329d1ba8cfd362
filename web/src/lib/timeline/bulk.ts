// One thing done with many photos: a few requests at once, how far it is, and with which of them it succeeded.
import { api, ApiError, ask, messageOf, metadataOf } from '$lib/api';
import { t } from '$lib/i18n/index.svelte';
import { works } from '$lib/ui/works.svelte';

const ABREAST = 6;

export interface Outcome {
  done: string[];
  failed: string[];
  /** Why the first of those failed. */
  why: string;
}

type Step = (more: number) => void;
const silently: Step = () => undefined;

export async function forEach(
  ids: Iterable<string>,
  act: (id: string) => Promise<unknown>,
  step: Step = silently,
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
      step(1);
    }
  };
  await Promise.all(Array.from({ length: ABREAST }, worker));
  return outcome;
}

/** Photos that the server takes in one request. */
const LOT = 500;

/** What the server says of a lot when it does not like one photo of it. */
const ofOne = (error: unknown) => error instanceof ApiError && [403, 404, 409].includes(error.status);

/**
 * One thing done by the server with many photos: all of a lot, or none of it. Where it can be done with one photo too, one that is
 * refused does not keep the others of its lot from it.
 */
export async function inLots(
  ids: Iterable<string>,
  act: (assets: string[]) => Promise<unknown>,
  one?: (id: string) => Promise<unknown>,
  step: Step = silently,
): Promise<Outcome> {
  const all = [...ids];
  const outcome: Outcome = { done: [], failed: [], why: '' };
  for (let first = 0; first < all.length; first += LOT) {
    const lot = all.slice(first, first + LOT);
    try {
      await act(lot);
      outcome.done.push(...lot);
      step(lot.length);
    } catch (error) {
      const none = { done: [], failed: lot, why: messageOf(error) };
      const each = one && ofOne(error) ? await forEach(lot, one, step) : none;
      outcome.done.push(...each.done);
      outcome.failed.push(...each.failed);
      outcome.why ||= each.why;
    }
  }
  return outcome;
}

/** As `forEach`, with a bar where it takes long. */
export function eachOf(
  label: string,
  ids: Iterable<string>,
  act: (id: string) => Promise<unknown>,
): Promise<Outcome> {
  const all = [...ids];
  return works.run(label, all.length, (step) => forEach(all, act, step));
}

/** As `inLots`, with a bar where it takes long. */
function lotsOf(
  label: string,
  ids: Iterable<string>,
  act: (assets: string[]) => Promise<unknown>,
  one: (id: string) => Promise<unknown>,
): Promise<Outcome> {
  const all = [...ids];
  return works.run(label, all.length, (step) =>
    all.length === 1 ? forEach(all, one, step) : inLots(all, act, one, step),
  );
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
  lotsOf(
    t().photos.doing.trash,
    ids,
    (assets) => ask(api.POST('/api/v1/trash', { body: { assets } })),
    (id) => ask(api.DELETE('/api/v1/assets/{id}', at(id))),
  );

export const restore = (ids: Iterable<string>): Promise<Outcome> =>
  lotsOf(
    t().photos.doing.restore,
    ids,
    (assets) => ask(api.POST('/api/v1/trash/undelete', { body: { assets } })),
    (id) => ask(api.POST('/api/v1/assets/{id}/undelete', at(id))),
  );

/** What a photo was rated here before; `null` where its file decided. */
export type Ratings = ReadonlyMap<string, number | null>;

/** Rates photos, and gives the way back. */
export async function rate(
  ids: Iterable<string>,
  rating: number,
): Promise<{ outcome: Outcome; before: Ratings }> {
  const before = new Map<string, number | null>();
  const outcome = await eachOf(t().photos.doing.rate, ids, async (id) => {
    const { edits } = await ask(api.GET('/api/v1/assets/{id}', at(id)));
    await ask(api.PATCH('/api/v1/assets/{id}', { ...at(id), body: { rating } }));
    before.set(id, metadataOf(edits).rating ?? null);
  });
  return { outcome, before };
}

export const rateBack = (before: Ratings): Promise<Outcome> =>
  eachOf(t().photos.doing.rate, before.keys(), (id) =>
    ask(api.PATCH('/api/v1/assets/{id}', { ...at(id), body: { rating: before.get(id) ?? null } })),
  );
