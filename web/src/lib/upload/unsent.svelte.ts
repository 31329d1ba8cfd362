// Files that were chosen and had not arrived when the page went away. Nobody can read them again without being asked, so their
// paths are kept, to say which are to be chosen again: in this tab, through a reload, and for the person who chose them.
import { forgetsForAnother } from '$lib/session/forget';

const KEY = 'ourphoto.unsent';
/** Paths that are kept; of more only the number is. */
const MOST = 5000;

interface Kept {
  person: string;
  paths: string[];
  /** Files beyond those. */
  more: number;
}

export class Unsent {
  /** What an earlier upload has left behind, and nobody has chosen again. */
  paths = $state.raw<string[]>([]);
  more = $state(0);
  #person = '';

  get count(): number {
    return this.paths.length + this.more;
  }

  /** Reads what this person left behind. What somebody else did is forgotten. */
  begin(person: string): void {
    if (person === this.#person) return;
    this.#person = person;
    const kept = read();
    const mine = kept?.person === person ? kept : null;
    this.paths = mine?.paths ?? [];
    this.more = mine?.more ?? 0;
  }

  /** These are on their way again. Of files whose path was not kept, as many are taken to be among them. */
  chosen(paths: string[]): void {
    const again = new Map<string, number>();
    for (const path of paths) again.set(path, (again.get(path) ?? 0) + 1);
    const left = this.paths.filter((path) => {
      const n = again.get(path) ?? 0;
      if (n > 0) again.set(path, n - 1);
      return n === 0;
    });
    const unknown = paths.length - (this.paths.length - left.length);
    this.paths = left;
    this.more = Math.max(0, this.more - unknown);
  }

  /** Keeps what was left behind together with what is on its way now. */
  keep(undone: string[]): void {
    if (!this.#person) return;
    const paths = [...this.paths, ...undone];
    const more = this.more + Math.max(0, paths.length - MOST);
    write({ person: this.#person, paths: paths.slice(0, MOST), more });
  }

  dismiss(): void {
    this.paths = [];
    this.more = 0;
  }

  /** Keeps nothing of it. */
  forget(): void {
    this.dismiss();
    this.#person = '';
    write(null);
  }
}

function read(): Kept | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Kept | null;
  } catch {
    return null;
  }
}

function write(kept: Kept | null): void {
  try {
    if (kept && kept.paths.length + kept.more > 0) sessionStorage.setItem(KEY, JSON.stringify(kept));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Nothing can be kept here.
  }
}

export const unsent = new Unsent();
forgetsForAnother(() => unsent.forget());
