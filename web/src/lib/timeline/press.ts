// What a press on a photo means: a click opens it, or selects it where some are selected already; a finger that stays selects.
interface Meaning {
  open: (index: number) => void;
  select: (index: number, shift: boolean) => void;
  selecting: () => boolean;
  /** A mouse begins to drag a photo; whether there is anywhere to put it. */
  drag: (index: number, transfer: DataTransfer) => boolean;
  dropped: () => void;
}

const LONG_PRESS = 450;
/** A finger that moves so far scrolls. */
const STILL = 4;

const linkOf = (event: Event): HTMLElement | null =>
  (event.target as Element).closest<HTMLElement>('a[data-index]');
const numberOf = (link: HTMLElement): number => Number(link.dataset.index);

/** Listens on the element that the tiles are in; gives how to stop. */
export function presses(element: HTMLElement, meaning: Meaning): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let held = false;
  let finger = false;
  const release = () => clearTimeout(timer);

  const listeners = {
    click(event: MouseEvent) {
      const link = linkOf(event);
      const tick = (event.target as Element).closest('.tick')?.parentElement?.querySelector<HTMLElement>('a');
      if (tick) meaning.select(numberOf(tick), event.shiftKey);
      if (!link || event.button !== 0 || event.metaKey || event.ctrlKey) return;
      event.preventDefault();
      if (held) held = false;
      else if (meaning.selecting() || event.shiftKey) meaning.select(numberOf(link), event.shiftKey);
      else meaning.open(numberOf(link));
    },
    pointerdown(event: PointerEvent) {
      const link = linkOf(event);
      finger = event.pointerType === 'touch';
      if (!link || !finger) return;
      held = false;
      release();
      timer = setTimeout(() => {
        held = true;
        meaning.select(numberOf(link), false);
      }, LONG_PRESS);
    },
    pointermove(event: PointerEvent) {
      if (Math.hypot(event.movementX, event.movementY) > STILL) release();
    },
    pointerup: release,
    pointercancel: release,
    contextmenu(event: MouseEvent) {
      if (held) event.preventDefault();
    },
    dragstart(event: DragEvent) {
      const link = linkOf(event);
      // A finger that stays selects, and does not drag.
      const begins =
        !finger && link && event.dataTransfer && meaning.drag(numberOf(link), event.dataTransfer);
      if (!begins) event.preventDefault();
    },
    dragend: () => meaning.dropped(),
  };
  const all = Object.entries(listeners) as [string, EventListener][];
  for (const [name, listener] of all) element.addEventListener(name, listener);
  return () => {
    release();
    for (const [name, listener] of all) element.removeEventListener(name, listener);
  };
}
