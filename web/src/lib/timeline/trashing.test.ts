import { beforeEach, expect, it, vi } from 'vitest';
import { toasts } from '$lib/ui/toasts.svelte';
import { trashFrom } from './trashing';

const bulk = vi.hoisted(() => ({ trash: vi.fn(), restore: vi.fn() }));
vi.mock('./bulk', () => bulk);

beforeEach(() => (toasts.list = []));

it('gives the way back for what went, and shows again what did not, though nothing more can be asked for', async () => {
  const putBack = vi.fn();
  const timeline = {
    take: () => putBack,
    refresh: vi.fn(() => Promise.reject(new Error('no network'))),
  };
  bulk.trash.mockResolvedValue({ done: ['a'], failed: ['b', 'c'], why: 'They are locked.' });
  await trashFrom(timeline, new Set(['a', 'b', 'c']));
  expect(putBack).toHaveBeenCalledWith(new Set(['b', 'c']));
  expect(timeline.refresh).toHaveBeenCalledTimes(1);
  expect(toasts.list.map(({ text }) => text)).toEqual([
    '2 photos could not be moved to the trash. They are locked.',
    '1 photo moved to the trash',
  ]);
  bulk.restore.mockResolvedValue({ done: ['a'], failed: [] });
  await toasts.list[1]?.action?.run();
  expect(bulk.restore).toHaveBeenCalledWith(['a']);
  expect(toasts.list.at(-1)?.text).toBe('1 photo restored');
});
