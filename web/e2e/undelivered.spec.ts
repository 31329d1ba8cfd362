// What this browser was asked to upload and has not delivered: where it is said, and that it is not called safe.
import { pictures } from './pictures';
import { EMAIL, PASSWORD, call, expect, settle, test, upload } from './support';

test('home calls nothing safe while uploads of this browser failed or are on the way', async ({
  page,
  server,
}) => {
  await settle(page, server);
  await upload(page, server, pictures(1));
  // A library that is well kept, however long its copies would take.
  const library = { name: 'library', medium: 'disk', place: 'onsite', library: true };
  const counts = { held: 2, held_bytes: 9, unproved: 0, damaged: 0, missing: 0, waiting: 0 };
  const status = { copies: [{ ...library, ...counts }], jobs_waiting: 0, jobs_failed: 0, risks: [] };
  await page.route('**/api/v1/status', (route) => route.fulfill({ json: status }));
  await page.route('**/api/v1/alerts', (route) => route.fulfill({ json: [] }));
  await page.goto(server.address);
  const safe = page.getByRole('heading', { name: 'Everything is safe.' });
  const notAll = page.getByRole('heading', {
    name: 'What has arrived is safe, but not everything has arrived.',
  });
  await expect(safe).toBeVisible();

  const navigation = page.getByRole('navigation');
  await navigation.getByRole('link', { name: 'Upload' }).click();
  const nothing = (name: string) => ({ name, mimeType: 'image/jpeg', buffer: Buffer.alloc(0) });
  await page.getByTestId('files').setInputFiles([nothing('wedding-1.jpg'), nothing('wedding-2.jpg')]);
  await expect(page.getByText('2 files were not uploaded')).toBeVisible();
  await navigation.getByRole('link', { name: 'Home' }).click();
  await expect(notAll).toBeVisible();
  await expect(navigation.getByLabel('2 uploads failed')).toBeVisible();
  await page
    .getByRole('region', { name: 'Unfinished' })
    .getByRole('link', { name: '2 uploads failed: see why, and try again' })
    .click();
  await page.getByRole('button', { name: 'Discard failed uploads' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Discard' }).click();
  await navigation.getByRole('link', { name: 'Home' }).click();
  await expect(safe).toBeVisible();

  // Nothing gets as far as the server.
  await page.route('**/api/v1/spaces/*/uploads', () => undefined);
  await navigation.getByRole('link', { name: 'Upload' }).click();
  await page.getByTestId('files').setInputFiles(pictures(3).slice(1));
  await expect(page.getByText('Uploading').first()).toBeVisible();
  await navigation.getByRole('link', { name: 'Home' }).click();
  await expect(notAll).toBeVisible();
  await expect(page.getByRole('link', { name: /Keep this page open until they have arrived/ })).toBeVisible();
  await expect(page.getByRole('link', { name: '2 files uploading', exact: true })).toBeVisible();
});

test('uploads go on by themselves when the same person has signed in again', async ({ page, server }) => {
  await settle(page, server);
  await page.goto(`${server.address}/upload`);
  // The session ends as the first file is about to be sent.
  let ended: Promise<unknown> | undefined;
  await page.route('**/api/v1/spaces/*/uploads', async (route) => {
    ended ??= call(page, 'DELETE', '/api/v1/session');
    await ended;
    await route.continue();
  });
  await page.getByTestId('files').setInputFiles(pictures(5));
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible({ timeout: 30_000 });
  const leave = () => page.evaluate(() => dispatchEvent(new Event('beforeunload', { cancelable: true })));
  expect(await leave()).toBe(false);

  await page.getByLabel('E-mail address').fill(EMAIL);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page).toHaveURL(`${server.address}/upload`, { timeout: 30_000 });
  await expect(page.getByText('All 5 files are safe in the library.')).toBeVisible({ timeout: 60_000 });
  expect(await leave()).toBe(true);
});
