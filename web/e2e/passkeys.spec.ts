// Passkeys, with the authenticator that Chromium has for tests. They belong to a name, so the page is opened by one.
import type { Page } from '@playwright/test';
import { expect, settle, test } from './support';

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

test('a passkey is added, and signs in without a password', async ({ page, server }) => {
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
