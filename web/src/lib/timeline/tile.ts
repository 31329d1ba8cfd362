// One photo of a grid: a link that opens it and a box that selects it. Hundreds of them come and go while one scrolls, so they
// are made by copying, without a component for each.
import type { Asset } from '$lib/api';
import { rendition } from '$lib/viewer/picture';
import { mount, unmount } from 'svelte';
import Absent from './Absent.svelte';
import { blur, colour } from './blur';
import type { Cell } from './cell';
import Film from './Film.svelte';
import './tile.css';

/** Larger than this, a thumbnail is not sharp any more. */
const THUMBNAIL = 512;

/** What all tiles of a grid have in common. */
export interface Look {
  selecting: boolean;
  selected: (id: string) => boolean;
  /** Number of the photo that the tab key leads to. */
  tabbable: number;
  /** How many photos there are; -1 where that is not known. */
  total: number;
  name: (asset: Asset) => string;
  select: (name: string) => string;
}

function sourceOf({ asset, width, height }: Cell): string {
  const size = Math.max(width, height) * Math.min(devicePixelRatio, 2);
  return rendition(asset, size > THUMBNAIL * 1.4 ? 'preview' : 'thumbnail');
}

/** What of a photo its tile is made from. */
const looks = ({ previews, placeholder, media, duration_ms, name }: Asset): string =>
  [previews, placeholder, media, duration_ms, name].join();

let pattern: HTMLElement | undefined;

function frame(): HTMLElement {
  if (!pattern) {
    const make = (parent: Element | null, tag: string, css: string, attributes: Record<string, string>) => {
      const made = document.createElement(tag);
      if (css) made.className = css;
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
      parent?.append(made);
      return made;
    };
    pattern = make(null, 'div', 'tile', { role: 'listitem' });
    make(pattern, 'a', '', {});
    const tick = make(pattern, 'button', 'tick', { type: 'button', role: 'checkbox', tabindex: '-1' });
    make(tick, 'span', 'box', {});
  }
  return pattern.cloneNode(true) as HTMLElement;
}

export class Tile {
  readonly element = frame();
  /** When it came into being, for it asks for nothing until it has stayed. */
  readonly since = performance.now();
  readonly #link = this.element.firstElementChild as HTMLAnchorElement;
  readonly #tick = this.element.lastElementChild as HTMLButtonElement;
  #image: HTMLImageElement | null = null;
  #source = '';
  /** Whether its picture has come, or will not come. */
  #over = false;
  #blurred = false;
  #parts: Record<string, unknown>[] = [];
  #name: Look['name'] | null = null;
  #total = 0;
  #selected = false;

  constructor(public cell: Cell) {
    this.#tick.ariaChecked = 'false';
    this.#place();
    this.#fill();
  }

  /** Whether it shows all that it will ever show. */
  get complete(): boolean {
    return this.#image !== null || this.cell.asset.previews !== 'ready';
  }

  /** Whether its picture is still on the way. */
  get pending(): boolean {
    return this.#image !== null && !this.#over;
  }

  /** Whether nothing stands in for a picture that is on the way. */
  get waits(): boolean {
    return this.pending && !this.#blurred;
  }

  show(cell: Cell, look: Look): void {
    const old = this.cell;
    if (old !== cell) {
      this.cell = cell;
      this.#place();
      if (looks(old.asset) !== looks(cell.asset)) this.#fill();
      else if (this.#image && this.#source !== sourceOf(cell))
        this.#image.src = this.#source = sourceOf(cell);
    }
    const { asset, index } = cell;
    if (this.#name !== look.name || old.asset !== asset) {
      this.#name = look.name;
      this.#link.ariaLabel = look.name(asset);
      this.#tick.ariaLabel = look.select(asset.title ?? asset.name);
    }
    if (this.#total !== look.total) {
      this.#total = look.total;
      this.element.setAttribute('aria-setsize', String(look.total));
    }
    const tab = index === look.tabbable ? 0 : -1;
    if (this.#link.tabIndex !== tab || !this.#link.hasAttribute('tabindex')) this.#link.tabIndex = tab;
    const selected = look.selected(asset.id);
    if (this.#selected !== selected) {
      this.#selected = selected;
      this.element.classList.toggle('selected', selected);
      this.#tick.ariaChecked = String(selected);
    }
  }

  /** Asks for its picture. */
  ask(): void {
    if (this.complete) return;
    const image = new Image();
    image.alt = '';
    image.draggable = false;
    image.decoding = 'async';
    image.onerror = () => (this.#over = true);
    image.onload = () => {
      this.#over = true;
      image.classList.add('there');
      this.#link.style.backgroundImage = '';
    };
    image.src = this.#source = sourceOf(this.cell);
    this.#image = image;
    this.#link.prepend(image);
  }

  /** Waits for its picture no more: a browser asks for no more than a few at once, and others are wanted now. */
  drop(): void {
    if (this.pending) this.#image?.removeAttribute('src');
    this.#image?.remove();
    this.#image = null;
    this.#over = false;
  }

  /** Something to look at while the picture is on its way. */
  blur(): void {
    this.#blurred = true;
    this.#link.style.backgroundImage = blur(this.cell.asset.placeholder);
  }

  remove(): void {
    this.#clear();
    this.element.remove();
  }

  #place(): void {
    const { x, y, width, height, index } = this.cell;
    const { style } = this.element;
    style.transform = `translate(${x}px, ${y}px)`;
    style.width = `${width}px`;
    style.height = `${height}px`;
    this.element.ariaPosInSet = String(index + 1);
    this.#link.dataset.index = String(index);
  }

  #fill(): void {
    this.#clear();
    const { asset } = this.cell;
    this.element.style.backgroundColor = colour(asset.placeholder);
    this.#link.setAttribute('href', `?photo=${asset.id}`);
    const target = this.#link;
    if (asset.previews !== 'ready') this.#parts.push(mount(Absent, { target, props: { asset } }));
    if (asset.media === 'video') {
      this.#parts.push(mount(Film, { target, props: { duration: asset.duration_ms ?? 0 } }));
    }
  }

  #clear(): void {
    for (const part of this.#parts) void unmount(part);
    this.#parts = [];
    this.drop();
    this.#blurred = false;
    this.#link.style.backgroundImage = '';
  }
}
