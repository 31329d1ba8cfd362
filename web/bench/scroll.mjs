// Measures the web app in Chromium: first load with the processor slowed down four times, and scrolling through 100,000 photos
// from end to end. The server's answers are made here, for importing so many photos takes longer than looking at them; what
// is measured is the app.
import { createServer } from 'node:http';
import { chromium } from '@playwright/test';
import { front } from '../dev/serve.mjs';

const TOTAL = Number(process.env.PHOTOS ?? 100_000);
const MONTHS = 200;
const EACH = Math.floor(TOTAL / MONTHS);
const SECONDS = Number(process.env.SECONDS ?? 40);
const SPACE = '00000000-0000-7000-8000-000000000001';
const SIZES = [
  [6000, 4000],
  [4000, 6000],
  [4000, 3000],
  [5000, 2800],
];
const HASHES = [
  '1QcSHQRnh493V4dIh4eXh1h4kJUI',
  '3PcNNYSFeXh/d3eld0iHZoZgVwh2',
  'VfcNBYBXh3eAh3iIeIh4d4iYgAd4',
];

const key = (month) => {
  const at = new Date(Date.UTC(2026, 10 - month, 1));
  return at.toISOString().slice(0, 7);
};

function asset(n) {
  const month = Math.floor(n / EACH);
  const [width, height] = SIZES[(n * 7) % SIZES.length];
  const time = new Date(Date.UTC(2026, 11 - month, 0) - (n % EACH) * 60_000);
  return {
    id: `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`,
    album: SPACE,
    name: `img_${n}`,
    kind: 'master',
    media: 'photo',
    captured_at: time.toISOString(),
    width,
    height,
    previews: 'ready',
    placeholder: HASHES[n % HASHES.length],
  };
}

let thumbnails = 0;
const asked = [];
// The smallest picture that is one.
const jpeg = Buffer.from(
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////2wBDAf//////////////////////////////////////////////////////////////////////////////////////wAARCAABAAEDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAf/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFQEBAQAAAAAAAAAAAAAAAAAAAAX/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCdABmX/9k=',
  'base64',
);

const api = createServer((request, response) => {
  const url = new URL(request.url, 'http://x');
  const json = (body) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (url.pathname === '/api/v1/session') return json({ id: SPACE, email: 'ana@example.org', name: 'Ana' });
  if (url.pathname === '/api/v1/spaces') {
    return json([
      {
        id: SPACE,
        name: 'Family',
        role: 'owner',
        permissions: ['view', 'upload', 'delete', 'organise', 'manage'],
        created_at: '',
      },
    ]);
  }
  if (url.pathname.endsWith('/months')) {
    return json(Array.from({ length: MONTHS }, (_, month) => ({ month: key(month), count: EACH })));
  }
  if (url.pathname.endsWith('/assets')) {
    const month = url.searchParams.get('month');
    const cursor = url.searchParams.get('cursor');
    const limit = Number(url.searchParams.get('limit') ?? 100);
    let start = cursor ? Number(cursor) : 0;
    if (month) while (start < TOTAL && asset(start).captured_at.slice(0, 7) > month) start += EACH;
    const assets = Array.from({ length: Math.min(limit, TOTAL - start) }, (_, n) => asset(start + n));
    return json({ assets, next: start + limit < TOTAL ? String(start + limit) : null });
  }
  if (url.pathname.includes('/renditions/')) {
    thumbnails += 1;
    asked.push(parseInt(url.pathname.split('/')[4].slice(-12), 16));
    response.writeHead(200, { 'content-type': 'image/jpeg', 'cache-control': 'private, no-cache' });
    return response.end(jpeg);
  }
  if (url.pathname === '/api/v1/events')
    return response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.writeHead(404, { 'content-type': 'application/problem+json' });
  response.end('{"type":"/problems/not-found","title":"","status":404,"detail":"not here"}');
});
await new Promise((resolve) => api.listen(0, '127.0.0.1', resolve));
const app = await front(`http://127.0.0.1:${api.address().port}`);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--js-flags=--expose-gc',
    '--enable-precise-memory-info',
  ],
});

