// What stays and what does not: searches, what is shown while the server is away, and one person's things for the next.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { front } from '../dev/serve.mjs';
import { pictures } from './pictures';
import { call, expect, invite, previews, settle, signIn, test, upload } from './support';

test('a search is there after a step back out of a photo, and after a reload', async ({ page, server }) => {
  await settle(page, server);
  await upload(page, server, pictures(3));
  await previews(page);
  await page.goto(`${server.address}/search`);
  const field = page.getByRole('searchbox');
  await field.fill('type:photo');
  await expect(page.locator('[data-index]')).toHaveCount(3);
  await expect(page).toHaveURL(/q=type/);
  await page.locator('[data-index="1"]').click();
  await expect(page.getByRole('dialog', { name: 'Photo' })).toBeVisible();
  await expect(page).toHaveURL(/q=type.*photo=/);
  await page.reload();
  await expect(page.getByRole('dialog', { name: 'Photo' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: 'Photo' })).toBeHidden();
  await expect(field).toHaveValue('type:photo');
  await expect(page.locator('[data-index]')).toHaveCount(3);

  await page.locator('[data-index="0"]').click();
  await expect(page.getByRole('dialog', { name: 'Photo' })).toBeVisible();
  await page.goBack();
  await expect(field).toHaveValue('type:photo');
  await expect(page.locator('[data-index]')).toHaveCount(3);
  await page.getByRole('link', { name: 'Albums', exact: true }).first().click();
  await expect(page.getByRole('heading', { name: 'Albums', level: 1 })).toBeVisible();
  await page.goBack();
  await expect(field).toHaveValue('type:photo');
  await expect(page.locator('[data-index]')).toHaveCount(3);
  await page.getByRole('link', { name: 'Search', exact: true }).first().click();
  await expect(field).toHaveValue('');
});

test('home says when the server stopped answering, and hears by itself when it is back', async ({
  page,
  server,
}) => {
  await settle(page, server);
  const link = await front(server.address);
  await page.clock.install();
  await page.goto(link.address);
  await expect(page.getByRole('heading', { name: 'No photos yet.' })).toBeVisible();
  link.cut(true);
  await page.clock.runFor(125_000);
  await expect(
    page.getByRole('heading', { name: /^Last checked .*. The server is not responding/ }),
  ).toBeVisible();
  link.cut(false);
  await page.clock.runFor(61_000);
  await expect(page.getByRole('heading', { name: 'No photos yet.' })).toBeVisible();
  await link.stop();
});

test('what changed while the connection was broken is shown when it is back', async ({ page, server }) => {
  await settle(page, server);
  const link = await front(server.address);
  await page.goto(`${link.address}/photos`);
  await expect(page.getByText('No photos here yet')).toBeVisible();
  link.cut(true);
  const tab = await page.context().newPage();
  await upload(tab, server, pictures(2));
  await tab.close();
  link.cut(false);
  await expect(page.locator('[data-index]')).toHaveCount(2, { timeout: 30_000 });
  await link.stop();
});

test('what is selected stays selected when the spaces are read again', async ({ page, server }) => {
  const space = await settle(page, server);
  await upload(page, server, pictures(3));
  await previews(page);
  const at = `/api/v1/spaces/${space}`;
  await call(page, 'PATCH', at, { approval: true });
  await page.goto(`${server.address}/photos`);
  await page.locator('[data-index="0"]').waitFor();
  await page.locator('.tile').first().getByRole('checkbox').click({ force: true });
  const selected = page.getByRole('toolbar', { name: '1 photo selected' });
  await expect(selected).toBeVisible();

  // Where approval is asked for, a change of a photo has the spaces read again: with the new name, which says when.
  await call(page, 'PATCH', at, { name: 'Kin' });
  const { assets } = await call<{ assets: { id: string }[] }>(page, 'GET', `${at}/assets`);
  await call(page, 'PATCH', `/api/v1/assets/${assets[0]?.id}`, { rating: 4 });
  await expect(page.getByRole('button', { name: 'Space: Kin. Switch space' })).toBeVisible();
  await expect(selected).toBeVisible();
});

test('the focus stays where it was when a list is loaded again', async ({ page, server }) => {
  const space = await settle(page, server);
  await invite(page, space, 'ben@example.org', 'Ben');
  await page.context().clearCookies();
  await signIn(page, server);
  await page.goto(`${server.address}/spaces/${space}`);
  const role = page.getByRole('combobox', { name: 'Role of Ben' });
  await role.focus();
  await role.selectOption('editor');
  await expect(page.getByText('Ben’s role is now Editor')).toBeVisible();
  await expect(role).toHaveValue('editor');
  await expect(role).toBeFocused();
});

test('signing out asks while files are on the way, and leaves nothing for the next person', async ({
  page,
  server,
}) => {
  const space = await settle(page, server);
  const password = await invite(page, space, 'ben@example.org', 'Ben');
  await page.context().clearCookies();
  await signIn(page, server);
  const folder = mkdtempSync(join(tmpdir(), 'ourphoto-films-'));
  writeFileSync(join(folder, 'secret.mov'), randomBytes(30_000_000));
  await page.goto(`${server.address}/upload`);
  const cdp = await page.context().newCDPSession(page);
  const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1_000_000 };
  await cdp.send('Network.emulateNetworkConditions', slow);
  await page.getByTestId('files').setInputFiles(join(folder, 'secret.mov'));
  await expect(page.getByRole('progressbar', { name: 'secret.mov' })).toBeVisible();

  const leave = async (answer: string) => {
    await page.getByRole('button', { name: /Actions for Ana/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    const question = page.getByRole('alertdialog', { name: 'Sign out while 1 file is uploading?' });
    await question.getByRole('button', { name: answer }).click();
  };
  await leave('Cancel');
  await expect(page.getByRole('progressbar', { name: 'secret.mov' })).toBeVisible();
  await leave('Sign out');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await page.getByLabel('E-mail address').fill('ben@example.org');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('link', { name: 'Upload', exact: true }).first().click();
  await expect(page.getByRole('heading', { name: 'Upload', level: 1 })).toBeVisible();
  await expect(page.getByText('secret.mov')).toHaveCount(0);
  rmSync(folder, { recursive: true });
  // Nobody else's upload keeps this page from being left.
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Upload', level: 1 })).toBeVisible();
  await call(page, 'GET', '/api/v1/session');
});

test('a tab left open follows another one, in which somebody else signs in', async ({ page, server }) => {
  const space = await settle(page, server);
  const password = await invite(page, space, 'ben@example.org', 'Ben');
  await page.context().clearCookies();
  await signIn(page, server);
  await page.goto(`${server.address}/account`);
  await expect(page.getByText('ana@example.org').first()).toBeVisible();

  const other = await page.context().newPage();
  await other.goto(`${server.address}/photos`);
  await other.getByRole('button', { name: /Actions for Ana/ }).click();
  await other.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();

  // This one did not hear of it, as one that the browser had put to sleep.
  await signIn(other, server);
  await page.goto(`${server.address}/account`);
  await expect(page.getByText('ana@example.org').first()).toBeVisible();
  await page.evaluate(() => (BroadcastChannel.prototype.postMessage = () => undefined));
  await other.evaluate(() => (BroadcastChannel.prototype.postMessage = () => undefined));
  await call(other, 'DELETE', '/api/v1/session');
  await call(other, 'POST', '/api/v1/session', { email: 'ben@example.org', password, agent: 'browser' });
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(page).toHaveURL(`${server.address}/`);
  await expect(page.getByRole('button', { name: /Actions for Ben/ })).toBeVisible();
});
