// Where the focus goes when what had it is taken away: to what has come into its place, and not to the beginning of the page.
const ABLE = 'a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea';

const able = (): HTMLElement[] => [
  ...document.querySelectorAll<HTMLElement>('main :is(' + ABLE + '):not([tabindex="-1"])'),
];

/** To be called before the page changes; gives what to call after it. */
export function keepFocus(): () => void {
  const had = document.activeElement;
  const at = able().indexOf(had as HTMLElement);
  return () => {
    if (at < 0 || had?.isConnected || document.activeElement !== document.body) return;
    const left = able();
    left[Math.min(at, left.length - 1)]?.focus();
  };
}
