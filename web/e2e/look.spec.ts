// Pictures of every page, in both sizes and both themes, to be looked at; and what axe finds on each.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { faults, picture, rendered } from './faults';
import { filesIn, heic, pictures, raw } from './pictures';
import { addCopy, call, expect, previews, settle, test, upload, type Server } from './support';

const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

const PAGES = [
  '/',
  '/photos',
  '/albums',
  '/search?q=type:photo',
  '/search',
  '/upload',
  '/spaces',
  '/activity',
  '/trash',
  '/account',
  '/account/contacts',
  '/account/notifications',
  '/notices',
  '/jobs',
  '/link',
  '/sharing',
  '/safety',
  '/safety/drills',
  '/safety/reviews',
  '/devices',
  '/retention',
  '/nowhere',
];

/** Before anybody has signed in. */
const OUTSIDE = ['/sign-in', '/recover'];

/** A copy, and the address of the report of a restore from it. */
async function rehearsed(page: Page, server: Server, disk: string): Promise<string> {
  addCopy(server, 'Attic', disk);
  await call(page, 'POST', '/api/v1/copies/Attic/run');
  const copies = () =>
    call<{ copies: { copy: { waiting: number } }[] }>(page, 'GET', '/api/v1/copies').then((told) =>
      told.copies.map(({ copy }) => copy.waiting),
    );
  await expect.poll(copies, { timeout: 90_000 }).toEqual([0, 0]);
  await call(page, 'POST', '/api/v1/drills', { copy: 'Attic', scope: 'sample', photos: 10 });
  const drills = () => call<{ id: string }[]>(page, 'GET', '/api/v1/drills');
  await expect.poll(async () => (await drills()).length, { timeout: 90_000 }).toBe(1);
  return `/safety/drills/${(await drills())[0]?.id}`;
}

test('every page, in both sizes and both themes, has no fault that axe finds', async ({
  page,
  server,
  browser,
}) => {
  test.setTimeout(1_200_000);
  const space = await settle(page, server);
  await upload(page, server, [
    ...pictures(),
    ...filesIn('exif-samples/jpg').slice(0, 30),
    ...filesIn('formats-and-metadata/formats'),
    ...filesIn('formats-and-metadata/albums'),
    raw(),
    heic().file,
  ]);
  await previews(page);
  const pages = [...PAGES, `/spaces/${space}`, `/spaces/${space}/waiting`];
  await page.goto(`${server.address}/albums`);
  await page.locator('main ul a').first().click();
  await expect(page.getByTestId('grid')).toBeVisible();
  pages.push(new URL(page.url()).pathname);
  await page.goto(`${server.address}/photos`);
  await page.locator('[data-index="3"]').click();
  await expect(page.getByRole('dialog')).toBeVisible();
  pages.push(new URL(page.url()).pathname + new URL(page.url()).search);
  const disk = mkdtempSync(join(tmpdir(), 'ourphoto-copy-'));
  pages.push(await rehearsed(page, server, disk));
  const reviews = await call<{ id: string }[]>(page, 'GET', '/api/v1/reviews');
  if (reviews[0]) pages.push(`/safety/reviews/${reviews[0].id}`);
  const state = await page.context().storageState();
  const found: string[] = [];
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({
        viewport,
        colorScheme,
        storageState: state,
        hasTouch: size === 'phone',
      });
      const outside = await browser.newContext({ viewport, colorScheme, hasTouch: size === 'phone' });
      // A program that waits: its code lasts some minutes only.
      const waiting = await call<{ code: string }>(page, 'POST', '/api/v1/pairings', {
        name: 'ourphoto on studio',
      });
      for (const path of [`/link#${waiting.code}`, ...pages, ...OUTSIDE]) {
        // A page of its own, for an address that differs in what stands behind the # only.
        const tab = await (OUTSIDE.includes(path) ? outside : context).newPage();
        await tab.goto(server.address + path);
        await rendered(tab);
        const name =
          path
            .replace(/\?photo=.*/, '-viewer')
            .replace(/#.*/, '-code')
            .replace(/[0-9a-f-]{36}/, 'one')
            .replace(/[^a-z-]+/gi, '-')
            .replace(/^-+|-+$/g, '') || 'home';
        await tab.screenshot({ path: picture(`${size}-${colorScheme}`, name) });
        found.push(...(await faults(tab, `${size} ${colorScheme} ${path}`)));
        await tab.close();
      }
      await context.close();
      await outside.close();
    }
  }
  rmSync(disk, { recursive: true, force: true });
  console.log(`Pictures of every page, to be looked at: ${resolve('screenshots')}`);
  expect(found).toEqual([]);
});
