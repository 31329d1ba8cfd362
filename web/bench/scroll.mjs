// Scrolling through a grid: frames, what stands in view, memory, and the processor time of each of the browser's threads.
import { between, threads } from './threads.mjs';

/** In the page: scrolls evenly over a part of what there is, and watches every frame. */
async function walk([seconds, distance]) {
  const grid = document.querySelector('[data-testid="grid"]');
  const far = Math.min(distance ?? Infinity, grid.scrollHeight - grid.clientHeight);
  const seen = { frames: 0, slow: 0, worst: 0, heaps: [], pixels: far };
  /** Frames in which a view shows less than this, and the longest time that it did so. */
  const lacking = {
    anything: { frames: 0, worst: 0, since: 0 },
    photo: { frames: 0, worst: 0, since: 0 },
  };
  const box = grid.getBoundingClientRect();

  /**
   * What is on a line through the middle of the view: a `photo`, of which at least the colours are there; only a `frame` for
   * one that is not known yet, or the head of a month; or nothing.
   */
  const middle = () => {
    const canvas = document.querySelector('.rush:not([hidden]) canvas');
    if (canvas) {
      const { backgroundColor, color } = getComputedStyle(canvas);
      const line = canvas.getContext('2d').getImageData(0, Math.floor(canvas.height / 2) - 60, 1, 120).data;
      let frame = false;
      for (let at = 0; at < line.length; at += 4) {
        const here = `rgb(${line[at]}, ${line[at + 1]}, ${line[at + 2]})`;
        if (here !== backgroundColor && here !== color) return 'photo';
        frame ||= here === color;
      }
      return frame ? 'frame' : null;
    }
    const points = [0.15, 0.3, 0.5, 0.7].map((part) =>
      document.elementFromPoint(box.left + box.width * part, box.top + box.height / 2),
    );
    if (points.some((one) => one?.closest('.tile'))) return 'photo';
    return points.some((one) => one?.closest('.coming, .head')) ? 'frame' : null;
  };

  const count = (of, lacks, now, took) => {
    if (!lacks) of.since = 0;
    else {
      of.since ||= now - took;
      of.frames += 1;
      of.worst = Math.max(of.worst, now - of.since);
    }
  };

  /** The first photo in view, by number, now and then: what comes before it was scrolled past. */
  const firsts = [];
  const first = () => {
    let found = Infinity;
    for (const link of grid.querySelectorAll('.tile > a')) {
      const index = Number(link.dataset.index);
      if (index < found && link.getBoundingClientRect().bottom > box.top) found = index;
    }
    return found;
  };

  const began = performance.now();
  let last = began;
  await new Promise((resolve) => {
    const step = (now) => {
      const took = now - last;
      last = now;
      seen.frames += 1;
      if (took > 1000 / 50 + 1) seen.slow += 1;
      seen.worst = Math.max(seen.worst, took);
      const there = middle();
      count(lacking.anything, there === null, now, took);
      count(lacking.photo, there !== 'photo', now, took);
      if (seen.frames % 6 === 0) firsts.push({ at: Date.now(), photo: first() });
      const part = (now - began) / (seconds * 1000);
      if (part * 4 >= seen.heaps.length + 1) seen.heaps.push(performance.memory.usedJSHeapSize);
      grid.scrollTop = Math.min(1, part) * far;
      if (part < 1) requestAnimationFrame(step);
      else resolve();
    };
    requestAnimationFrame(step);
  });
  seen.took = performance.now() - began;
  return { ...seen, lacking, firsts };
}

/** Of what was asked for, what one had scrolled past by the time that the server heard of it. */
const past = (asked, firsts) =>
  asked.filter(({ photo, at }) => photo < (firsts.findLast((one) => one.at <= at)?.photo ?? 0));

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
  return { ...told, before, after, spent, onTheWay, past: past(onTheWay, told.firsts), stays };
}
