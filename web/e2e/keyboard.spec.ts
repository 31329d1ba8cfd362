// The main ways through the app, without a mouse.
import {
  EMAIL,
  expect,
  filesIn,
  NO_PHOTOS,
  PASSWORD,
  photos,
  previews,
  settle,
  tabTo,
  test,
  upload,
} from './support';

test('from signing in to an edited photo, an album and signing out', async ({ page, server }) => {
  test.skip(!photos(), NO_PHOTOS);
  await settle(page, server);
  await upload(page, server, filesIn('exif-samples/jpg/gps'));
  await previews(page);
  await page.context().clearCookies();
  await page.goto(server.address);
  await expect(page.getByLabel('E-mail address')).toBeFocused();
  await page.keyboard.type(EMAIL);
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Home', level: 1 })).toBeVisible();

  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await tabTo(page, /^Photos$/);
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-index="0"]')).toBeVisible();
  await tabTo(page, /dscn/i);
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('[data-index="1"]')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Home');
  await expect(page.locator('[data-index="0"]')).toBeFocused();
  await page.keyboard.press('x');
  await expect(page.getByRole('toolbar', { name: '1 photo selected' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('toolbar')).toHaveCount(0);

  await page.keyboard.press('Enter');
  const viewer = page.getByRole('dialog', { name: 'Photo' });
  await expect(viewer).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(viewer.getByText('2 of ')).toBeVisible();
  // Focus goes around within, and never behind.
  for (let pressed = 0; pressed < 40; pressed += 1) {
    await page.keyboard.press('Tab');
    expect(await viewer.evaluate((node) => node.contains(document.activeElement))).toBe(true);
  }
  await tabTo(page, /^Title/);
  await page.keyboard.type('By keys alone');
  await page.keyboard.press('Tab');
  await expect(viewer.locator('.bar p').first()).toHaveText('By keys alone');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(viewer).toBeHidden();
  await expect(page.locator('[data-index="1"]')).toBeFocused();

  await page.goto(`${server.address}/albums`);
  await tabTo(page, /New album/);
  await page.keyboard.press('Enter');
  await tabTo(page, /Name of the album/);
  await page.keyboard.type('Made by keys');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Made by keys' })).toBeVisible();

  await tabTo(page, /Actions for Ana/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menu')).toBeVisible();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('the months at the edge are reached by keys', async ({ page, server }) => {
  test.skip(!photos(), NO_PHOTOS);
  await settle(page, server);
  await upload(page, server, [...filesIn('exif-samples/jpg'), ...filesIn('exif-samples/jpg/gps')]);
  await previews(page);
  await page.goto(`${server.address}/photos`);
  const months = page.getByRole('slider', { name: 'Go to a month' });
  await months.focus();
  const before = await months.getAttribute('aria-valuetext');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(months).not.toHaveAttribute('aria-valuetext', before ?? '');
  await page.keyboard.press('End');
  await expect.poll(() => page.getByTestId('grid').evaluate((grid) => grid.scrollTop)).toBeGreaterThan(200);
});
