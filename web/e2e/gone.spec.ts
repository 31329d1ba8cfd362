// Pages that are not there, and pages that could not be fetched: both keep the way to all others.
import { front } from '../dev/serve.mjs';
import { expect, settle, test } from './support';

test('a page that could not be fetched says so, keeps the navigation, and comes when it is tried again', async ({
  page,
  server,
}) => {
  await settle(page, server);
  const link = await front(server.address);
  await page.goto(link.address);
  await expect(page.getByRole('heading', { name: 'Nothing to lose yet.' })).toBeVisible();
  link.cut(true);
  const rooms = page.getByRole('navigation', { name: 'Main' });
  await rooms.getByRole('link', { name: 'Activity', exact: true }).click();
  const gone = page.getByRole('main');
  await expect(gone.getByRole('heading', { name: 'The server does not answer', level: 2 })).toBeVisible();
  await expect(page.getByText('There is nothing at this address')).toHaveCount(0);
  await expect(rooms.getByRole('link', { name: 'Photos', exact: true })).toBeVisible();
  link.cut(false);
  await gone.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { name: 'Activity', level: 1 })).toBeVisible();
  await link.stop();
});

test('an address with nothing at it keeps the navigation', async ({ page, server }) => {
  await settle(page, server);
  await page.goto(`${server.address}/no/where`);
  await expect(
    page.getByRole('heading', { name: 'There is nothing at this address', level: 2 }),
  ).toBeVisible();
  const rooms = page.getByRole('navigation', { name: 'Main' });
  await rooms.getByRole('link', { name: 'Albums', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Albums', level: 1 })).toBeVisible();
});
