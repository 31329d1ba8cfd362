import { messageOf } from '$lib/api';
import { t } from '$lib/i18n/index.svelte';
import { confirm } from '$lib/ui/confirm.svelte';
import { toasts } from '$lib/ui/toasts.svelte';
import { recoveries } from './recoveries.svelte';

/** Ends a recovery of one's own account, after a question: whoever asked honestly has to begin again. */
export async function veto(id: string): Promise<void> {
  const says = t().recovery;
  const sure = await confirm.ask({
    title: says.vetoTitle,
    text: says.vetoText,
    yes: says.veto,
    danger: true,
  });
  if (!sure) return;
  try {
    await recoveries.veto(id);
    toasts.say(says.vetoed);
  } catch (error) {
    toasts.fail(messageOf(error));
  }
}
