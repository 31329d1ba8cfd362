import { t } from '$lib/i18n/index.svelte';
import { may, spaces } from '$lib/spaces/spaces.svelte';
import { toasts } from '$lib/ui/toasts.svelte';
import { goto } from '$app/navigation';
import { pathOf, type Chosen } from './chosen';
import { held } from './held.svelte';
import { uploads } from './queue.svelte';
import { target, withAlbum } from './target.svelte';
import type { Destination } from './transport';
import { unsent } from './unsent.svelte';

/** Begins to upload what was chosen; without a destination, once a person has chosen one. */
export function take(chosen: Chosen[], to: Destination | null = target.destination): void {
  if (chosen.length === 0) return;
  if (!to) {
    ask(chosen);
    return;
  }
  unsent.chosen(chosen.map(pathOf));
  const loose = chosen.filter((one) => !one.folder);
  const inFolders = chosen.filter((one) => one.folder);
  if (inFolders.length > 0) uploads.add(inFolders, to);
  if (loose.length > 0) uploads.add(loose, withAlbum(to, ''));
  if (location.pathname !== '/upload') {
    const where = target.named(inFolders.length > 0 ? to : withAlbum(to, ''));
    toasts.say(t().upload.begun(chosen.length, where), {
      label: t().shell.upload,
      run: () => goto('/upload'),
    });
  }
}

function ask(chosen: Chosen[]): void {
  if (!spaces.list.some((space) => may(space, 'upload'))) {
    toasts.fail(t().upload.noSpace);
    return;
  }
  held.hold(chosen);
  if (location.pathname !== '/upload') void goto('/upload');
}
