// The files by which anybody checks a drill's report without this server, as openssl wants them.

export interface SignedFile {
  name: string;
  parts: BlobPart[];
  type: string;
}

/** What stands before the 32 bytes of an Ed25519 key in DER (RFC 8410, section 4). */
const DER = '302a300506032b6570032100';

export const bytesOf = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (two) => Number.parseInt(two, 16));

/** The report exactly as it was signed, its signature, and the key. */
export const filesOf = (report: { signed: string; signature: string; public_key: string }): SignedFile[] => [
  { name: 'report.json', parts: [report.signed], type: 'application/json' },
  { name: 'signature', parts: [bytesOf(report.signature)], type: 'application/octet-stream' },
  { name: 'key.der', parts: [bytesOf(DER + report.public_key)], type: 'application/octet-stream' },
];

export const COMMAND =
  'openssl pkeyutl -verify -pubin -rawin -keyform DER -inkey key.der -in report.json -sigfile signature';

export function save({ name, parts, type }: SignedFile): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
