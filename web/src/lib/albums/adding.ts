// Photos that come to be seen in an album too, and what is said of it.
import { api, ask, type Album } from '$lib/api';
import { t } from '$lib/i18n/index.svelte';
import { addTo } from '$lib/timeline/bulk';
import { toasts } from '$lib/ui/toasts.svelte';

/** Albums of a space that take photos from others: not the one they are shown in, and none that is locked away. */
export async function takers(space: string, except?: string): Promise<Album[]> {
  const albums = await ask(api.GET('/api/v1/spaces/{id}/albums', { params: { path: { id: space } } }));
  return albums.filter(
    (album) => album.space === space && album.id !== except && album.tier !== 'vault' && !album.deleted_at,
  );
}

export async function add(album: Album, ids: ReadonlySet<string>): Promise<void> {
  const { done, failed, why } = await addTo(album.id, ids);
  if (failed.length > 0) toasts.fail(t().photos.albumFailed(failed.length, why));
  if (done.length > 0) toasts.say(t().photos.addedToAlbum(done.length, album.name));
}
