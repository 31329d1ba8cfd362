// What is seen of photos in the formats that people have, and how closely.
import { type Page } from '@playwright/test';
import { heic, large, many, pictures, raw } from './pictures';
import { call, expect, previews, settle, test, upload, type Server } from './support';

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
  await expect(page.getByText('this is the preview')).toHaveCount(0);
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
    await expect(viewer.getByText('this is the preview')).toBeVisible();
    expect(await source(page)).toContain('/renditions/preview');
  } else {
    await expect(viewer.getByText('No preview')).toBeVisible();
  }
  await expect(viewer.getByRole('link', { name: 'Download the original' })).toBeVisible();
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
