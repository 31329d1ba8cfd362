// What came through the share sheet of a phone, until the person says that it was they who shared it.
import { forgetsForAnother } from '$lib/session/forget';

class Shared {
  files = $state.raw<File[]>([]);
  /** Whether something was announced that did not arrive. */
  lost = $state(false);

  arrived(files: File[]): void {
    this.lost = files.length === 0 && this.files.length === 0;
    this.files = [...this.files, ...files];
  }

  /** Gives what there is, and holds it no more. */
  take(): File[] {
    const { files } = this;
    this.files = [];
    return files;
  }
}

export const shared = new Shared();
forgetsForAnother(() => shared.take());
