// Other ways in than a chooser: the share sheet of a phone and the clipboard; and films, which are played.
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pictures } from './pictures';
import type { Page } from '@playwright/test';
import { call, expect, previews, settle, signIn, test, upload } from './support';

/** Waits until the service worker stands before the page. */
const controlled = (page: Page) =>
  page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller && active)
      await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve));
  });

test('what a phone shares is uploaded, and the service worker keeps nothing of it', async ({
  page,
  server,
}) => {
  const space = await settle(page, server);
  await page.goto(`${server.address}/photos`);
  await controlled(page);
  // The share sheet posts a form to the address that the manifest names, as this one does.
  await page.evaluate(async () => {
    const link = document.querySelector<HTMLLinkElement>('link[rel="manifest"]');
    const told = (await (await fetch(link?.href ?? '')).json()) as {
      share_target: {
        action: string;
        method: string;
        enctype: string;
        params: { files: { name: string }[] };
      };
    };
    const form = document.createElement('form');
    Object.assign(form, {
      id: 'share',
      action: told.share_target.action,
      method: told.share_target.method,
      enctype: told.share_target.enctype,
    });
    const field = document.createElement('input');
    Object.assign(field, { type: 'file', multiple: true, name: told.share_target.params.files[0]?.name });
    form.append(field);
    document.body.append(form);
  });
  const some = pictures(2);
  await page.locator('#share input').setInputFiles(some);
  await page.evaluate(() => document.querySelector<HTMLFormElement>('#share')?.submit());
  await expect(page.getByRole('heading', { name: '2 files were shared with OurPhoto' })).toBeVisible();
  await page.getByRole('button', { name: 'Upload', exact: true }).click();
  await expect(page.getByText('All 2 files are safe in the library.')).toBeVisible({ timeout: 60_000 });
  const { assets } = await call<{ assets: { name: string }[] }>(
    page,
    'GET',
    `/api/v1/spaces/${space}/assets`,
  );
  expect(assets.map((asset) => asset.name).sort()).toEqual(some.map((file) => basename(file)).sort());
  expect(await page.evaluate(() => caches.keys())).toEqual([]);
  // Nothing is there to be taken a second time, and nothing is missing either.
  await expect(page).toHaveURL(/\/upload$/);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Upload', level: 1 })).toBeVisible();
  await expect(page.getByText('All 2 files are safe in the library.')).toHaveCount(0);
  await expect(page.getByText('The files you shared did not arrive')).toHaveCount(0);
});

test('what is shared twice arrives together, and what did not arrive is told', async ({ page, server }) => {
  await settle(page, server);
  await page.goto(`${server.address}/photos`);
  await controlled(page);
  for (const file of pictures(2)) {
    const bytes = readFileSync(file).toString('base64');
    await page.evaluate(
      async ([name, bytes]) => {
        const raw = Uint8Array.from(atob(bytes ?? ''), (c) => c.charCodeAt(0));
        const body = new FormData();
        body.append('files', new File([raw], name ?? '', { type: 'image/jpeg' }));
        await fetch('/share-target', { method: 'POST', body });
      },
      [basename(file), bytes],
    );
  }
  await page.goto(`${server.address}/upload?shared`);
  await expect(page.getByRole('heading', { name: '2 files were shared with OurPhoto' })).toBeVisible();
  await page.getByRole('button', { name: 'Upload', exact: true }).click();
  await expect(page.getByText('All 2 files are safe in the library.')).toBeVisible({ timeout: 60_000 });

  await page.goto(`${server.address}/upload?shared`);
  await expect(page.getByRole('alert')).toContainText('The files you shared did not arrive');
});

test('what another website sends is brought in by nobody but the person', async ({ page, server }) => {
  const space = await settle(page, server);
  await page.goto(`${server.address}/photos`);
  await controlled(page);
  const target = `${server.address}/share-target`;
  const post = (policy: string) => `<!doctype html><meta name="referrer" content="${policy}">
    <form method="post" enctype="multipart/form-data" action="${target}"><input type="file" name="files"></form>
    <script>
      const sent = new DataTransfer();
      sent.items.add(new File(['planted'], 'planted.jpg', { type: 'image/jpeg' }));
      document.querySelector('input').files = sent.files;
      document.querySelector('form').submit();
    </script>`;
  let policy = 'no-referrer';
  const site = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(post(policy)));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const { port } = site.address() as AddressInfo;
  await page.goto(`http://localhost:${port}/`);
  // It hides where it comes from, so that it looks like a phone: it is shown, and waits.
  await expect(page.getByRole('heading', { name: '1 file was shared with OurPhoto' })).toBeVisible();
  await expect(page.getByText('planted.jpg')).toBeVisible();
  await page.getByRole('button', { name: 'Discard' }).click();
  await expect(page.getByText('planted.jpg')).toHaveCount(0);
  // One that says where it comes from is not even shown.
  policy = 'unsafe-url';
  await page.goto(`http://localhost:${port}/`);
  await expect(page).toHaveURL(`${server.address}/upload`);
  await expect(page.getByRole('heading', { name: 'Upload', level: 1 })).toBeVisible();
  await page.goto(`${server.address}/upload?shared`);
  await expect(page.getByRole('alert')).toContainText('The files you shared did not arrive');
  site.close();
  const { assets } = await call<{ assets: unknown[] }>(page, 'GET', `/api/v1/spaces/${space}/assets`);
  expect(assets).toEqual([]);
});

