// Pages that are not there, and pages that could not be fetched: both keep the way to all others.
import { front } from '../dev/serve.mjs';
import { pictures } from './pictures';
import { expect, invite, previews, settle, signIn, test, upload } from './support';

test('a page that could not be fetched says so, keeps the navigation, and comes when it is tried again', async ({
  page,
  server,
}) => {
  await settle(page, server);
  const link = await front(server.address);
  await page.goto(link.address);
  await expect(page.getByRole('heading', { name: 'No photos yet.' })).toBeVisible();
  link.cut(true);
  const rooms = page.getByRole('navigation', { name: 'Main' });
  await rooms.getByRole('link', { name: 'Activity', exact: true }).click();
  const gone = page.getByRole('main');
  await expect(gone.getByRole('heading', { name: 'The server does not answer', level: 2 })).toBeVisible();
  await expect(page.getByText('Page not found')).toHaveCount(0);
  await expect(rooms.getByRole('link', { name: 'Photos', exact: true })).toBeVisible();
  link.cut(false);
  await gone.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { name: 'Activity', level: 1 })).toBeVisible();
  await link.stop();
});

test('an address with nothing at it keeps the navigation', async ({ page, server }) => {
  await settle(page, server);
  await page.goto(`${server.address}/no/where`);
  await expect(page.getByRole('heading', { name: 'Page not found', level: 2 })).toBeVisible();
  const rooms = page.getByRole('navigation', { name: 'Main' });
  await rooms.getByRole('link', { name: 'Albums', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Albums', level: 1 })).toBeVisible();
});

test('an album or a space that is not there says so, with the way back and nothing to try again', async ({
  page,
  server,
}) => {
  await settle(page, server);
  for (const [what, title] of [
    ['album', 'Albums'],
    ['space', 'Spaces'],
  ]) {
    await page.goto(`${server.address}/${what}s/01a20915-aee8-721c-96b6-18b94b492dd1`);
    const main = page.getByRole('main');
    await expect(main.getByRole('heading', { name: title, level: 1 })).toBeVisible();
    await expect(main.getByRole('heading', { name: `This ${what} is not here` })).toBeVisible();
    await expect(main.getByRole('button', { name: 'Try again' })).toHaveCount(0);
    await main.getByRole('link', { name: title, exact: true }).click();
    await expect(page).toHaveURL(`${server.address}/${what}s`);
  }
});

test('a search that cannot be understood is not offered to be tried again', async ({ page, server }) => {
  await settle(page, server);
  await page.goto(`${server.address}/search?q=${encodeURIComponent('rating:nine')}`);
  await expect(page.getByRole('main').getByRole('alert')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
});

test('nothing jumps while home is loading', async ({ page, server }) => {
  const space = await settle(page, server);
  await upload(page, server, pictures(6));
  await previews(page);
  await invite(page, space, 'ben@example.org', 'Ben');
  await page.context().clearCookies();
  await signIn(page, server);
  await page.addInitScript(() => {
    const shifts = { sum: 0 };
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.sum += (entry as unknown as { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  for (const size of [
    { width: 1280, height: 800 },
    { width: 820, height: 1180 },
  ]) {
    await page.setViewportSize(size);
    await page.goto(server.address);
    await expect(page.getByRole('region', { name: 'Latest photos' }).getByRole('listitem')).toHaveCount(6);
    await expect(
      page.getByRole('region', { name: 'Recent activity' }).getByRole('listitem').first(),
    ).toBeVisible();
    const moved = await page.evaluate(() => (window as unknown as { shifts: { sum: number } }).shifts.sum);
    expect(moved).toBeLessThan(0.1);
  }
});
