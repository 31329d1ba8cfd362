import { expect, it, vi } from 'vitest';
import { toasts } from './toasts.svelte';

it('a message with the way back stays while somebody is at it, and goes when they are not any more', () => {
  vi.useFakeTimers();
  let at = true;
  toasts.held = () => at;
  toasts.say('1 photo moved to the trash', { label: 'Undo', run: () => undefined });
  vi.advanceTimersByTime(60_000);
  expect(toasts.list.length).toBe(1);
  at = false;
  vi.advanceTimersByTime(2000);
  expect(toasts.list).toEqual([]);
  toasts.held = () => false;
  vi.useRealTimers();
});
