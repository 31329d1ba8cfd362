// What the queue does with the server. A test puts another one in its place.
import { api, ApiError, ask, type Schemas, type Was } from '$lib/api';
import { Upload, type DetailedError } from 'tus-js-client';
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

export interface Sending {
  /** Ends it for now; what has arrived stays there. */
  stop: () => void;
  done: Promise<Was>;
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
  known(out: Outgoing): Promise<Was>;
  /** One's uploads that did not reach their end. */
  pending(): Promise<Pending[]>;
  send(out: Outgoing, from: string | null, told: Told): Sending;
}

/** Waits between tries while the connection is broken: soon at first, then patiently, for about half an hour. */
const PATIENCE = [500, 1000, 2000, 4000, 8000, ...Array<number>(60).fill(15_000)];

const modified = (file: File): number => file.lastModified * 1_000_000;

export const server: Transport = {
  hash: hashFile,

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
    return (await ask(asked)).was;
  },

  pending: () => ask(api.GET('/api/v1/uploads')),

  send(out, from, told) {
    let stop: () => void = () => undefined;
    const done = new Promise<Was>((resolve, reject) => {
      const upload = new Upload(out.file, {
        endpoint: `/api/v1/spaces/${out.space}/uploads`,
        uploadUrl: from,
        metadata: {
          filename: out.name,
          album: out.album,
          sha256: out.sha256,
          modified_ns: String(BigInt(out.file.lastModified) * 1_000_000n),
        },
        retryDelays: PATIENCE,
        uploadDataDuringCreation: true,
        storeFingerprintForResuming: false,
        removeFingerprintOnSuccess: false,
        onProgress: (sent) => {
          told.broken(false);
          told.sent(sent);
        },
        onShouldRetry: (error) => {
          const again = retried(error);
          told.broken(again);
          return again;
        },
        onError: (error) => reject(refusal(error)),
        onSuccess: ({ lastResponse }) => resolve((lastResponse.getHeader('ourphoto-was') ?? 'new') as Was),
      });
      stop = () => {
        void upload.abort();
      };
      upload.start();
    });
    return { stop: () => stop(), done };
  },
};

/** A broken connection and a busy server are waited for; what is refused is refused. */
function retried(error: Error | DetailedError): boolean {
  const status = 'originalResponse' in error ? (error.originalResponse?.getStatus() ?? 0) : 0;
  return (
    status === 0 || status === 409 || status === 423 || status === 429 || (status >= 500 && status !== 507)
  );
}

/** What the server said, instead of what the protocol's client says. */
function refusal(error: Error | DetailedError): Error {
  const response = 'originalResponse' in error ? error.originalResponse : null;
  if (!response)
    return new ApiError('offline', 'The connection broke. Try again when the server answers.', 0);
  try {
    return ApiError.from(JSON.parse(response.getBody()) as Schemas['Problem']);
  } catch {
    return new ApiError(
      'unknown',
      `The server answered with ${response.getStatus()}. Try again.`,
      response.getStatus(),
    );
  }
}
