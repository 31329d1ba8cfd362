// What is seen of photos in the formats that people have, and how closely; and that what is done is done to what is seen.
import { readFileSync } from 'node:fs';
import { type Page } from '@playwright/test';
import { heic, large, many, pictures, raw } from './pictures';
import { about, call, expect, previews, settle, test, upload, type Server } from './support';

const shown = (page: Page) =>
  page
    .getByRole('dialog', { name: 'Photo' })
    .locator('.pswp__item[aria-hidden="false"] .pswp__img:not(.pswp__img--placeholder)');

/** Uploads one file and opens it. */
async function opened(page: Page, server: Server, space: string, file: string): Promise<void> {
  await upload(page, server, file);
  await previews(page);
  const { assets } = await call<{ assets: { id: string; name: string }[] }>(
    page,
    'GET',
    `/api/v1/spaces/${space}/assets?limit=500`,
  );
  const stem = /([^/]+)\.\w+$/.exec(file)?.[1]?.toLowerCase() ?? file;
  const id = assets.find(({ name }) => name.toLowerCase().startsWith(stem))?.id;
  await page.goto(`${server.address}/photos?photo=${id}`);
}

const wide = (page: Page) => shown(page).evaluate((image) => (image as HTMLImageElement).naturalWidth);
const source = (page: Page) => shown(page).evaluate((image) => (image as HTMLImageElement).src);

test('a JPEG of twelve megapixels becomes the original when it is zoomed into', async ({ page, server }) => {
  const space = await settle(page, server);
  await opened(page, server, space, large());
  await expect.poll(() => wide(page)).toBeGreaterThan(1000);
  expect(await source(page)).toContain('/renditions/preview');
  expect(await wide(page)).toBeLessThanOrEqual(2048);
  await page.keyboard.press('z');
  await expect.poll(() => source(page), { timeout: 15_000 }).toContain('/versions/');
  await expect.poll(() => wide(page)).toBe(4000);
  await expect(page.getByText('this is a preview')).toHaveCount(0);
});

test('RAW and HEIC are shown through their previews', async ({ page, server }) => {
  const space = await settle(page, server);
  await opened(page, server, space, raw());
  await expect.poll(() => wide(page)).toBeGreaterThan(100);
  expect(await source(page)).toContain('/renditions/preview');
  const phone = heic();
  await opened(page, server, space, phone.file);
  const viewer = page.getByRole('dialog', { name: 'Photo' });
  if (phone.picture) {
    await expect.poll(() => wide(page)).toBeGreaterThan(1000);
    // As near as it gets: what a browser cannot show stays the preview, and that is said.
    await page.keyboard.press('z');
    await expect(viewer.getByText('this is a preview')).toBeVisible();
    expect(await source(page)).toContain('/renditions/preview');
  } else {
    await expect(viewer.getByText('No preview')).toBeVisible();
  }
  await expect(viewer.getByRole('link', { name: 'Download original' })).toBeVisible();
});

test('the grid has photos of several sizes, and months that the pointer goes to', async ({
  page,
  server,
}) => {
  await settle(page, server);
  await upload(page, server, many());
  await previews(page);
  await page.goto(`${server.address}/photos`);
  const tile = page.locator('.tile', { has: page.locator('[data-index="0"]') });
  const height = async () => (await tile.boundingBox())?.height ?? 0;
  await expect(tile).toBeVisible();
  const before = await height();
  await page.getByRole('button', { name: 'Larger photos' }).click();
  await expect.poll(height).toBeGreaterThan(before * 1.1);
  await page.keyboard.press('-');
  await page.keyboard.press('-');
  await expect.poll(height).toBeLessThan(before * 0.95);

  for (let n = 0; n < 6; n += 1) await page.keyboard.press('+');
  const months = page.getByRole('slider', { name: 'Go to a month' });
  const first = await months.getAttribute('aria-valuetext');
  const box = await months.boundingBox();
  if (!box) throw new Error('there are no months');
  await page.mouse.move(box.x + box.width / 2, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.6, { steps: 5 });
  const at = () => page.getByTestId('grid').evaluate((grid) => grid.scrollTop);
  await expect.poll(at).toBeGreaterThan(300);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height - 2, { steps: 5 });
  await page.mouse.up();
  await expect(months).not.toHaveAttribute('aria-valuetext', first ?? '');
  // Photos are there when one stays, and a pointer that has let go moves nothing any more.
  await expect(page.locator('[data-index] img.there').first()).toBeVisible();
  const stayed = await at();
  await page.mouse.move(box.x + box.width / 2, box.y + 10);
  expect(await at()).toBe(stayed);
});

