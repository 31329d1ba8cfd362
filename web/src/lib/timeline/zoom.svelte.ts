// How large photos are in grids, the same everywhere, kept in this browser.
const KEY = 'ourphoto.zoom';
const HEIGHTS = [72, 110, 160, 220, 320, 460];

class Zoom {
  level = $state(3);

  constructor() {
    try {
      const kept = Number(localStorage.getItem(KEY) ?? '3');
      if (HEIGHTS[kept]) this.level = kept;
    } catch {
      // The middle one it is.
    }
  }

  /** Height of rows, on a window so wide: phones show fewer and smaller photos. */
  height(width: number): number {
    const height = HEIGHTS[this.level] ?? 220;
    return width < 768 ? Math.round(height * 0.6) : height;
  }

  get largest(): boolean {
    return this.level === HEIGHTS.length - 1;
  }

  get smallest(): boolean {
    return this.level === 0;
  }

  larger(): void {
    this.#set(this.level + 1);
  }

  smaller(): void {
    this.#set(this.level - 1);
  }

  #set(level: number): void {
    if (!HEIGHTS[level]) return;
    this.level = level;
    try {
      localStorage.setItem(KEY, String(level));
    } catch {
      // Kept until the page is closed.
    }
  }
}

export const zoom = new Zoom();
