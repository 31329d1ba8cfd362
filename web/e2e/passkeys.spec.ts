// Passkeys, with the authenticator that Chromium has for tests. They belong to a name, so the page is opened by one.
import type { Page } from '@playwright/test';
import { call, expect, invite, settle, signIn, test } from './support';

async function authenticator(page: Page, verifies: boolean): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: verifies,
      automaticPresenceSimulation: true,
    },
  });
}

test('a passkey is added, and signs in without a password', { tag: '@phone' }, async ({ page, server }) => {
  const named = { ...server, address: server.address.replace('127.0.0.1', 'localhost') };
  await authenticator(page, true);
  await settle(page, named);
  await page.goto(`${named.address}/account`);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  // With the first second factor come recovery codes.
  const codes = page.getByRole('dialog', { name: 'Recovery codes' });
  await expect(codes.getByRole('listitem')).toHaveCount(10);
  await codes.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('Your account is protected by a password only.')).toBeHidden();

  await page.getByRole('button', { name: /Actions for Ana/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await expect(page.getByRole('navigation', { name: 'Main' }).first()).toBeVisible();
});

test('a device that does not verify its user adds no passkey', async ({ page, server }) => {
  const named = { ...server, address: server.address.replace('127.0.0.1', 'localhost') };
  await authenticator(page, false);
  await settle(page, named);
  await page.goto(`${named.address}/account`);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await expect(page.getByText('Your account is protected by a password only.')).toBeVisible();
  await expect(page.getByRole('dialog', { name: 'Recovery codes' })).toBeHidden();
});

test('whoever has no password proves who they are with a passkey', async ({ page, server }) => {
  const named = { ...server, address: server.address.replace('127.0.0.1', 'localhost') };
  await authenticator(page, true);
  await settle(page, named);
  await page.goto(`${named.address}/account`);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByRole('dialog', { name: 'Recovery codes' }).getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'Remove password' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove password' }).click();
  await expect(page.getByText('You sign in with a passkey only.')).toBeVisible();
  // As if the last proof were long ago.
  let asked = 0;
  await page.route('**/api/v1/tokens', (route) => {
    if (route.request().method() !== 'POST' || asked++ > 0) return route.continue();
    const body = { type: '/problems/proof-required', title: 'x', status: 401, detail: 'prove who you are' };
    return route.fulfill({
      status: 401,
      contentType: 'application/problem+json',
      body: JSON.stringify(body),
    });
  });
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByLabel('Name', { exact: true }).fill('After a passkey');
  await page.getByRole('button', { name: 'Create token' }).click();
  const dialog = page.getByRole('dialog', { name: 'Confirm it’s you' });
  await expect(dialog).toContainText('your password or a passkey');
  await dialog.getByRole('button', { name: 'Use a passkey' }).press('Enter');
  await expect(page.getByRole('textbox', { name: 'Your token (shown only once)' })).toHaveValue(/^op/);
  expect(asked).toBe(2);
});

test('whoever has no password accepts an invitation with a passkey', async ({ page, server, browser }) => {
  const named = { ...server, address: server.address.replace('127.0.0.1', 'localhost') };
  await settle(page, named);
  const [space] = await call<{ id: string }[]>(page, 'GET', '/api/v1/spaces');
  await invite(page, space?.id ?? '', 'ben@example.org', 'Ben');
  const work = await call<{ id: string }>(page, 'POST', '/api/v1/spaces', { name: 'Work' });
  const body = { email: 'ben@example.org', role: 'viewer' };
  const made = await call<{ secret: string }>(page, 'POST', `/api/v1/spaces/${work.id}/invitations`, body);

  const context = await browser.newContext();
  const ben = await context.newPage();
  await authenticator(ben, true);
  await signIn(ben, named, 'ben@example.org', 'Ben has a horse battery staple');
  await ben.goto(`${named.address}/account`);
  await ben.getByRole('button', { name: 'Add a passkey' }).click();
  await ben.getByRole('dialog', { name: 'Recovery codes' }).getByRole('button', { name: 'Done' }).click();
  await ben.getByRole('button', { name: 'Remove password' }).click();
  await ben.getByRole('alertdialog').getByRole('button', { name: 'Remove password' }).click();
  await expect(ben.getByText('You sign in with a passkey only.')).toBeVisible();
  await context.clearCookies();
  await ben.goto(`${named.address}/invitation#${made.secret}`);
  await ben.getByRole('radio', { name: 'I have an account here' }).check();
  await ben.getByRole('button', { name: 'Accept with a passkey' }).click();
  await expect(ben).toHaveURL(/photos/);
  await ben.goto(`${named.address}/spaces`);
  await expect(ben.getByText('Work').first()).toBeVisible();
  await context.close();
});
