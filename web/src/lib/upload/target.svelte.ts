// Where files go that are dropped or pasted anywhere: where what is on screen puts them, and never into another space.
import { t } from '$lib/i18n/index.svelte';
import { forgets } from '$lib/session/forget';
import { may, spaces } from '$lib/spaces/spaces.svelte';
import type { Destination } from './transport';

export const today = (now = new Date()): string => {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
};

/** A page's own place for files; one without a space takes none. */
export interface Place {
  space: string;
  /** The album's folder below the space; none for one of today. */
  folder: string;
  /** What people call that album. */
  name: string;
}

export class Target {
  /** The place of the page on screen, if it has one of its own. */
  place = $state.raw<Place | null>(null);

  /** While a page is shown, its place is where files go. Gives how to end that. */
  show(place: Place): () => void {
    this.place = place;
    return () => {
      if (this.place === place) this.place = null;
    };
  }

  /** Where files would go now; none where what is on screen takes none, and a person has to choose. */
  get destination(): Destination | null {
    if (this.place) return this.place.space ? { space: this.place.space, album: this.place.folder } : null;
    return spaces.current && may(spaces.current, 'upload') ? { space: spaces.current.id, album: '' } : null;
  }

  /** What a person calls a destination. */
  named(to: Destination): string {
    const album = this.place?.folder === to.album ? this.place.name : to.album;
    return t().upload.where(spaces.get(to.space)?.name ?? '', album);
  }
}

export const target = new Target();
forgets(() => (target.place = null));

/** Loose files need an album; folders bring their own. */
export const withAlbum = (to: Destination, folder: string): Destination =>
  to.album || folder ? to : { ...to, album: today() };
