import { expect, it, vi } from 'vitest';
import { Queue } from './queue.svelte';
import type { Stored, Transport } from './transport';

const looks = vi.hoisted(() => ({ n: 0 }));

// Counts how often anybody looks at how far a file is.
vi.mock('./item.svelte', async (original) => {
  const { Item } = await original<typeof import('./item.svelte')>();
  class Counted extends Item {
    constructor(...told: ConstructorParameters<typeof Item>) {
      super(...told);
      let phase = this.phase;
      Object.defineProperty(this, 'phase', {
        get: () => {
          looks.n += 1;
          return phase;
        },
        set: (to: typeof phase) => (phase = to),
      });
    }
  }
  return { Item: Counted };
});

/** Passes so many files that the library has, and gives what it took. */
async function pass(count: number): Promise<{ looks: number; abreast: number }> {
  let hashed = 0;
  let now = 0;
  let most = 0;
  let named = 0;
  let all: () => void;
  const done = new Promise<void>((resolve) => (all = resolve));
  const transport: Transport = {
    hash: () => Promise.resolve(`${hashed++}`),
    present: (_, hashes) => Promise.resolve(new Set(hashes)),
    pending: () => Promise.resolve([]),
    send: () => ({ stop: () => undefined, done: Promise.reject(new Error('there already')) }),
    known: async () => {
      most = Math.max(most, ++now);
      await Promise.resolve();
      now -= 1;
      named += 1;
      if (named === count) all();
      return { was: 'there', asset: null } satisfies Stored;
    },
  };
  const queue = new Queue(transport);
  const file = new File(['x'], 'x.jpg');
  const chosen = Array.from({ length: count }, (_, at) => ({ file, name: `${at}.jpg`, folder: '' }));
  looks.n = 0;
  queue.add(chosen, { space: 's', album: 'Lisbon' });
  await done;
  await vi.waitFor(() => expect(queue.left).toBe(0));
  return { looks: looks.n, abreast: most };
}

it('files that are there already cost as much each, however many there are', async () => {
  const few = await pass(1000);
  const many = await pass(20_000);
  expect(many.looks / 20_000).toBeLessThan((few.looks / 1000) * 1.1);
  // Several are named at once, and not all of them.
  expect(many.abreast).toBe(4);
}, 60_000);
