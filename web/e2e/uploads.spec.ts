import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Page } from '@playwright/test';
import { front } from '../dev/serve.mjs';
import { pictures } from './pictures';
import { call, expect, invite, settle, signIn, test, upload } from './support';

const MB = 1_000_000;

/** A folder of films, which take a while. */
function films(...sizes: number[]): { folder: string; files: string[] } {
  const folder = join(mkdtempSync(join(tmpdir(), 'ourphoto-films-')), '2026-11 Lisbon');
  mkdirSync(folder);
  const files = sizes.map((size, at) => {
    const file = join(folder, `film-${at}.mov`);
    writeFileSync(file, randomBytes(size));
    return file;
  });
  return { folder, files };
}

async function slow(page: Page, bytesPerSecond: number): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  const rate = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerSecond };
  await cdp.send('Network.emulateNetworkConditions', rate);
}

/** Every part that was sent: where it began. */
function parts(page: Page): { begun: number; from: number[] } {
  const seen = { begun: 0, from: [] as number[] };
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/uploads')) seen.begun += 1;
    if (request.method() === 'PATCH' && request.url().includes('/uploads/')) {
      seen.from.push(Number(request.headers()['upload-offset']));
    }
  });
  return seen;
}

test(
  'a folder goes on where it stopped, after the page was closed in the middle',
  { tag: '@phone' },
  async ({ page, server }) => {
    await settle(page, server);
    const { folder } = films(30 * MB, MB);
    const warned: string[] = [];
    page.on('dialog', (dialog) => {
      warned.push(dialog.type());
      void dialog.accept();
    });
    await page.goto(`${server.address}/upload`);
    await slow(page, 8 * MB);
    await page.getByTestId('folder').setInputFiles(folder);
    if ((page.viewportSize()?.width ?? 0) < 768)
      await expect(page.getByRole('heading', { name: 'This upload' })).toBeInViewport();
    await expect
      .poll(
        async () => Number(await page.getByRole('progressbar', { name: 'film-0.mov' }).getAttribute('value')),
        { timeout: 30_000 },
      )
      .toBeGreaterThan(30);
    await page.mouse.click(5, 5);
    await page.reload();
    expect(warned).toEqual(['beforeunload']);

    await expect(page.getByRole('heading', { name: 'Interrupted uploads' })).toBeVisible();
    await expect(page.getByText(/\d+% uploaded/)).toBeVisible();
    const [begun] = await call<{ offset: number; album: string }[]>(page, 'GET', '/api/v1/uploads');
    expect(begun?.offset).toBeGreaterThan(5 * MB);
    expect(begun?.album).toBe('2026-11 Lisbon');
    const seen = parts(page);
    await page.getByTestId('folder').setInputFiles(folder);
    await expect(page.getByText('All 2 files are safe in the library.')).toBeVisible({ timeout: 60_000 });
    expect(seen.from).toContain(begun?.offset);
    rmSync(join(folder, '..'), { recursive: true });
  },
);

test('what had not been sent when the page was loaded again is named, until it is chosen again', async ({
  page,
  server,
}) => {
  const space = await settle(page, server);
  const password = await invite(page, space, 'ben@example.org', 'Ben');
  await page.context().clearCookies();
  await signIn(page, server);
  const some = pictures(6);
  page.on('dialog', (dialog) => void dialog.accept());
  // Nothing gets as far as the server, so what was begun is nothing yet.
  const begin = '**/api/v1/spaces/*/uploads';
  await page.route(begin, () => undefined);
  await page.goto(`${server.address}/upload`);
  await page.getByTestId('files').setInputFiles(some);
  await expect(page.getByRole('list', { name: 'Files' }).getByText('Uploading').first()).toBeVisible();
  await page.mouse.click(5, 5);
  await page.reload();

  const note = page.getByRole('region', { name: '6 files from your last upload were not uploaded' });
  await note.getByRole('button', { name: 'Show names' }).click();
  await expect(note.getByRole('listitem')).toHaveText(some.map((file) => basename(file)));
  await page.goto(server.address);
  await page.getByRole('link', { name: '6 files from your last upload were not uploaded' }).click();
  await page.unroute(begin);
  await page.getByTestId('files').setInputFiles(some.slice(0, 4));
  await expect(page.getByText('All 4 files are safe in the library.')).toBeVisible({ timeout: 60_000 });
  await page.reload();
  const rest = page.getByRole('heading', { name: '2 files from your last upload were not uploaded' });
  await expect(rest).toBeVisible();

  // Whoever signs in next in the same tab hears nothing of it.
  await page.context().clearCookies();
  await signIn(page, server, 'ben@example.org', password);
  await page.goto(`${server.address}/upload`);
  await expect(page.getByRole('heading', { name: 'Upload', level: 1 })).toBeVisible();
  await expect(page.getByText('were not uploaded')).toHaveCount(0);
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain(basename(some[5] ?? ''));
});

