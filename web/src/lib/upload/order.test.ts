import { expect, it } from 'vitest';
import type { Phase } from './item.svelte';
import { ordered } from './order';

it('lists what failed first, then what moves, then what waits, then what is done', () => {
  const phases: Phase[] = ['done', 'waiting', 'sending', 'failed', 'done', 'hashing', 'failed'];
  const items = phases.map((phase, id) => ({ id, phase }));
  expect(ordered(items).map(({ id }) => id)).toEqual([3, 6, 2, 5, 1, 0, 4]);
});
