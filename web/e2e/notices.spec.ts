// Being told, in the app and elsewhere.
import { createServer, type Server as Http } from 'node:http';
import type { AddressInfo } from 'node:net';
import { call, expect, settle, tabTo, test } from './support';

interface Message {
  kind: string;
  code: string | null;
  title: string;
}

/** Takes what is sent to a webhook. */
function listener(): Promise<{ http: Http; address: string; heard: Message[]; signed: string[] }> {
  const heard: Message[] = [];
  const signed: string[] = [];
  const http = createServer((request, answer) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      heard.push(JSON.parse(body) as Message);
      signed.push(String(request.headers['ourphoto-signature']));
      answer.writeHead(204).end();
    });
  });
  return new Promise((resolve) => {
    http.listen(0, '127.0.0.1', () => {
      const { port } = http.address() as AddressInfo;
      resolve({ http, address: `http://127.0.0.1:${port}/photos`, heard, signed });
    });
  });
}

// Read by the server that each test starts.
test.beforeAll(() => {
  process.env.OURPHOTO_ALLOW_NETWORK = '127.0.0.0/8';
});
test.afterAll(() => {
  delete process.env.OURPHOTO_ALLOW_NETWORK;
});

test('a webhook is added by keys, confirmed by its code, tested, changed and removed', async ({
  page,
  server,
}) => {
  const { http, address, heard, signed } = await listener();
  await settle(page, server);
  await page.goto(`${server.address}/account/notifications`);
  await expect(page.getByText('No channels yet.')).toBeVisible();
  await expect(page.getByText('A sign-in from a new place')).toBeVisible();
  await tabTo(page, /^Add a channel$/);
  await page.keyboard.press('Enter');
  await tabTo(page, /E-mail/);
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('radio', { name: /Webhook/ })).toBeChecked();
  await tabTo(page, /Webhook address/);
  await page.keyboard.type('https://127.0.0.1/#no');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText('must not contain');
  await page.getByLabel('Webhook address').fill(address);
  await page.getByLabel('Webhook address').press('Enter');
  await expect(page.getByLabel('Secret', { exact: true })).toHaveValue(/^opw_/);
  await page.keyboard.press('Escape');
  await expect(page.getByText('waiting for its code')).toBeVisible();
  await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(1);

  await tabTo(page, /Confirmation code/);
  await page.keyboard.type('wrong');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert').first()).toBeVisible();
  await page.getByLabel('Confirmation code').fill(heard[0]?.code ?? '');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Channel confirmed.')).toBeVisible();
  await page.getByRole('button', { name: /Send a test to/ }).press('Enter');
  await expect.poll(() => heard.some((one) => one.kind === 'test'), { timeout: 20_000 }).toBe(true);
  expect(signed.every((one) => one.startsWith('v1='))).toBe(true);
  await expect(page.getByText(/last delivered/)).toBeVisible({ timeout: 15_000 });

  await page.getByRole('button', { name: /Change what is sent to/ }).press('Enter');
  await tabTo(page, /An album was shared with you/);
  await page.keyboard.press('Space');
  await page.keyboard.press('Enter');
  await expect(page.getByText('some turned off')).toBeVisible();
  await page.getByRole('button', { name: /^Remove http/ }).press('Enter');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).press('Enter');
  await expect(page.getByText('No channels yet.')).toBeVisible();
  http.close();
});

test('a server without mail says so, and a channel that fails says why', async ({ page, server }) => {
  await settle(page, server);
  await page.goto(`${server.address}/account/notifications`);
  await page.getByRole('button', { name: 'Add a channel' }).click();
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('This server sends no e-mail');
  await page.getByRole('radio', { name: /ntfy/ }).check();
  // Nothing listens at this port.
  await page.getByLabel('Topic address').fill('http://127.0.0.1:9/topic');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByText('waiting for its code')).toBeVisible();
  await expect(async () => {
    await page.reload();
    await expect(page.getByText(/^Failed .* It will be retried automatically\./)).toBeVisible({
      timeout: 1000,
    });
  }).toPass({ timeout: 30_000 });
});

test('the bell counts what is new, and looking at it is seeing it', async ({ page, server }) => {
  await settle(page, server);
  await call(page, 'POST', '/api/v1/tokens', { name: '<b>Nightly', permissions: ['view'], lasts: 86400 });
  await page.reload();
  const bell = page.getByRole('link', { name: /^Notifications/ }).first();
  await expect(bell).toHaveAccessibleName(/\d+ new/);
  await bell.click();
  const told = page.getByRole('listitem').filter({ hasText: 'A token for your account was made' });
  await expect(told).toContainText('New');
  await expect(told).toContainText('Nightly');
  await expect(bell).toHaveAccessibleName('Notifications');
  await page.reload();
  await expect(told).not.toContainText('New');
});
