import { TOTP } from 'otpauth';
import { EMAIL, expect, PASSWORD, settle, signIn, test, call } from './support';

test(
  'an authenticator app is added, asked for at the next sign-in, and a recovery code stands in for it',
  { tag: '@phone' },
  async ({ page, server }) => {
    await settle(page, server);
    await page.goto(`${server.address}/account`);
    await page.getByRole('button', { name: 'Add an authenticator app' }).click();
    await page.getByLabel('Name', { exact: true }).fill('My phone');
    await page.getByRole('button', { name: 'Next' }).click();
    const secret = (await page.getByTestId('totp-secret').innerText()).trim();
    await expect(page.getByRole('img', { name: 'Scan this code with the app' })).toBeVisible();
    const app = new TOTP({ secret });
    await page.getByLabel('Then enter the six-digit code from the app').fill('000000');
    await page.getByRole('button', { name: 'Confirm' }).click();
    await expect(page.getByRole('alert').first()).toBeVisible();
    await page.getByLabel('Then enter the six-digit code from the app').fill(app.generate());
    await page.getByRole('button', { name: 'Confirm' }).click();
    const codes = page.getByRole('dialog', { name: 'Recovery codes' }).getByRole('listitem');
    await expect(codes).toHaveCount(10);
    const recovery = (await codes.first().innerText()).trim();
    await page.getByRole('button', { name: 'Done' }).click();
    await expect(page.getByText('10 codes left.')).toBeVisible();

    await page.getByRole('button', { name: /Actions for Ana/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();

    await page.getByLabel('E-mail address').fill(EMAIL);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByLabel('Code', { exact: true }).fill('123456');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page.getByRole('alert')).toBeVisible();
    // A code that was used is not taken again, so this is the next one.
    await page.getByLabel('Code', { exact: true }).fill(app.generate({ timestamp: Date.now() + 30_000 }));
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page.getByRole('navigation', { name: 'Main' }).first()).toBeVisible();

    await page.context().clearCookies();
    await page.goto(`${server.address}/account`);
    await page.getByLabel('E-mail address').fill(EMAIL);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('button', { name: 'Use a recovery code instead' }).click();
    await page.getByLabel('Recovery code').fill(recovery);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page.getByText('9 codes left.')).toBeVisible();
  },
);

test(
  'a session that is ended elsewhere is over, and a tab that nobody touches says so',
  { tag: '@phone' },
  async ({ page, server, browser }) => {
    await settle(page, server);
    const other = await browser.newContext();
    const tab = await other.newPage();
    await signIn(tab, server);
    await tab.goto(`${server.address}/albums`);
    await expect(tab.getByText('No albums yet')).toBeVisible();
    await page.goto(`${server.address}/account`);
    const sessions = page.getByRole('region', { name: 'Sessions' });
    await expect(sessions.getByText('This session')).toBeVisible();
    await sessions
      .getByRole('button', { name: /^Sign out / })
      .first()
      .click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByText('Signed out')).toBeVisible();
    // Its button is gone with it; the focus is on what has come into its place, and not at the beginning of the page.
    await expect(sessions.getByRole('button', { name: /^Sign out / })).toHaveCount(0);
    expect(await page.evaluate(() => document.activeElement === document.body)).toBe(false);
    // The server refuses it at once, and ends its stream of changes with the next sign of life.
    expect((await other.request.get(`${server.address}/api/v1/session`)).status()).toBe(401);
    await expect(tab.getByText('Your session has ended. Sign in again to continue.')).toBeVisible({
      timeout: 30_000,
    });
    await other.close();
  },
);

test('a token is made after a proof, used, and revoked', async ({ page, server, request }) => {
  await settle(page, server);
  await page.goto(`${server.address}/account`);
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Nightly script');
  await page.getByRole('button', { name: 'Create token' }).click();
  const secret = await page.getByRole('textbox', { name: 'Your token (shown only once)' }).inputValue();
  const ask = () =>
    request.get(`${server.address}/api/v1/spaces`, { headers: { authorization: `Bearer ${secret}` } });
  expect((await ask()).status()).toBe(200);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Revoke Nightly script' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByText('Token revoked')).toBeVisible();
  expect((await ask()).status()).toBe(401);
});

test('changing the password asks who one is when that was long ago, and says what is wrong', async ({
  page,
  server,
}) => {
  await settle(page, server);
  await page.goto(`${server.address}/account`);
  await page.getByLabel('New password', { exact: true }).fill('another good battery staple');
  await page.getByLabel('Confirm new password').fill('something else entirely');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('The passwords do not match.')).toBeVisible();
  await page.getByLabel('Confirm new password').fill('another good battery staple');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('Password changed.')).toBeVisible();
  await call(page, 'POST', '/api/v1/session/proof', { password: 'another good battery staple', code: null });
});

test('a proof that is asked for lets the act go on by itself', async ({ page, server }) => {
  await settle(page, server);
  let asked = 0;
  // As if the last proof were long ago.
  await page.route('**/api/v1/tokens', async (route) => {
    if (route.request().method() !== 'POST' || asked++ > 0) return route.continue();
    const body = { type: '/problems/proof-required', title: 'x', status: 401, detail: 'prove who you are' };
    return route.fulfill({
      status: 401,
      contentType: 'application/problem+json',
      body: JSON.stringify(body),
    });
  });
  await page.goto(`${server.address}/account`);
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByLabel('Name', { exact: true }).fill('After a proof');
  await page.getByRole('button', { name: 'Create token' }).click();
  const dialog = page.getByRole('dialog', { name: 'Confirm it’s you' });
  await dialog.getByLabel('Password').fill('not my password');
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(dialog.getByRole('alert')).toBeVisible();
  await dialog.getByLabel('Password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('textbox', { name: 'Your token (shown only once)' })).toHaveValue(/^op/);
  expect(asked).toBe(2);
});

test('signing in goes on to the page that was wanted, and to nothing that is no page of the app', async ({
  page,
  server,
}) => {
  await settle(page, server);
  for (const [to, ends] of [
    ['/albums?a=1', '/albums?a=1'],
    ['/%09/evil.example', '/'],
    ['/api/v1/session', '/'],
    ['/healthz', '/'],
  ]) {
    await page.goto(`${server.address}/sign-in?to=${to}`);
    await expect(page).toHaveURL(`${server.address}${ends}`);
    await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
  }
});
