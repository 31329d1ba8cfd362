// Files that wait for a word of a person before anything is done with them.
import { forgetsForAnother } from '$lib/session/forget';
import type { Chosen } from './chosen';

class Held {
  files = $state.raw<Chosen[]>([]);

  hold(files: Chosen[]): void {
    this.files = [...this.files, ...files];
  }

  /** Hands them out, to be uploaded or let be. */
  release(): Chosen[] {
    const { files } = this;
    this.files = [];
    return files;
  }
}

/** Let go where none may be uploaded: held until a person has said into which space they go. */
export const held = new Held();
forgetsForAnother(() => held.release());

/** Came through the share sheet of a phone: held until the person says that it was they who shared it. */
export const shared = new Held();
forgetsForAnother(() => shared.release());