async function firstLoad() {
  const page = await browser.newPage();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  const start = performance.now();
  await page.goto(`${app.address}/photos`, { waitUntil: 'commit' });
  await page.locator('[data-index="0"]').waitFor();
  const took = performance.now() - start;
  await page.close();
  return took;
}

async function scroll() {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${app.address}/photos`);
  await page.locator('[data-index="0"]').waitFor();
  await page.waitForTimeout(1500);
  const heap = () =>
    page.evaluate(() => {
      gc();
      return performance.memory.usedJSHeapSize;
    });
  const before = await heap();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  const spent = async () =>
    Object.fromEntries(
      (await cdp.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]),
    );
  const busy = await spent();
  thumbnails = 0;
  asked.length = 0;
  const told = await page.evaluate(async (seconds) => {
    const grid = document.querySelector('[data-testid="grid"]');
    const seen = { frames: 0, slow: 0, worst: 0, emptyFor: 0, emptyWorst: 0, drawn: 0 };
    const far = grid.scrollHeight - grid.clientHeight;
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
        const box = grid.getBoundingClientRect();
        const anything = document
          .elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)
          ?.closest('.tile, .coming, .head');
        const real = document.querySelector('.tile, .rush:not([hidden])') !== null;
        seen.drawn += real ? 1 : 0;
        if (real || anything) emptySince = 0;
        else {
          emptySince ||= now;
          seen.emptyWorst = Math.max(seen.emptyWorst, now - emptySince);
        }
        if (!real) seen.emptyFor += took;
        const part = (now - began) / (seconds * 1000);
        grid.scrollTop = part * far;
        if (part < 1) requestAnimationFrame(step);
        else resolve();
      };
      requestAnimationFrame(step);
    });
    seen.took = performance.now() - began;
    return seen;
  }, SECONDS);
  const fast = thumbnails;
  const used = await spent();
  const parts = ['ScriptDuration', 'RecalcStyleDuration', 'LayoutDuration', 'TaskDuration'].map(
    (name) =>
      `${name.replace('Duration', '').toLowerCase()} ${(((used[name] - busy[name]) / SECONDS) * 100).toFixed(0)} %`,
  );
  await page.waitForTimeout(1500);
  const after = await heap();

  // Slowly, as one who looks.
  thumbnails = 0;
  const tiles = await page.evaluate(async () => {
    const grid = document.querySelector('[data-testid="grid"]');
    grid.scrollTop = grid.scrollHeight / 2;
    await new Promise((resolve) => setTimeout(resolve, 1200));
    const blank = [...document.querySelectorAll('.tile')].filter(
      (tile) => !tile.querySelector('img.there'),
    ).length;
    return { blank, shown: document.querySelectorAll('.tile').length };
  });
  await page.close();
  return { ...told, parts, fast, before, after, tiles };
}

const loads = [];
for (let n = 0; n < 5; n += 1) loads.push(await firstLoad());
loads.sort((a, b) => a - b);
console.log(
  `first load of the timeline, processor slowed 4 times: median ${Math.round(loads[2])} ms, worst ${Math.round(loads[4])} ms`,
);
const told = await scroll();
const MB = (n) => `${(n / 1e6).toFixed(1)} MB`;
console.log(
  `scrolling through ${TOTAL} photos in ${Math.round(told.took / 1000)} s: ${(told.frames / (told.took / 1000)).toFixed(1)} frames a second, ` +
    `${((told.slow / told.frames) * 100).toFixed(1)} % of frames took longer than 21 ms, the worst ${Math.round(told.worst)} ms`,
);
console.log(
  `nothing at all in view for at most ${Math.round(told.emptyWorst)} ms; photos or their placeholders in ${((told.drawn / told.frames) * 100).toFixed(1)} % of frames`,
);
console.log(`memory of scripts: ${MB(told.before)} before, ${MB(told.after)} after`);
console.log(
  `thumbnails asked for on the way: ${told.fast}; where one stays: ${told.tiles.shown - told.tiles.blank} of ${told.tiles.shown} shown`,
);
console.log(`the page's thread was busy with: ${told.parts.join(', ')}`);
await browser.close();
await app.stop();
api.closeAllConnections();
api.close();
