import type { Outgoing, Pending } from './transport';

const key = (space: string, album: string, name: string, size: number, sha256: Pending['sha256']) =>
  JSON.stringify([space, album, name, size, sha256]);

/** Earlier uploads that were interrupted: where each goes on, if the same file is sent again. */
export class Begun {
  readonly #at: Map<string, string>;

  constructor(pending: Pending[]) {
    this.#at = new Map(
      pending.map((one) => [key(one.space, one.album, one.name, one.size, one.sha256), one.location]),
    );
  }

  at({ space, album, name, file, sha256 }: Outgoing): string | null {
    return this.#at.get(key(space, album, name, file.size, sha256)) ?? null;
  }
}
