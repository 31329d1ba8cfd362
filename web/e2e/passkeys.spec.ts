// Passkeys, with the authenticator that Chromium has for tests. They belong to a name, so the page is opened by one.
import type { Page } from '@playwright/test';
import { call, expect, settle, test } from './support';

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
  await expect(page.getByText('Only a password protects this account.')).toBeHidden();

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
  await expect(page.getByText('Only a password protects this account.')).toBeVisible();
  await expect(page.getByRole('dialog', { name: 'Recovery codes' })).toBeHidden();
});

test('whoever has no password proves who they are with a passkey', async ({ page, server }) => {
  const named = { ...server, address: server.address.replace('127.0.0.1', 'localhost') };
  await authenticator(page, true);
  await settle(page, named);
  await page.goto(`${named.address}/account`);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByRole('dialog', { name: 'Recovery codes' }).getByRole('button', { name: 'Done' }).click();
  await call(page, 'DELETE', '/api/v1/me/password');
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
  await page.getByLabel('What it is for').fill('After a passkey');
  await page.getByRole('button', { name: 'Make the token' }).click();
  const dialog = page.getByRole('dialog', { name: 'Is it you?' });
  await expect(dialog).toContainText('your password or a passkey');
  await dialog.getByRole('button', { name: 'Use a passkey' }).press('Enter');
  await expect(page.getByRole('textbox', { name: 'The token, shown only now' })).toHaveValue(/^op/);
  expect(asked).toBe(2);
});
