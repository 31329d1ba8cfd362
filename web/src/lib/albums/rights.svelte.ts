// What one may do with photos of several spaces: each lies in an album, and the album names its permissions.
import { api, ask, type Album, type Asset, type Permission } from '$lib/api';
import { may, spaces } from '$lib/spaces/spaces.svelte';

export class Rights {
  #albums = $state.raw<ReadonlyMap<string, Pick<Album, 'permissions'>>>(new Map());

  /** Asks for the albums that one sees. What does not answer now allows nothing. */
  async load(asked: () => Promise<Album[]> = albumsSeen): Promise<void> {
    const albums = await asked().catch(() => []);
    this.#albums = new Map(albums.map((album) => [album.id, album]));
  }

  /** Whether something is allowed with each of the chosen ones among these photos; not where one of them is not known. */
  allow(permission: Permission, chosen: ReadonlySet<string>, photos: Iterable<Asset>): boolean {
    let known = 0;
    for (const { id, album } of photos) {
      if (!chosen.has(id)) continue;
      if (!may(this.#albums.get(album), permission)) return false;
      known += 1;
    }
    return known === chosen.size;
  }
}

async function albumsSeen(): Promise<Album[]> {
  const lists = await Promise.all([
    ask(api.GET('/api/v1/albums')),
    ...spaces.list.map(({ id }) => ask(api.GET('/api/v1/spaces/{id}/albums', { params: { path: { id } } }))),
  ]);
  return lists.flat();
}