test('what was shared is not there for the next person', async ({ page, server }) => {
  await settle(page, server);
  await page.goto(`${server.address}/photos`);
  await controlled(page);
  await page.evaluate(async () => {
    const body = new FormData();
    body.append('files', new File(['mine'], 'mine.jpg', { type: 'image/jpeg' }));
    await fetch('/share-target', { method: 'POST', body });
  });
  await page.getByRole('button', { name: /Actions for Ana/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await signIn(page, server);
  await page.goto(`${server.address}/upload?shared`);
  await expect(page.getByRole('alert')).toContainText('The files you shared did not arrive');
});

test('a picture in the clipboard is pasted on any page; text in a field stays text', async ({
  page,
  server,
}) => {
  const space = await settle(page, server);
  await page.goto(`${server.address}/albums`);
  await expect(page.getByRole('navigation', { name: 'Main' }).first()).toBeVisible();
  const [first] = pictures();
  const bytes = readFileSync(first ?? '').toString('base64');
  await page.evaluate((bytes) => {
    const transfer = new DataTransfer();
    const raw = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
    transfer.items.add(new File([raw], 'image.png', { type: 'image/jpeg' }));
    const paste = { clipboardData: transfer, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new ClipboardEvent('paste', paste));
  }, bytes);
  await expect
    .poll(
      async () =>
        (await call<{ assets: unknown[] }>(page, 'GET', `/api/v1/spaces/${space}/assets`)).assets.length,
      { timeout: 30_000 },
    )
    .toBe(1);

  await page.goto(`${server.address}/search`);
  const field = page.getByRole('searchbox');
  await field.evaluate((node) => {
    const transfer = new DataTransfer();
    transfer.setData('text/plain', 'beach');
    const paste = { clipboardData: transfer, bubbles: true, cancelable: true };
    node.dispatchEvent(new ClipboardEvent('paste', paste));
  });
  await expect(page.getByRole('region', { name: 'Messages' })).toHaveText('');
});

test('a film has a poster, is played by keys, and goes to another place in it', async ({ page, server }) => {
  const folder = mkdtempSync(join(tmpdir(), 'ourphoto-film-'));
  const film = join(folder, 'waves.mp4');
  try {
    const picture = ['-f', 'lavfi', '-i', 'testsrc=size=640x360:rate=25:duration=6'];
    execFileSync('ffmpeg', [
      '-loglevel',
      'error',
      ...picture,
      '-c:v',
      'libx264',
      '-pix_fmt',
      'yuv420p',
      film,
    ]);
  } catch {
    test.skip(true, 'skipped: no ffmpeg to make a film with');
  }
  await settle(page, server);
  await upload(page, server, film);
  await previews(page);
  await page.goto(`${server.address}/photos`);
  await page.locator('[data-index="0"]').click();
  const viewer = page.getByRole('dialog', { name: 'Photo' });
  const video = viewer.locator('video');
  await expect(video).toBeVisible();
  const state = () =>
    video.evaluate((node: HTMLVideoElement) => ({
      length: Math.round(node.duration),
      width: node.videoWidth,
      at: node.currentTime,
      paused: node.paused,
      error: node.error?.message,
    }));
  await expect.poll(async () => (await state()).width).toBe(640);
  await expect.poll(async () => (await state()).length).toBe(6);
  await video.focus();
  await page.keyboard.press('Space');
  await expect.poll(async () => (await state()).at).toBeGreaterThan(0.3);
  expect((await state()).paused).toBe(false);
  await page.keyboard.press('Space');
  await expect.poll(async () => (await state()).paused).toBe(true);
  // Ranges: what lies behind is fetched from there.
  await video.evaluate((node: HTMLVideoElement) => (node.currentTime = 5));
  await expect.poll(async () => (await state()).at).toBeGreaterThan(4.9);
  expect((await state()).error).toBeUndefined();
  await expect(viewer.getByText('0:06')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(viewer).toBeHidden();
  rmSync(folder, { recursive: true });
});
