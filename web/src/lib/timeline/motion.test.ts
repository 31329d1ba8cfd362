import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Motion } from './motion';

/** Frames that are asked for and were not drawn yet. */
let asked: Map<number, FrameRequestCallback>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let number = 0;
  asked = new Map();
  vi.stubGlobal('requestAnimationFrame', (draw: FrameRequestCallback) => {
    asked.set(++number, draw);
    return number;
  });
  vi.stubGlobal('cancelAnimationFrame', (which: number) => asked.delete(which));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function frame() {
  const now = [...asked.values()];
  asked.clear();
  for (const draw of now) draw(0);
}

it('is at rest when nothing moves, and not when the browser drew nothing', () => {
  const settled = vi.fn();
  const motion = new Motion(settled);
  motion.at(5000);
  // No frame for as long as it takes: the next ones tell what moved.
  vi.advanceTimersByTime(300);
  frame();
  motion.at(9000);
  frame();
  expect(settled).not.toHaveBeenCalled();
  expect(motion.speed).not.toBe(0);
  vi.advanceTimersByTime(89);
  frame();
  frame();
  expect(settled).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  frame();
  expect(settled).not.toHaveBeenCalled();
  frame();
  expect(settled).toHaveBeenCalledOnce();
  expect(motion.speed).toBe(0);
});

it('does not take a frame that took long for slowness', () => {
  const motion = new Motion(() => {});
  motion.at(0, 1000);
  motion.at(1600, 1016);
  expect(motion.rushing).toBe(true);
  motion.at(3200, 1250);
  expect(motion.rushing, 'the place of before it').toBe(true);
  motion.at(3300, 1266);
  expect(motion.rushing, 'slow indeed').toBe(false);
  motion.at(3400, 1500);
  expect(motion.rushing, 'nor does it begin so').toBe(false);
});
