import type { HashAsked, HashTold } from './hash.worker';

interface Waiting {
  resolve: (hash: string) => void;
  reject: (error: Error) => void;
  progress: (read: number) => void;
}

let worker: Worker | null = null;
let next = 1;
const waiting = new Map<number, Waiting>();

function start(): Worker {
  const made = new Worker(new URL('./hash.worker.ts', import.meta.url), { type: 'module' });
  made.addEventListener('message', (event: MessageEvent<HashTold>) => {
    const told = event.data;
    const one = waiting.get(told.id);
    if (!one) return;
    if ('read' in told) {
      one.progress(told.read);
      return;
    }
    waiting.delete(told.id);
    if ('hash' in told) one.resolve(told.hash);
    else one.reject(new Error(told.error));
  });
  // A worker that could not be loaded, or that died, answers nobody: those who wait are told, and the next one begins anew.
  const died = () => {
    made.terminate();
    if (worker === made) worker = null;
    for (const one of waiting.values()) one.reject(new Error('the worker that hashes files ended'));
    waiting.clear();
  };
  made.addEventListener('error', died);
  made.addEventListener('messageerror', died);
  return made;
}

/** The SHA-256 of a file, in hexadecimal digits. */
export function hashFile(file: Blob, progress: (read: number) => void): Promise<string> {
  worker ??= start();
  const asked: HashAsked = { id: next++, file };
  return new Promise((resolve, reject) => {
    waiting.set(asked.id, { resolve, reject, progress });
    worker?.postMessage(asked);
  });
}
