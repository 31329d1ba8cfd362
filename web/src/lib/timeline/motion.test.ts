import { afterEach, expect, it, vi } from 'vitest';
import { Motion } from './motion';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('is at rest when nothing moves, and not when the page had no time to hear of it', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const settled = vi.fn();
  const motion = new Motion(settled);
  motion.at(5000);
  now = 170;
  vi.advanceTimersByTime(90);
  expect(settled).not.toHaveBeenCalled();
  expect(motion.speed).not.toBe(0);
  now = 260;
  vi.advanceTimersByTime(90);
  expect(settled).toHaveBeenCalledOnce();
  expect(motion.speed).toBe(0);
});
