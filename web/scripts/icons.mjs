// Draws the icons for devices that take no SVG: node scripts/icons.mjs, with Chromium.
import { readFileSync } from 'node:fs';
import { chromium } from '@playwright/test';

const at = (name) => new URL(`../static/${name}`, import.meta.url).pathname;
const svg = readFileSync(at('icon.svg'), 'utf8');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});

async function draw(name, size, room, paper) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const style = `body{margin:0;display:grid;place-items:center;height:100vh;background:${paper}} svg{width:${room}%}`;
  await page.setContent(`<style>${style}</style>${svg}`);
  await page.screenshot({ path: at(name), omitBackground: paper === 'transparent' });
  await page.close();
}

await draw('icon-192.png', 192, 100, 'transparent');
await draw('icon-512.png', 512, 100, 'transparent');
await draw('icon-180.png', 180, 78, '#faf9f7');
await draw('icon-maskable-512.png', 512, 62, '#faf9f7');
await browser.close();
