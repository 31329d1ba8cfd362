// Where files go that are dropped or pasted anywhere: the album that is being looked at, or one of today.
import { forgets } from '$lib/session/forget';
import { may, spaces } from '$lib/spaces/spaces.svelte';
import type { Destination } from './transport';

export const today = (now = new Date()): string => {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
};

class Target {
  /** The album on screen, if it takes uploads. */
  album = $state.raw<{ space: string; folder: string; name: string } | null>(null);

  /** Where files would go now; none where one may upload nowhere. */
  get destination(): Destination | null {
    if (this.album) return { space: this.album.space, album: this.album.folder };
    const space = may(spaces.current, 'upload')
      ? spaces.current
      : spaces.list.find((space) => may(space, 'upload'));
    return space ? { space: space.id, album: '' } : null;
  }
}

export const target = new Target();
forgets(() => (target.album = null));

/** Loose files need an album; folders bring their own. */
export const withAlbum = (to: Destination, folder: string): Destination =>
  to.album || folder ? to : { ...to, album: today() };
