import { pictures } from './pictures';
import { expect, previews, settle, test, upload } from './support';

test('what was found stays until something else is, and the field keeps the focus all the while', async ({
  page,
  server,
}) => {
  await settle(page, server);
  await upload(page, server, pictures(4));
  await previews(page);
  await page.goto(`${server.address}/search`);
  const field = page.getByRole('searchbox');
  const tiles = page.locator('[data-index]');
  await expect(page.getByRole('heading', { name: 'Search tips' })).toBeVisible();
  await expect(field).toBeFocused();
  await field.pressSequentially('type:photo');
  await expect(tiles).toHaveCount(4);
  await expect(field).toBeFocused();

  // A server that takes its time.
  let answer = () => {};
  const slow = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/api/v1/search?**', async (route) => {
    await slow;
    await route.continue();
  });
  const asked = page.waitForRequest('**/api/v1/search?**');
  await field.pressSequentially(' nowhere-to-be-found');
  await asked;
  await expect(page.getByRole('status').getByText('Loading…')).toBeVisible();
  await expect(tiles).toHaveCount(4);
  await expect(page.getByRole('list', { name: 'Photos, newest first' })).toHaveAttribute('aria-busy', 'true');
  answer();
  await expect(tiles).toHaveCount(0);
  await expect(page.getByText('No results')).toBeVisible();
  await expect(page.getByRole('status').getByText('Loading…')).toHaveCount(0);
  await expect(field).toBeFocused();

  // What is wrong stands where the photos would be; and keys that are typed do nothing with photos.
  await field.fill('colour:red');
  await expect(page.getByRole('alert')).toContainText('there is no filter', { ignoreCase: true });
  await expect(field).toBeFocused();
  await field.fill('type:photo');
  await expect(tiles).toHaveCount(4);
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await expect(page.getByRole('toolbar')).toHaveCount(0);
  await expect(field).toHaveValue('');
  await expect(page.getByRole('heading', { name: 'Search tips' })).toBeVisible();
});
