// Photos of a grid that go to the trash: at once from what is shown, and back where it fails or somebody undoes it.
import { t } from '$lib/i18n/index.svelte';
import { toasts } from '$lib/ui/toasts.svelte';
import { restore, trash } from './bulk';
import type { Timeline } from './timeline.svelte';

/** Asks again for what is shown. What does not come now comes with the next change. */
export const again = (timeline: Pick<Timeline, 'refresh'>): Promise<void> =>
  timeline.refresh().catch(() => undefined);

export async function trashFrom(
  timeline: Pick<Timeline, 'take' | 'refresh'>,
  ids: ReadonlySet<string>,
): Promise<void> {
  const putBack = timeline.take(ids);
  const { done, failed, why } = await trash(ids);
  putBack(new Set(failed));
  if (failed.length > 0) toasts.fail(t().photos.trashFailed(failed.length, why));
  if (done.length > 0) {
    toasts.say(t().photos.trashMany(done.length), {
      label: t().shell.undo,
      run: async () => {
        const back = await restore(done);
        if (back.done.length > 0) toasts.say(t().photos.restoredMany(back.done.length));
        if (back.failed.length > 0) toasts.fail(t().photos.restoreFailed(back.failed.length, back.why));
        await again(timeline);
      },
    });
  }
  // An answer that was lost may have been a yes.
  if (failed.length > 0) await again(timeline);
}
