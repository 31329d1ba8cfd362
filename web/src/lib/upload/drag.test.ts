import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FileDrag } from './drag.svelte';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const event = (types: string[], relatedTarget: unknown = {}) =>
  ({ dataTransfer: { types }, relatedTarget, preventDefault: () => undefined }) as unknown as DragEvent;
const files = event(['Files']);

it('files over the page are shown until they leave it', () => {
  const drag = new FileDrag();
  drag.move(event(['text/plain']));
  expect(drag.over).toBe(false);
  drag.move(files);
  drag.leave(event(['Files'], {}));
  expect(drag.over).toBe(true);
  drag.leave(event(['Files'], null));
  expect(drag.over).toBe(false);
});

it('what is not told any more has ended', () => {
  const drag = new FileDrag();
  drag.move(files);
  for (let heard = 0; heard < 20; heard += 1) {
    vi.advanceTimersByTime(350);
    drag.move(files);
  }
  expect(drag.over).toBe(true);
  vi.advanceTimersByTime(5000);
  expect(drag.over).toBe(false);
});

it('what began in the page is nothing to upload, until it has ended', () => {
  const drag = new FileDrag();
  drag.begin();
  drag.move(files);
  expect(drag.over).toBe(false);
  expect(drag.brings(files)).toBe(false);
  drag.finish();
  expect(drag.brings(files)).toBe(true);
});
