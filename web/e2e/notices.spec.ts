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
  await expect(page.getByText('Nowhere yet')).toBeVisible();
  await expect(page.getByText('A sign-in from somewhere new')).toBeVisible();
  await tabTo(page, /^Add a place$/);
  await page.keyboard.press('Enter');
  await tabTo(page, /E-mail/);
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('radio', { name: /Webhook/ })).toBeChecked();
  await tabTo(page, /Address of the webhook/);
  await page.keyboard.type('https://127.0.0.1/#no');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText('must not contain');
  await page.getByLabel('Address of the webhook').fill(address);
  await page.getByLabel('Address of the webhook').press('Enter');
  await expect(page.getByLabel('Secret', { exact: true })).toHaveValue(/^opw_/);
  await page.keyboard.press('Escape');
  await expect(page.getByText('waits for its code')).toBeVisible();
  await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(1);

  await tabTo(page, /The code that was sent there/);
  await page.keyboard.type('wrong');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert').first()).toBeVisible();
  await page.getByLabel('The code that was sent there').fill(heard[0]?.code ?? '');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Confirmed: you are told there from now on')).toBeVisible();
  await page.getByRole('button', { name: /Send a test to/ }).press('Enter');
  await expect.poll(() => heard.some((one) => one.kind === 'test'), { timeout: 20_000 }).toBe(true);
  expect(signed.every((one) => one.startsWith('v1='))).toBe(true);
  await expect(page.getByText(/last arrived/)).toBeVisible({ timeout: 15_000 });

  await page.getByRole('button', { name: /What goes to/ }).press('Enter');
  await tabTo(page, /An album was opened to you/);
  await page.keyboard.press('Space');
  await page.keyboard.press('Enter');
  await expect(page.getByText('not everything')).toBeVisible();
  await page.getByRole('button', { name: /^Remove http/ }).press('Enter');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).press('Enter');
  await expect(page.getByText('Nowhere yet')).toBeVisible();
  http.close();
});

test('a server without mail says so, and a channel that fails says why', async ({ page, server }) => {
  await settle(page, server);
  await page.goto(`${server.address}/account/notifications`);
  await page.getByRole('button', { name: 'Add a place' }).click();
  await page.getByRole('button', { name: 'Add it' }).click();
  await expect(page.getByRole('alert')).toContainText('This server sends no e-mail');
  await page.getByRole('radio', { name: /ntfy/ }).check();
  // Nothing listens at this port.
  await page.getByLabel('Address of the topic').fill('http://127.0.0.1:9/topic');
  await page.getByRole('button', { name: 'Add it' }).click();
  await expect(page.getByText('waits for its code')).toBeVisible();
  await expect(async () => {
    await page.reload();
    await expect(page.getByText(/^Failed .* It is tried again\./)).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 30_000 });
});

test('the bell counts what is new, and looking at it is seeing it', async ({ page, server }) => {
  await settle(page, server);
  await call(page, 'POST', '/api/v1/tokens', { name: '<b>Nightly', permissions: ['view'], lasts: 86400 });
  await page.reload();
  const bell = page.getByRole('link', { name: /^Notices/ }).first();
  await expect(bell).toHaveAccessibleName(/\d+ new/);
  await bell.click();
  const told = page.getByRole('listitem').filter({ hasText: 'A token for your account was made' });
  await expect(told).toContainText('New');
  await expect(told).toContainText('Nightly');
  await expect(bell).toHaveAccessibleName('Notices');
  await page.reload();
  await expect(told).not.toContainText('New');
});
