// The main ways through the app on a phone, by finger.
import type { Locator, Page } from '@playwright/test';
import { many, pictures } from './pictures';
import { EMAIL, expect, PASSWORD, previews, settle, test, upload } from './support';

/** A finger that goes from one place to another and is lifted there. */
async function swipe(page: Page, x: number, from: number, to: number): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  const at = (y: number) => [{ x, y }];
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(from) });
  for (let step = 1; step <= 10; step += 1) {
    const touchPoints = at(from + ((to - from) * step) / 10);
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints });
  }
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}

/** A finger that stays on something. */
async function hold(page: Page, on: Locator): Promise<void> {
  const box = await on.boundingBox();
  if (!box) throw new Error('nothing to hold');
  const touchPoints = [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }];
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
  await expect(page.getByRole('toolbar')).toBeVisible();
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}

test(
  'photos are uploaded, looked at, chosen, put into the trash and brought back by finger',
  { tag: '@phone' },
  async ({ page, server }) => {
    await settle(page, server);
    const some = pictures();
    await upload(page, server, some);
    await previews(page);
    await page.context().clearCookies();
    await page.goto(server.address);
    await page.getByLabel('E-mail address').fill(EMAIL);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).tap();

    await page.getByRole('link', { name: 'Photos', exact: true }).tap();
    const tiles = page.locator('[data-index]');
    await expect(tiles).toHaveCount(some.length);
    await tiles.first().tap();
    const viewer = page.getByRole('dialog', { name: 'Photo' });
    await expect(viewer.getByText(`1 of ${some.length}`)).toBeVisible();
    await viewer.getByRole('button', { name: /About this photo/ }).tap();
    await viewer.getByLabel('Caption').fill('Said on a phone');
    await viewer.getByLabel('Caption').blur();
    await viewer.getByRole('button', { name: /About this photo/ }).tap();
    await viewer.getByRole('button', { name: /Close/ }).tap();
    await expect(viewer).toBeHidden();

    // A finger that stays selects; after that each tap does, until nothing is selected.
    await hold(page, tiles.nth(1));
    await expect(page.getByRole('toolbar', { name: '1 photo selected' })).toBeVisible();
    await expect(viewer).toBeHidden();
    await tiles.nth(2).tap();
    await tiles.nth(0).tap();
    await expect(page.getByRole('toolbar', { name: '3 photos selected' })).toBeVisible();
    await tiles.nth(0).tap();
    await page.getByRole('toolbar').getByRole('button', { name: 'Move to trash' }).tap();
    await expect(tiles).toHaveCount(some.length - 2);
    await page.getByRole('button', { name: 'Undo' }).tap();
    await expect(tiles).toHaveCount(some.length);

    await page.getByRole('link', { name: 'Search' }).tap();
    await page.getByRole('searchbox').fill('phone');
    await expect(tiles).toHaveCount(1);
  },
);

test(
  'photos at the edge are tapped and swiped like all others, and the months are dragged while they are shown',
  { tag: '@phone' },
  async ({ page, server }) => {
    await settle(page, server);
    await upload(page, server, many());
    await page.goto(`${server.address}/photos`);
    const grid = page.getByTestId('grid');
    const top = () => grid.evaluate((grid) => grid.scrollTop);
    await expect(page.locator('[data-index="0"]')).toBeVisible();
    const viewer = page.getByRole('dialog', { name: 'Photo' });
    const edge = await page.evaluate(() => {
      const boxes = [...document.querySelectorAll('[data-index]')].map((tile) =>
        tile.getBoundingClientRect(),
      );
      const last = boxes.find(({ right, top }) => right > innerWidth - 12 && top > 150);
      return last && { x: last.right - 8, y: last.top + last.height / 2 };
    });
    if (!edge) throw new Error('no photo reaches to the edge');
    await page.touchscreen.tap(edge.x, edge.y);
    await expect(viewer).toBeVisible();
    await page.goBack();
    await expect(viewer).toBeHidden();
    expect(await top()).toBe(0);

    await swipe(page, edge.x, 600, 500);
    await expect.poll(top).toBeGreaterThan(40);
    expect(await top()).toBeLessThan(400);

    // Caught anywhere, the thumb goes as far as the finger, and does not jump to it.
    const months = page.getByRole('slider', { name: 'Go to a month' });
    const thumb = await months.locator('.thumb').boundingBox();
    if (!thumb) throw new Error('no thumb');
    const caught = thumb.y + thumb.height - 4;
    const before = await top();
    await swipe(page, edge.x, caught, caught);
    expect(await top()).toBe(before);
    await swipe(page, edge.x, caught, caught + 300);
    const all = await grid.evaluate((grid) => grid.scrollHeight - grid.clientHeight);
    const track = await months.evaluate((track) => track.clientHeight);
    await expect.poll(async () => Math.abs(((await top()) - before) / all - 300 / track)).toBeLessThan(0.05);
    // Some time after, it is in nobody's way.
    await expect(months.locator('.thumb')).toHaveCSS('pointer-events', 'none');
  },
);

test(
  'what is found has the window to itself, however low it is, once the finger has pulled the field away',
  { tag: '@phone' },
  async ({ page, server }) => {
    await settle(page, server);
    await upload(page, server, many());
    for (const viewport of [
      { width: 740, height: 360 },
      { width: 390, height: 844 },
    ]) {
      await page.setViewportSize(viewport);
      await page.goto(`${server.address}/search?q=type:photo`);
      await expect(page.locator('[data-index="0"]')).toBeAttached();
      await expect(page.getByRole('group', { name: 'Filters' })).toBeVisible();
      const grid = await page.getByTestId('grid').boundingBox();
      if (!grid) throw new Error('no grid');
      const middle = grid.x + grid.width / 2;
      // From the field itself, for a low window shows little else.
      for (let times = 0; times < 3; times += 1)
        await swipe(page, middle, grid.y + grid.height - 10, grid.y + 10);
      await expect(page.getByRole('searchbox')).not.toBeInViewport();
      const photos = await page.locator('[data-index]').evaluateAll((tiles) => {
        const boxes = tiles.map((tile) => tile.getBoundingClientRect());
        return {
          top: Math.min(...boxes.map(({ top }) => top)),
          bottom: Math.max(...boxes.map(({ bottom }) => bottom)),
        };
      });
      expect(photos.top).toBeLessThan(grid.y + 60);
      expect(photos.bottom).toBeGreaterThan(grid.y + grid.height - 20);
    }
  },
);
