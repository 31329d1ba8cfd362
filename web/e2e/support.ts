// A started server, somebody who has set it up, and real photos.
import { execFileSync } from 'node:child_process';
import { test as base, expect, type Locator, type Page } from '@playwright/test';
import { program, served } from '../dev/server.mjs';
import { front } from '../dev/serve.mjs';

export { expect };

export const PASSWORD = 'correct horse battery staple';
export const EMAIL = 'ana@example.org';
export const NAME = 'Ana';

export interface Server {
  address: string;
  secret: string;
  /** Its data folder, for what is done on the server's machine. */
  data: string;
  stop: () => Promise<void>;
}

/** A new server with the app before it: its own where the program has one, else (or with OURPHOTO_FRONT) this folder's build. */
export async function start(): Promise<Server> {
  const server = await served();
  const own = await fetch(server.address, { headers: { accept: 'text/html' } });
  if (!process.env.OURPHOTO_FRONT && (await own.text()).includes('/_app/immutable/')) return server;
  const app = await front(server.address);
  const stop = async () => {
    await app.stop();
    await server.stop();
  };
  return { address: app.address, secret: server.secret, data: server.data, stop };
}

/** Asks the server as the page would. */
export function call<T>(page: Page, method: string, path: string, body?: unknown): Promise<T> {
  return page.evaluate(
    async ({ method, path, body }) => {
      const init: RequestInit = { method };
      if (body !== undefined) {
        init.headers = { 'content-type': 'application/json' };
        init.body = JSON.stringify(body);
      }
      const response = await fetch(path, init);
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return (text ? JSON.parse(text) : null) as T;
    },
    { method, path, body },
  );
}

/** Sets a server up without the wizard, and signs this page in. */
export async function settle(page: Page, server: Server, space = 'Family'): Promise<string> {
  await page.goto(`${server.address}/sign-in`);
  await call(page, 'POST', '/api/v1/setup', {
    secret: server.secret,
    email: EMAIL,
    name: NAME,
    password: PASSWORD,
  });
  await signIn(page, server);
  const made = await call<{ id: string }>(page, 'POST', '/api/v1/spaces', { name: space });
  await page.reload();
  return made.id;
}

export async function signIn(
  page: Page,
  server: { address: string },
  email = EMAIL,
  password = PASSWORD,
): Promise<void> {
  await page.goto(`${server.address}/sign-in`);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page).not.toHaveURL(/sign-in/);
}

/** Makes an account for somebody else, by an invitation into a space. Gives their password. */
export async function invite(page: Page, space: string, email: string, name: string): Promise<string> {
  const made = await call<{ secret: string }>(page, 'POST', `/api/v1/spaces/${space}/invitations`, {
    email,
    role: 'viewer',
  });
  const password = `${name} has a horse battery staple`;
  await call(page, 'POST', '/api/v1/invitations/accept', { secret: made.secret, name, password });
  return password;
}

/** Opens what is known of the photo that is shown, which on a phone is closed at first. */
export async function about(page: Page): Promise<Locator> {
  const viewer = page.getByRole('dialog', { name: 'Photo' });
  const toggle = viewer.getByRole('button', { name: /About this photo/ });
  if ((await toggle.getAttribute('aria-pressed')) !== 'true') await toggle.click();
  await expect(viewer.getByRole('heading', { name: 'About this photo' })).toBeVisible();
  return viewer;
}

/** The names of what has the focus, or of everything that can have it. */
function named(
  page: Page,
  which: ':focus' | 'a, button, input, select, textarea, [tabindex]',
): Promise<string[]> {
  return page.evaluate((which) => {
    return [...document.querySelectorAll(which)].map((one) => {
      const labelled = one.id
        ? document.querySelector(`label[for="${CSS.escape(one.id)}"]`)?.textContent
        : one.closest('label')?.textContent;
      return `${one.getAttribute('aria-label') ?? ''} ${labelled ?? ''} ${one.matches('a, button') ? one.textContent : ''}`.trim();
    });
  }, which);
}

/** Waits until there is something of this name, and presses Tab until it has the focus. */
export async function tabTo(page: Page, name: RegExp, limit = 60): Promise<void> {
  // A dialog comes when its part of the app has come, which a busy machine makes wait.
  const everything = () => named(page, 'a, button, input, select, textarea, [tabindex]');
  await expect
    .poll(async () => (await everything()).some((one) => name.test(one)), {
      message: `${name}`,
      timeout: 15_000,
    })
    .toBe(true);
  for (let pressed = 0; pressed < limit; pressed += 1) {
    if ((await named(page, ':focus')).some((one) => name.test(one))) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never came to ${name}`);
}

/** Uploads files on the upload page, and waits until all are safe. */
export async function upload(
  page: Page,
  server: Server,
  files: string | string[],
  field = 'files',
): Promise<void> {
  await page.goto(`${server.address}/upload`);
  await page.getByTestId(field).setInputFiles(files);
  await expect(
    page.getByText(/safe in the library\. You can close|files? (was|were) not uploaded$/),
  ).toBeVisible({
    timeout: 90_000,
  });
}

/** Adds a copy, on the server's machine; it is brought up to date when the server comes to it. */
export function addCopy(server: Server, name: string, folder: string): void {
  const place = ['--url', `file://${folder}`, '--medium', 'disk', '--place', 'offsite'];
  execFileSync(program(), ['copies', 'add', name, '--data', server.data, ...place]);
}

/** Waits until no preview is still to be made. */
export async function previews(page: Page): Promise<void> {
  await expect
    .poll(async () => (await call<{ jobs_waiting: number }>(page, 'GET', '/api/v1/status')).jobs_waiting, {
      timeout: 90_000,
    })
    .toBe(0);
}

interface Fixtures {
  server: Server;
  /** What the page complained of: errors, refusals of the policy, requests to elsewhere. */
  complaints: string[];
}

export const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern
  server: async ({}, use) => {
    const server = await start();
    await use(server);
    await server.stop();
  },
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
      page.on('console', (message) => {
        const text = message.text();
        if (/Content.Security.Policy|violates/i.test(text)) complaints.push(`policy: ${text}`);
      });
      page.on('request', (request) => {
        const { hostname, protocol } = new URL(request.url());
        if (protocol.startsWith('http') && !['127.0.0.1', 'localhost'].includes(hostname))
          complaints.push(`elsewhere: ${request.url()}`);
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});
