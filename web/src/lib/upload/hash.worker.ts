// Hashes files beside the page, so that it stays smooth. One file at a time, in pieces: films are larger than memory.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** Up to this size a file is hashed in one go by the browser itself, which is fastest. */
const WHOLE = 64 * 1024 * 1024;
const PIECE = 8 * 1024 * 1024;

export interface HashAsked {
  id: number;
  file: Blob;
}

export type HashTold =
  { id: number; hash: string } | { id: number; error: string } | { id: number; read: number };

async function hash({ id, file }: HashAsked): Promise<string> {
  if (file.size <= WHOLE && crypto.subtle) {
    return bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer())));
  }
  const state = sha256.create();
  for (let at = 0; at < file.size; at += PIECE) {
    state.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
    const told: HashTold = { id, read: Math.min(at + PIECE, file.size) };
    postMessage(told);
  }
  return bytesToHex(state.digest());
}

let turn: Promise<void> = Promise.resolve();

addEventListener('message', (event: MessageEvent<HashAsked>) => {
  const asked = event.data;
  turn = turn.then(async () => {
    let told: HashTold;
    try {
      told = { id: asked.id, hash: await hash(asked) };
    } catch (error) {
      told = { id: asked.id, error: String(error) };
    }
    postMessage(told);
  });
});
