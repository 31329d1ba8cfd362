// Files that were let go where none may be uploaded: held until a person has said into which space they go.
import { forgetsForAnother } from '$lib/session/forget';
import type { Chosen } from './chosen';

export class Held {
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

export const held = new Held();
forgetsForAnother(() => held.release());