test('what was not sent is dismissed for good', async ({ page, server }) => {
  await settle(page, server);
  page.on('dialog', (dialog) => void dialog.accept());
  await page.route('**/api/v1/spaces/*/uploads', () => undefined);
  await page.goto(`${server.address}/upload`);
  await page.getByTestId('files').setInputFiles(pictures(1));
  await expect(page.getByRole('list', { name: 'Files' }).getByText('Uploading').first()).toBeVisible();
  await page.mouse.click(5, 5);
  await page.reload();
  const note = page.getByRole('region', { name: '1 file from your last upload was not uploaded' });
  await note.getByRole('button', { name: 'Dismiss' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Discard list' }).click();
  await expect(note).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Upload', level: 1 })).toBeVisible();
  await expect(note).toHaveCount(0);
});

test('a broken connection is waited for', async ({ page, server }) => {
  await settle(page, server);
  const { folder, files } = films(20 * MB);
  // The same server over a link that can be broken; cookies do not know ports.
  const link = await front(server.address);
  await page.goto(`${link.address}/upload`);
  await slow(page, 6 * MB);
  await page.getByTestId('files').setInputFiles(files);
  const bar = page.getByRole('progressbar', { name: 'film-0.mov' });
  await expect
    .poll(async () => Number(await bar.getAttribute('value')), { timeout: 30_000 })
    .toBeGreaterThan(20);
  link.cut(true);
  await expect(page.getByText('Waiting for the server')).toBeVisible({ timeout: 20_000 });
  link.cut(false);
  await expect(page.getByText('Your file is safe in the library.')).toBeVisible({ timeout: 60_000 });
  rmSync(join(folder, '..'), { recursive: true });
  await link.stop();
});

test('what is there already does not travel again, and what cannot be kept says why', async ({
  page,
  server,
}) => {
  await settle(page, server);
  const some = pictures(6);
  await upload(page, server, some);
  await expect(page.getByText('6 new files')).toBeVisible();

  const seen = parts(page);
  const nothing = join(mkdtempSync(join(tmpdir(), 'ourphoto-empty-')), 'empty.jpg');
  writeFileSync(nothing, '');
  await page.getByTestId('files').setInputFiles([...some, nothing]);
  const failure = page.getByRole('alert').filter({ hasText: '1 file was not uploaded' });
  await expect(failure).toContainText('empty.jpg: Empty files contain no photo, so they are not kept.');
  // It would fail again, so there is nothing to try; and it is first in the list, wherever it was chosen.
  await expect(page.getByRole('button', { name: /Try again|Try failed/ })).toHaveCount(0);
  const rows = page.getByRole('list', { name: 'Files' }).getByRole('listitem');
  await expect(rows.first()).toContainText('empty.jpg');
  await expect(page.getByText(/6 already in the library/)).toBeVisible();
  expect(seen.begun).toBe(0);
  await page.getByRole('button', { name: 'Failed', exact: true }).click();
  await expect(rows).toHaveCount(1);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Upload', level: 1 })).toBeVisible();
  await expect(page.getByText('was not uploaded')).toHaveCount(0);
});

/** Drops the first picture on the page that is shown. */
async function drop(page: Page): Promise<void> {
  const [first] = pictures();
  if (!first) throw new Error('no picture to test with');
  const bytes = readFileSync(first).toString('base64');
  const data = await page.evaluateHandle(
    ([name, bytes]) => {
      const transfer = new DataTransfer();
      const raw = Uint8Array.from(atob(bytes ?? ''), (c) => c.charCodeAt(0));
      transfer.items.add(new File([raw], name ?? '', { type: 'image/jpeg' }));
      return transfer;
    },
    [basename(first), bytes],
  );
  // Nobody drops a file on a page that is not there yet.
  await expect(page.getByRole('navigation').first()).toBeVisible();
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: data });
  await expect(page.getByText('Drop to upload')).toBeVisible();
  await page.dispatchEvent('body', 'drop', { dataTransfer: data });
}

