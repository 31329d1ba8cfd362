// Whether files from outside are being dragged over the page. Browsers tell of it in pieces and forget some: no `dragleave` comes
// from what is removed under the pointer. So it ends by what is told reliably, and by silence.

/** While something is dragged over a page, browsers say so at least every 350 milliseconds. */
const SILENCE = 2000;

export class FileDrag {
  over = $state(false);
  /** Something of this page is dragged, which is nothing to upload, though browsers make a file of each picture. */
  #ours = false;
  #silence: ReturnType<typeof setTimeout> | undefined;

  /** Whether this is about files that come from outside. */
  brings(event: DragEvent): boolean {
    return !this.#ours && (event.dataTransfer?.types.includes('Files') ?? false);
  }

  begin(): void {
    this.#ours = true;
  }

  /** Heard by the pointer too, which moves again after every drag: what was removed meanwhile tells of no end. */
  finish(): void {
    this.#ours = false;
    this.hide();
  }

  /** Something enters the page, or is over it. */
  move(event: DragEvent): void {
    if (!this.brings(event)) return;
    event.preventDefault();
    this.over = true;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.hide(), SILENCE);
  }

  /** Something leaves a part of the page; only where it enters nothing has it left the page. */
  leave(event: DragEvent): void {
    if (event.relatedTarget === null) this.hide();
  }

  hide(): void {
    clearTimeout(this.#silence);
    this.over = false;
  }
}
