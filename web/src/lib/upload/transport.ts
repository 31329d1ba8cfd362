// What the queue does with the server. A test puts another one in its place.
import { api, ask, type Schemas, type Was } from '$lib/api';
import { later } from '$lib/ui/later';
import { hashFile } from './hasher';

export interface Destination {
  space: string;
  /** The album's folder below the space. */
  album: string;
}

export interface Outgoing extends Destination {
  file: File;
  name: string;
  sha256: string;
}

export type Pending = Schemas['UploadInfo'];

/** What a file was to the library, and which photo it belongs to. */
export interface Stored {
  was: Was;
  asset: string | null;
}

export interface Sending {
  /** Ends it for now; what has arrived stays there. */
  stop: () => void;
  done: Promise<Stored>;
}

export interface Told {
  sent: (bytes: number) => void;
  /** The connection is broken, or goes on. */
  broken: (yes: boolean) => void;
}

export interface Transport {
  hash(file: File, progress: (read: number) => void): Promise<string>;
  /** Which of these contents the space has. */
  present(space: string, hashes: string[]): Promise<Set<string>>;
  /** Names content that the space has already. */
  known(out: Outgoing): Promise<Stored>;
  /** One's uploads that did not reach their end. */
  pending(): Promise<Pending[]>;
  send(out: Outgoing, from: string | null, told: Told): Sending;
}

const modified = (file: File): number => file.lastModified * 1_000_000;

export const server: Transport = {
  hash(file, progress) {
    // What sends comes while there is a connection.
    void import('./tus').catch(() => undefined);
    return hashFile(file, progress);
  },

  async present(space, hashes) {
    const asked = api.POST('/api/v1/spaces/{id}/files/check', {
      params: { path: { id: space } },
      body: { sha256: hashes },
    });
    return new Set((await ask(asked)).present);
  },

  async known({ space, album, name, sha256, file }) {
    const body = { album, name, sha256, size: file.size, modified_ns: modified(file) };
    const asked = api.POST('/api/v1/spaces/{id}/files/known', { params: { path: { id: space } }, body });
    return ask(asked);
  },

  pending: () => ask(api.GET('/api/v1/uploads')),

  send(out, from, told) {
    let stopped = false;
    let sending: Sending | undefined;
    const done = later(import('./tus')).then(({ send }) => {
      if (stopped) return new Promise<never>(() => undefined);
      sending = send(out, from, told);
      return sending.done;
    });
    const stop = () => {
      stopped = true;
      sending?.stop();
    };
    return { stop, done };
  },
};
