import { expect, it, vi } from 'vitest';
import { hashFile } from './hasher';

/** A worker that does not come to be, as when its file is gone after an update of the server. */
class Dead extends EventTarget {
  static made = 0;
  constructor() {
    super();
    Dead.made += 1;
  }
  terminate = () => undefined;
  postMessage() {
    queueMicrotask(() => this.dispatchEvent(new Event('error')));
  }
}

it('a worker that dies leaves nobody waiting, and the next file gets another one', async () => {
  vi.stubGlobal('Worker', Dead);
  await expect(hashFile(new Blob(['a']), () => undefined)).rejects.toThrow();
  await expect(hashFile(new Blob(['b']), () => undefined)).rejects.toThrow();
  expect(Dead.made).toBe(2);
  vi.unstubAllGlobals();
});
