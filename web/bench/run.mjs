// Measures the web app in Chromium: first load with the processor slowed down four times, and scrolling through 100,000 photos
// from end to end, beside plain pages that show what the browser itself needs here. BUILD names another build to measure.
// With --strict it fails where a bar is missed, which only a machine that does nothing else can say.
import { loadavg } from 'node:os';
import { chromium } from '@playwright/test';
import { front } from '../dev/serve.mjs';
import { floor } from './floor.mjs';
import { firstLoad } from './load.mjs';
import { pretend, TOTAL } from './pretend.mjs';
import { scroll } from './scroll.mjs';

const SECONDS = Number(process.env.SECONDS ?? 40);
const LOADS = Number(process.env.LOADS ?? 9);
/** Milliseconds that an answer takes while one scrolls. */
const LATENCY = Number(process.env.LATENCY ?? 20);
/** As fast as one who looks for something: pixels a second. */
const LOOKING = 1500;

const api = await pretend();
const app = await front(api.address, 0, process.env.BUILD);
const plain = await floor();
const server = await chromium.launchServer({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--js-flags=--expose-gc',
    '--enable-precise-memory-info',
  ],
});
const browser = await chromium.connect(server.wsEndpoint());
const pid = server.process().pid;

const strict = process.argv.includes('--strict');
const missed = [];

/** What is promised, and whether it was kept here. */
function bar(what, kept) {
  if (kept) return;
  missed.push(what);
  console.log(`  missed: ${what}`);
}

const MB = (n) => `${(n / 1e6).toFixed(1)} MB`;
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

function frames(what, told) {
  const rate = told.frames / (told.took / 1000);
  const total = told.spent.reduce((sum, [, ms]) => sum + ms, 0) / told.frames;
  const most = told.spent.slice(0, 4).map(([name, ms]) => `${name} ${(ms / told.frames).toFixed(1)}`);
  console.log(
    `${what}: ${rate.toFixed(1)} frames a second, ${((told.slow / told.frames) * 100).toFixed(1)} % longer than 21 ms, ` +
      `the worst ${Math.round(told.worst)} ms\n  processor time of a frame: ${total.toFixed(1)} ms (${most.join(', ')})`,
  );
}

const lack = ({ lacking: { anything, photo } }) =>
  `nothing in view: ${anything.frames} frames, at most ${Math.round(anything.worst)} ms; ` +
  `no photo in view, only frames for some: ${photo.frames} frames, at most ${Math.round(photo.worst)} ms`;

const asked = ({ onTheWay, past }) =>
  `thumbnails asked for: ${onTheWay.length}, of photos that were scrolled past by then: ${past.length}`;

/** A thumbnail as large as real ones are, with as much in it. */
async function picture() {
  const page = await browser.newPage();
  const bytes = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(512, 342);
    const brush = canvas.getContext('2d');
    for (let n = 0; n < 4000; n += 1) {
      brush.fillStyle = `hsl(${(n * 47) % 360} 40% ${(n * 31) % 100}%)`;
      brush.fillRect((n * 97) % 512, (n * 61) % 342, 24, 16);
    }
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.8 });
    return [...new Uint8Array(await blob.arrayBuffer())];
  });
  await page.close();
  return Buffer.from(bytes);
}

const load = () => loadavg()[0].toFixed(1);
console.log(`load of the machine before: ${load()}`);

api.picture = await picture();
console.log(`thumbnails of ${Math.round(api.picture.length / 1000)} kB`);

// The first of all pages warms up what a browser that runs has warm.
await firstLoad(browser, app.address);
const loads = [];
for (let n = 0; n < LOADS; n += 1) loads.push(await firstLoad(browser, app.address));
const least = [];
for (let n = 0; n < LOADS; n += 1) least.push((await firstLoad(browser, plain.address)).took);
const took = loads.map((one) => one.took);
console.log(`first load of a plain page, slowed 4 times: median ${Math.round(median(least))} ms`);
console.log(
  `first load of the timeline, processor slowed 4 times, until a photo can be clicked: median ${Math.round(median(took))} ms, ` +
    `best ${Math.round(Math.min(...took))} ms, worst ${Math.round(Math.max(...took))} ms`,
);
bar('a photo can be clicked within a second', median(took) < 1000);
const free = [];
for (let n = 0; n < LOADS; n += 1) free.push((await firstLoad(browser, app.address, { rate: 1 })).cpu);
console.log(`  the page's thread works ${Math.round(median(free))} ms for it when it is not slowed down`);

// As a server in the house answers, which may not be seen.
api.latency = LATENCY;
const far = 3_600_000;
const fast = { seconds: SECONDS };
frames(
  `plain page, boxes painted, in ${SECONDS} s`,
  await scroll(browser, pid, `${plain.address}/painted`, api, fast),
);
console.log(`every answer takes ${LATENCY} ms`);
const told = await scroll(browser, pid, `${app.address}/photos`, api, fast);
frames(`${TOTAL} photos from end to end in ${SECONDS} s`, told);
console.log(
  `  ${lack(told)}; ` +
    `thumbnails asked for on the way: ${told.onTheWay.length}; where it ends: ${told.stays.shown} of ${told.stays.of} shown`,
);
console.log(
  `  memory of scripts: ${MB(told.before)} before, ${MB(told.after)} after; ` +
    `on the way, with what waits to be cleared: ${told.heaps.map(MB).join(', ')}`,
);
bar('50 frames a second from end to end', told.frames / (told.took / 1000) >= 50);
bar('something is in view within 200 ms', told.lacking.anything.worst <= 200);
bar('no thumbnail is asked for that was scrolled past', told.onTheWay.length === 0);
bar('memory stays flat', told.after < told.before * 1.5 + 10e6);
const slowly = { seconds: SECONDS / 2, pixels: Math.min(far, (LOOKING * SECONDS) / 2) };
frames(
  `plain page, elements moved, ${LOOKING} pixels a second`,
  await scroll(browser, pid, `${plain.address}/moved`, api, slowly),
);
const looked = await scroll(browser, pid, `${app.address}/photos`, api, slowly);
frames(`photos at ${LOOKING} pixels a second`, looked);
console.log(`  ${lack(looked)}; ${asked(looked)}`);
bar('50 frames a second as one looks', looked.frames / (looked.took / 1000) >= 50);
bar('no thumbnail is asked for that was scrolled past, as one looks', looked.past.length === 0);
// Between looking and flying, and where answers come from far away.
for (const { speed, latency } of [
  { speed: 6000, latency: LATENCY },
  { speed: 1500, latency: 150 },
  { speed: 2500, latency: 150 },
]) {
  api.latency = latency;
  const way = { seconds: 10, pixels: Math.min(far, speed * 10) };
  const seen = await scroll(browser, pid, `${app.address}/photos`, api, way);
  console.log(`photos at ${speed} pixels a second, answers taking ${latency} ms: ${asked(seen)}`);
  bar(
    `no thumbnail is asked for that was scrolled past, at ${speed} pixels a second`,
    seen.past.length === 0,
  );
}
console.log(`load of the machine after: ${load()}`);

await browser.close();
await server.close();
await app.stop();
plain.stop();
api.stop();
if (strict && missed.length > 0) process.exitCode = 1;
