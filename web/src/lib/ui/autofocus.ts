import type { Attachment } from 'svelte/attachments';

/** Puts the cursor into the first field of a page that is for typing. */
export const autofocus: Attachment<HTMLElement> = (node) => {
  const field = node.matches('input, textarea') ? node : node.querySelector<HTMLElement>('input, textarea');
  field?.focus();
};
