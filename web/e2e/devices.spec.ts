// What sends photos in and how far it is behind; the work of the server; and who did what.
import { pictures } from './pictures';
import { call, expect, invite, previews, settle, signIn, tabTo, test, upload } from './support';

test('a device says what it owes, on its page and at home, and is forgotten by keys', async ({
  page,
  server,
}) => {
  await settle(page, server);
  await page.goto(`${server.address}/devices`);
  await expect(page.getByText('No devices connected yet')).toBeVisible();
  await expect(page.getByLabel('From a computer with the ourphoto program')).toHaveValue(
    `ourphoto login ${server.address} && ourphoto upload FOLDER --space 'Family'`,
  );
  const phone = await call<{ id: string }>(page, 'POST', '/api/v1/devices', {
    name: '<i>Ana’s phone',
    kind: 'phone',
  });
  await call(page, 'POST', '/api/v1/devices', { name: 'Studio reader', kind: 'card-reader' });
  await call(page, 'PUT', `/api/v1/devices/${phone.id}/report`, {
    waiting: 12,
    waiting_bytes: 48_000_000,
    oldest_ms: Date.now() - 3 * 86_400_000,
    note: 'battery low, paused',
  });
  await call(page, 'POST', '/api/v1/tokens', { name: 'Nightly', permissions: ['upload'], lasts: 86_400 });
  await call(page, 'POST', '/api/v1/tokens', { name: 'Reader', permissions: ['view'], lasts: 86_400 });

  await page.goto(server.address);
  const devices = page.getByRole('region', { name: 'Devices' });
  await expect(
    devices.getByText('12 files still to be uploaded, 48 MB, the oldest from 3 days ago'),
  ).toBeVisible();
  await expect(devices.getByText('Status: battery low, paused')).toBeVisible();
  await expect(devices.getByText('No report yet')).toBeVisible();
  await page.getByRole('link', { name: '12 files still on 1 device' }).click();

  const list = page.getByRole('list', { name: 'Devices' });
  await expect(list.getByRole('listitem')).toHaveCount(2);
  const programs = page.getByRole('region', { name: 'Programs that can upload' });
  await expect(programs.getByRole('listitem')).toHaveCount(1);
  await tabTo(page, /^Remove <i>Ana’s phone/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alertdialog')).toContainText(
    '12 files on it will not be uploaded automatically',
  );
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).press('Enter');
  await expect(page.getByText('“<i>Ana’s phone” no longer has access')).toBeVisible();
  await expect(list.getByRole('listitem')).toHaveCount(1);
  await programs.getByRole('button', { name: 'Revoke Nightly' }).press('Enter');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).press('Enter');
  await expect(page.getByText('Token revoked')).toBeVisible();
  await expect(programs.getByRole('listitem')).toHaveCount(0);
});

test('what was given up says why, and is tried again', async ({ page, server, browser }) => {
  const space = await settle(page, server);
  await page.goto(`${server.address}/activity`);
  await page.getByRole('link', { name: 'Background tasks' }).click();
  await expect(page.getByText('No failed tasks.')).toBeVisible();
  // A job is given up only after hours of tries, so one is made up here.
  const id = '01a20915-aee8-721c-96b6-18b94b492dd1';
  const job = (id: string, name: string) => ({
    id,
    kind: 'media',
    photo: { id, name, album: id, space },
    error: 'the decoder took too long',
    attempts: 8,
    failed_at: '2026-11-20T10:00:00Z',
  });
  let given_up = [job(id, 'broken.jpg'), job(id.replace(/^01/, '02'), 'slow.tif')];
  await page.route('**/api/v1/jobs', (route) =>
    route.fulfill({ json: { due: 1200, later: 3, running: 2, failed: given_up.length + 1, given_up } }),
  );
  await page.route('**/api/v1/jobs/*/again', (route) => {
    given_up = given_up.filter((one) => !route.request().url().includes(one.id));
    return route.fulfill({ status: 204 });
  });
  await page.reload();
  await expect(page.getByText('1,200')).toBeVisible();
  await expect(page.getByText('the decoder took too long')).toHaveCount(2);
  await expect(page.getByText('1 other task failed')).toBeVisible();
  await tabTo(page, /Try again: broken.jpg/);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Retrying 1 task')).toBeVisible();
  await expect(page.getByText('the decoder took too long')).toHaveCount(1);

  const password = await invite(page, space, 'ben@example.org', 'Ben');
  const ben = await (await browser.newContext()).newPage();
  await signIn(ben, server, 'ben@example.org', password);
  await ben.goto(`${server.address}/jobs`);
  await expect(ben.getByText('are shown only to managers of a space')).toBeVisible();
  await ben.goto(`${server.address}/activity`);
  await expect(ben.getByRole('link', { name: 'Background tasks' })).toHaveCount(0);
});

test('who did what is filtered, exported whole, and checked', async ({ page, server }) => {
  const space = await settle(page, server);
  await upload(page, server, pictures(3));
  await previews(page);
  await call(page, 'POST', `/api/v1/spaces/${space}/albums`, { name: 'Picnic' });
  await page.goto(server.address);
  const recent = page.getByRole('region', { name: 'Recent activity' });
  await expect(recent.getByText('Uploaded 3 photos')).toBeVisible();
  await expect(recent.getByRole('link', { name: 'Picnic' })).toBeVisible();
  await recent.getByRole('link', { name: 'All activity' }).click();

  await expect(page.getByText('Created the album')).toBeVisible();
  await page.getByRole('combobox', { name: 'Type' }).selectOption('Photos');
  await expect(page.getByText('Created the album')).toHaveCount(0);
  await expect(page.getByText('Uploaded')).toHaveCount(3);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export' }).click(),
  ]);
  const { readFileSync } = await import('node:fs');
  const lines = readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { action: string }).action)).toEqual(
    Array(3).fill('asset.upload'),
  );
  // Of some days: none is of last year, and all are of today.
  await page.getByLabel('To', { exact: true }).fill('2025-12-31');
  await expect(page.getByText('No matching activity.')).toBeVisible();
  await page.getByLabel('To', { exact: true }).fill('');
  await page.getByLabel('From').fill(new Intl.DateTimeFormat('sv').format(Date.now()));
  await expect(page.getByText('Uploaded')).toHaveCount(3);
  await page.getByLabel('From').fill('');
  await page.getByRole('searchbox', { name: 'Person' }).fill('nobody@example.org');
  await expect(page.getByText('No matching activity.')).toBeVisible();
  await page.getByRole('button', { name: 'Verify the activity log' }).click();
  await expect(page.getByText(/^All \d+ entries are intact/)).toBeVisible();
});