test('nothing moves for whoever asks for less motion', async ({ page, server }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await settle(page, server);
  await upload(page, server, pictures(3));
  await previews(page);
  const slow = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('*')].flatMap((one) => {
        const { transitionDuration, animationDuration } = getComputedStyle(one);
        const most = Math.max(
          ...`${transitionDuration}, ${animationDuration}`.split(', ').map((time) => parseFloat(time)),
        );
        return most > 0.02 ? [`${one.tagName}.${one.className}: ${most} s`] : [];
      }),
    );
  for (const path of ['/', '/photos', '/albums', '/upload', '/safety']) {
    await page.goto(server.address + path);
    await page.locator('h1').first().waitFor({ state: 'attached' });
    expect(await slow(), path).toEqual([]);
  }
  await page.goto(`${server.address}/photos`);
  await page.locator('[data-index="0"]').click();
  await expect(page.getByRole('dialog', { name: 'Photo' })).toBeVisible();
  expect(await slow()).toEqual([]);
});

interface Photo {
  id: string;
  name: string;
  title: string | null;
}

const photosOf = async (page: Page, space: string) =>
  (await call<{ assets: Photo[] }>(page, 'GET', `/api/v1/spaces/${space}/assets`)).assets;
const named = ({ name, title }: Photo) => title ?? name;

/** A space with so many photos, newest first. */
async function filled(
  page: Page,
  server: Server,
  count: number,
): Promise<{ space: string; photos: Photo[] }> {
  const space = await settle(page, server);
  await upload(page, server, pictures(count));
  await previews(page);
  return { space, photos: await photosOf(page, space) };
}

/** Whether the picture and the name that are shown are those of one photo. */
async function isShown(page: Page, photo: Photo | undefined): Promise<void> {
  if (!photo) throw new Error('there is no such photo');
  const viewer = page.getByRole('dialog', { name: 'Photo' });
  await expect(shown(page)).toHaveAttribute('src', new RegExp(photo.id));
  await expect(viewer.locator('.bar p').first()).toHaveText(named(photo));
}

/** Holds back what is changed of photos; gives how to let it go on. */
async function slowEdits(page: Page): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/api/v1/assets/*', async (route) => {
    if (route.request().method() === 'PATCH') await released;
    await route.continue();
  });
  return release;
}

test('what is shown is what is deleted, though photos come and go meanwhile', async ({ page, server }) => {
  const { space, photos } = await filled(page, server, 5);
  const [newest, first, second, third, last] = photos;
  await call(page, 'DELETE', `/api/v1/assets/${newest?.id}`);
  const listens = page.waitForResponse('**/api/v1/events');
  await page.goto(`${server.address}/photos`);
  await listens;
  await page.locator('[data-index="0"]').click();
  const viewer = page.getByRole('dialog', { name: 'Photo' });
  await expect(viewer.getByText('1 of 4')).toBeVisible();
  await isShown(page, first);

  await call(page, 'POST', `/api/v1/assets/${newest?.id}/undelete`);
  await expect(viewer.getByText('2 of 5')).toBeVisible({ timeout: 20_000 });
  await isShown(page, first);
  await page.keyboard.press('ArrowRight');
  await expect(viewer.getByText('3 of 5')).toBeVisible();
  await isShown(page, second);

  await call(page, 'DELETE', `/api/v1/assets/${first?.id}`);
  await expect(viewer.getByText('2 of 4')).toBeVisible({ timeout: 20_000 });
  await isShown(page, second);
  await expect(viewer.getByRole('button', { name: /Move to trash/ })).toBeVisible();
  await page.keyboard.press('Delete');
  await expect(viewer.getByText('2 of 3')).toBeVisible();
  await isShown(page, third);
  const left = (await photosOf(page, space)).map(({ id }) => id);
  expect(left).toEqual([newest?.id, third?.id, last?.id]);
});

