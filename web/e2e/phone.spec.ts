// The main ways through the app on a phone, by finger.
import type { Locator, Page } from '@playwright/test';
import { pictures } from './pictures';
import { EMAIL, expect, PASSWORD, previews, settle, test, upload } from './support';

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
