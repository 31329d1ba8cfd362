// Where the photos of a grid come from, a page at a time.
import { api, ask, type AssetPage } from '$lib/api';

export interface Month {
  /** As in `2024-05`, UTC. */
  month: string;
  count: number;
}

export interface Source {
  /** Names it, so that another one begins anew. */
  key: string;
  /** How many photos each month has, newest first; `null` where the server cannot say: then they come in order only. */
  months: () => Promise<Month[] | null>;
  /** A page, from a cursor on, or from the newest of a month. */
  page: (from: { cursor?: string; month?: string }, limit: number, signal: AbortSignal) => Promise<AssetPage>;
  /** The space that all of it is in, if it is one. */
  space: string | null;
}

export function spaceSource(space: string): Source {
  const params = { path: { id: space } };
  return {
    key: `space:${space}`,
    space,
    months: () => ask(api.GET('/api/v1/spaces/{id}/months', { params })),
    page: (from, limit, signal) =>
      ask(
        api.GET('/api/v1/spaces/{id}/assets', { params: { ...params, query: { ...from, limit } }, signal }),
      ),
  };
}

export function albumSource(album: string, space: string): Source {
  const params = { path: { id: album } };
  return {
    key: `album:${album}`,
    space,
    months: () => Promise.resolve(null),
    page: ({ cursor }, limit, signal) =>
      ask(api.GET('/api/v1/albums/{id}/assets', { params: { ...params, query: { cursor, limit } }, signal })),
  };
}

export function searchSource(q: string, space: string | null): Source {
  return {
    key: `search:${space ?? ''}:${q}`,
    space,
    months: () => Promise.resolve(null),
    page: ({ cursor }, limit, signal) => {
      const query = { q, cursor, limit, ...(space ? { space } : {}) };
      return ask(api.GET('/api/v1/search', { params: { query }, signal }));
    },
  };
}

/** Where nothing is asked for yet. */
export const nothing: Source = {
  key: 'nothing',
  space: null,
  months: () => Promise.resolve([]),
  page: () => Promise.resolve({ assets: [] }),
};