test('what is said of a photo is said of that one, however late the answer comes', async ({
  page,
  server,
}) => {
  const { photos } = await filled(page, server, 2);
  const [first, second] = photos;
  await page.goto(`${server.address}/photos?photo=${first?.id}`);
  const viewer = await about(page);
  const release = await slowEdits(page);
  await viewer.getByLabel('Title').fill('Piazza at noon');
  // The arrow after a click goes to the next photo, and does not give another star.
  await viewer.getByRole('radio', { name: '4 stars' }).click();
  await page.keyboard.press('ArrowRight');
  await isShown(page, second);
  await expect(viewer.getByLabel('Title')).not.toHaveValue('Piazza at noon');
  release();

  const edits = async (photo: Photo | undefined) =>
    (await call<{ edits: object }>(page, 'GET', `/api/v1/assets/${photo?.id}`)).edits;
  await expect.poll(() => edits(first)).toMatchObject({ title: 'Piazza at noon', rating: 4 });
  expect(await edits(second)).not.toMatchObject({ rating: 4 });
  await expect(viewer.getByText('Loading…')).toHaveCount(0);
  await expect(viewer.getByRole('link', { name: 'Download original' })).toHaveAttribute(
    'href',
    new RegExp(second?.id ?? ''),
  );
});

test('keywords stay that are given, and taken away, faster than they are kept', async ({ page, server }) => {
  const { photos } = await filled(page, server, 1);
  const id = photos[0]?.id ?? '';
  await call(page, 'PATCH', `/api/v1/assets/${id}`, { keywords: ['rain', 'snow'] });
  await page.goto(`${server.address}/photos?photo=${id}`);
  const viewer = await about(page);
  const release = await slowEdits(page);
  await viewer.getByRole('textbox', { name: 'Keywords' }).click();
  await page.keyboard.type('sea');
  await page.keyboard.press('Enter');
  await page.keyboard.type('beach');
  await page.keyboard.press('Enter');
  await viewer.getByRole('button', { name: 'Remove rain' }).click();
  await viewer.getByRole('button', { name: 'Remove snow' }).click();
  release();
  const said = async () =>
    (await call<{ metadata: { keywords?: string[] } }>(page, 'GET', `/api/v1/assets/${id}`)).metadata
      .keywords;
  await expect.poll(async () => (await said())?.sort()).toEqual(['beach', 'sea']);
  await expect(viewer.getByRole('button', { name: /^Remove / })).toHaveCount(2);

  // What cannot be kept is not shown as if it were.
  await page.route('**/api/v1/assets/*', (route) =>
    route.request().method() === 'PATCH' ? route.abort() : route.continue(),
  );
  await viewer.getByRole('button', { name: 'Remove sea' }).click();
  await expect(page.getByRole('alert').first()).toBeVisible();
  await expect(viewer.getByRole('button', { name: 'Remove sea' })).toBeVisible();
});

test('a key that is held deletes one photo', async ({ page, server }) => {
  const { space, photos } = await filled(page, server, 3);
  await page.goto(`${server.address}/photos?photo=${photos[0]?.id}`);
  const viewer = page.getByRole('dialog', { name: 'Photo' });
  const mayDelete = viewer.getByRole('button', { name: /Move to trash/ });
  await expect(mayDelete).toBeVisible();
  const deleted: string[] = [];
  page.on('request', (request) => request.method() === 'DELETE' && deleted.push(request.url()));
  await page.keyboard.down('Delete');
  await expect(viewer.getByText('1 of 2')).toBeVisible();
  await isShown(page, photos[1]);
  await expect(mayDelete).toBeVisible();
  await page.keyboard.down('Delete');
  await page.keyboard.up('Delete');
  expect(await photosOf(page, space)).toHaveLength(2);
  expect(deleted).toHaveLength(1);
});

test('the picture follows when an old version is restored', async ({ page, server }) => {
  const space = await settle(page, server);
  for (const file of pictures(2)) {
    await page.goto(`${server.address}/upload`);
    await page
      .getByTestId('files')
      .setInputFiles({ name: 'same.jpg', mimeType: 'image/jpeg', buffer: readFileSync(file) });
    await expect(page.getByText('Your file is safe in the library.')).toBeVisible();
  }
  await previews(page);
  const [photo] = await photosOf(page, space);
  const listens = page.waitForResponse('**/api/v1/events');
  await page.goto(`${server.address}/photos?photo=${photo?.id}`);
  await listens;
  const viewer = await about(page);
  await isShown(page, photo);
  const before = await source(page);
  await viewer.getByRole('button', { name: 'Restore' }).click();
  await expect.poll(() => source(page), { timeout: 30_000 }).not.toBe(before);
  expect(await source(page)).toContain(photo?.id);
});
