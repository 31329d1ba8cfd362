// Scrolling through a grid: frames, what stands in view, memory, and the processor time of each of the browser's threads.
import { between, threads } from './threads.mjs';

/** In the page: scrolls evenly over a part of what there is, and watches every frame. */
async function walk([seconds, distance]) {
  const grid = document.querySelector('[data-testid="grid"]');
  const far = Math.min(distance ?? Infinity, grid.scrollHeight - grid.clientHeight);
  const seen = { frames: 0, slow: 0, worst: 0, empty: 0, emptyWorst: 0, heaps: [], pixels: far };
  const box = grid.getBoundingClientRect();

  /** Whether a photo, or what stands for one, is somewhere on a line through the middle of the view. */
  const anything = () => {
    const canvas = document.querySelector('.rush:not([hidden]) canvas');
    if (canvas) {
      const line = canvas.getContext('2d').getImageData(0, Math.floor(canvas.height / 2) - 60, 1, 120).data;
      for (let at = 4; at < line.length; at += 4) if (line[at] !== line[0]) return true;
      // One colour from top to bottom is a photo, unless it is that of the page.
      return getComputedStyle(canvas).backgroundColor !== `rgb(${line[0]}, ${line[1]}, ${line[2]})`;
    }
    return [0.15, 0.3, 0.5, 0.7].some((part) =>
      document
        .elementFromPoint(box.left + box.width * part, box.top + box.height / 2)
        ?.closest('.tile, .coming, .head'),
    );
  };

  const began = performance.now();
  let last = began;
  let emptySince = 0;
  await new Promise((resolve) => {
    const step = (now) => {
      const took = now - last;
      last = now;
      seen.frames += 1;
      if (took > 1000 / 50 + 1) seen.slow += 1;
      seen.worst = Math.max(seen.worst, took);
      if (anything()) emptySince = 0;
      else {
        emptySince ||= now - took;
        seen.empty += 1;
        seen.emptyWorst = Math.max(seen.emptyWorst, now - emptySince);
      }
      const part = (now - began) / (seconds * 1000);
      if (part * 4 >= seen.heaps.length + 1) seen.heaps.push(performance.memory.usedJSHeapSize);
      grid.scrollTop = Math.min(1, part) * far;
      if (part < 1) requestAnimationFrame(step);
      else resolve();
    };
    requestAnimationFrame(step);
  });
  seen.took = performance.now() - began;
  return seen;
}

const heap = (page) =>
  page.evaluate(() => {
    gc();
    return performance.memory.usedJSHeapSize;
  });

/** Opens an address with a grid, scrolls over `pixels` of it, or all, in so many seconds, and stays where it is then. */
export async function scroll(browser, pid, url, api, { seconds, pixels = null }) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('[data-testid="grid"] [data-index="0"]').waitFor();
  await page.waitForTimeout(1500);
  const before = await heap(page);
  api.asked.length = 0;
  const then = threads(pid);
  const told = await page.evaluate(walk, [seconds, pixels]);
  const spent = between(then, threads(pid));
  const onTheWay = [...api.asked];
  await page.waitForTimeout(1500);
  const after = await heap(page);
  const stays = await page.evaluate(() => {
    const tiles = [...document.querySelectorAll('.tile')];
    return { shown: tiles.filter((tile) => tile.querySelector('img.there')).length, of: tiles.length };
  });
  await context.close();
  return { ...told, before, after, spent, onTheWay, stays };
}
