import { expect, it } from 'vitest';
import { toasts } from '$lib/ui/toasts.svelte';
import { Queue } from '$lib/upload/queue.svelte';
import { forgetAll, forgetsForAnother, forgetShown } from './forget';

const never = new Promise<never>(() => undefined);
const transport = {
  hash: () => never,
  present: () => never,
  known: () => never,
  pending: () => never,
  send: () => ({ stop: () => undefined, done: never }),
};

it('nothing of one person is there for the next', () => {
  const queue = new Queue(transport);
  forgetsForAnother(() => queue.forget());
  queue.add([{ file: new File(['x'], 'a.jpg'), name: 'a.jpg', folder: '' }], { space: 's', album: '' });
  toasts.say('1 photo moved to the trash', { label: 'Undo', run: () => undefined });
  forgetShown();
  expect(toasts.list).toEqual([]);
  expect(queue.left).toBe(1);
  forgetAll();
  expect(queue.items).toEqual([]);
});
