import { t } from '$lib/i18n/index.svelte';
import { toasts } from '$lib/ui/toasts.svelte';
import { goto } from '$app/navigation';
import { pathOf, type Chosen } from './chosen';
import { uploads } from './queue.svelte';
import { target, withAlbum } from './target.svelte';
import type { Destination } from './transport';
import { unsent } from './unsent.svelte';

/** Begins to upload what was chosen. */
export function take(chosen: Chosen[], to: Destination | null = target.destination): void {
  if (chosen.length === 0) return;
  if (!to) {
    toasts.fail(t().upload.noSpace);
    return;
  }
  unsent.chosen(chosen.map(pathOf));
  const loose = chosen.filter((one) => !one.folder);
  const inFolders = chosen.filter((one) => one.folder);
  if (inFolders.length > 0) uploads.add(inFolders, to);
  if (loose.length > 0) uploads.add(loose, withAlbum(to, ''));
  if (location.pathname !== '/upload') {
    toasts.say(t().upload.badge(chosen.length), { label: t().shell.upload, run: () => goto('/upload') });
  }
}