test('a file dropped on any page is uploaded, and seen there', async ({ page, server }) => {
  await settle(page, server);
  await page.goto(`${server.address}/photos`);
  await drop(page);
  await expect(page.locator('[data-index="0"]')).toBeVisible({ timeout: 30_000 });
});

test('a file dropped on home is among the latest photos there, and in what happened', async ({
  page,
  server,
}) => {
  await settle(page, server);
  await page.goto(server.address);
  await expect(page.getByRole('heading', { name: 'No photos yet.' })).toBeVisible();
  await drop(page);
  const latest = page.getByRole('region', { name: 'Latest photos' });
  await expect(latest.getByRole('listitem')).toHaveCount(1, { timeout: 60_000 });
  await expect(page.getByRole('region', { name: 'Recent activity' }).getByText(/Uploaded/)).toBeVisible();
  await expect(page).toHaveURL(`${server.address}/`);
});

test('what somebody put into the trash is not called safe', async ({ page, server }) => {
  const space = await settle(page, server);
  const files = pictures(2);
  await upload(page, server, files);
  const list = await call<{ assets: { id: string }[] }>(page, 'GET', `/api/v1/spaces/${space}/assets`);
  await call(page, 'POST', '/api/v1/trash', { assets: [list.assets[0]?.id] });
  await page.goto(`${server.address}/upload`);
  await page.getByTestId('files').setInputFiles(files);
  await expect(page.getByText('1 file is in the trash.')).toBeVisible();
  await expect(page.getByText('safe in the library. You can close')).toHaveCount(0);
  await page.getByRole('link', { name: 'Trash', exact: true }).last().click();
  await page
    .getByRole('button', { name: /Restore/ })
    .first()
    .click();
  await expect(page.getByText('The trash is empty')).toBeVisible();
});

test('a folder dropped on any page becomes an album, with the folders in it', async ({ page, server }) => {
  const space = await settle(page, server);
  const place = mkdtempSync(join(tmpdir(), 'ourphoto-drop-'));
  const folder = join(place, '2026-11 Porto');
  mkdirSync(join(folder, 'phone'), { recursive: true });
  const [first, second] = pictures(2);
  writeFileSync(join(folder, 'one.jpg'), readFileSync(first ?? ''));
  writeFileSync(join(folder, 'phone', 'two.jpg'), readFileSync(second ?? ''));
  writeFileSync(join(folder, '.DS_Store'), 'litter');
  await page.goto(`${server.address}/albums`);
  await expect(page.getByText('No albums yet')).toBeVisible();
  // As the desktop hands a folder over, which a script cannot do.
  const cdp = await page.context().newCDPSession(page);
  const data = { items: [], files: [folder], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await cdp.send('Input.dispatchDragEvent', { type, x: 600, y: 400, data });
  const albums = () =>
    call<{ name: string; count: number }[]>(page, 'GET', `/api/v1/spaces/${space}/albums`).then((list) =>
      list.map(({ name }) => name).sort(),
    );
  await expect.poll(albums, { timeout: 30_000 }).toEqual(['2026-11 Porto', '2026-11 Porto/phone']);
  rmSync(place, { recursive: true });
});
