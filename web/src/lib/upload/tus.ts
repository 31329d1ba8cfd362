// Sends one file so that it goes on where it was after whatever breaks the connection (the tus protocol).
import { ApiError, sessionEnded, type Schemas, type Was } from '$lib/api';
import { t } from '$lib/i18n/index.svelte';
import { Upload, type DetailedError } from 'tus-js-client';
import { PATIENCE } from './patience';
import type { Outgoing, Sending, Stored, Told } from './transport';

export function send(out: Outgoing, from: string | null, told: Told): Sending {
  let stop: () => void = () => undefined;
  const done = new Promise<Stored>((resolve, reject) => {
    const upload = new Upload(out.file, {
      endpoint: `/api/v1/spaces/${out.space}/uploads`,
      uploadUrl: from,
      metadata: {
        filename: out.name,
        album: out.album,
        sha256: out.sha256,
        modified_ns: String(BigInt(out.file.lastModified) * 1_000_000n),
      },
      retryDelays: [...PATIENCE],
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
      onSuccess: ({ lastResponse }) =>
        resolve({
          was: (lastResponse.getHeader('ourphoto-was') ?? 'new') as Was,
          asset: lastResponse.getHeader('ourphoto-asset') ?? null,
        }),
    });
    stop = () => {
      void upload.abort();
    };
    upload.start();
  });
  return { stop: () => stop(), done };
}

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
  if (!response) return new ApiError('offline', t().server.broke, 0);
  try {
    const told = ApiError.from(JSON.parse(response.getBody()) as Schemas['Problem']);
    if (told.kind === 'unproved') sessionEnded();
    return told;
  } catch {
    return new ApiError('unknown', t().server.odd(response.getStatus()), response.getStatus());
  }
}
