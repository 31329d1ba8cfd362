// What axe finds where pages are not addresses: the doors, each step of setting up, dialogs, menus, and work under way. In both
// sizes and both themes, with a picture of each.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOOKS, looked } from './faults';
import { pictures } from './pictures';
import { call, EMAIL, expect, NAME, PASSWORD, previews, settle, test, upload } from './support';

// Every look at a page takes a while.
test.setTimeout(600_000);

/** What is anchored to its button closes when the window changes, so that each size opens it anew. */
const desktop = LOOKS.filter(({ size }) => size === 'desktop');

test('the doors, and each step of setting up, have no fault that axe finds', async ({ page, server }) => {
  const found: string[] = [];
  await page.goto(server.address);
  await expect(page.getByRole('heading', { name: 'This server is new' })).toBeVisible();
  found.push(...(await looked(page, 'not-set-up')));
  await page.goto(`${server.address}/setup#${server.secret}`);
  await page.reload();
  await page.getByLabel('Your name').fill(NAME);
  await page.getByLabel('E-mail address').fill(EMAIL);
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  found.push(...(await looked(page, 'setup-account')));
  await page.getByRole('button', { name: 'Create library' }).click();
  const kit = page.getByTestId('recovery-key');
  await expect(kit).toContainText('AGE-SECRET-KEY-1');
  const key = (await kit.innerText()).replace(/\s/g, '');
  found.push(...(await looked(page, 'setup-kit')));
  await page.getByRole('button', { name: 'I have it on paper' }).click();
  await page.getByLabel('Last two groups').fill('AAAAAAAA');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  found.push(...(await looked(page, 'setup-check')));
  await page.getByLabel('Last two groups').fill(key.slice(-8));
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('button', { name: 'Family' })).toBeVisible();
  found.push(...(await looked(page, 'setup-space')));
  await page.getByRole('button', { name: 'Family' }).click();
  await page.getByRole('button', { name: 'Create space and add photos' }).click();
  await expect(page.getByRole('heading', { name: 'Upload', level: 1 })).toBeVisible();

  const [space] = await call<{ id: string }[]>(page, 'GET', '/api/v1/spaces');
  const body = { email: 'ben@example.org', role: 'viewer' };
  const made = await call<{ secret: string }>(page, 'POST', `/api/v1/spaces/${space?.id}/invitations`, body);
  await page.goto(`${server.address}/invitation#${made.secret}`);
  await page.reload();
  await expect(page.getByRole('button', { name: 'Accept' })).toBeVisible();
  found.push(...(await looked(page, 'invitation')));
  expect(found).toEqual([]);
});

test('dialogs, menus, a selection and photos that are dragged have no fault that axe finds', async ({
  page,
  server,
}) => {
  const found: string[] = [];
  const space = await settle(page, server);
  await upload(page, server, pictures());
  await previews(page);
  await call(page, 'POST', `/api/v1/spaces/${space}/albums`, { name: 'Favourites' });

  await page.goto(`${server.address}/account`);
  await page.getByRole('button', { name: 'Add an authenticator app' }).click();
  await expect(page.getByLabel('Name', { exact: true })).toBeVisible();
  found.push(...(await looked(page, 'dialog-authenticator')));
  await page.keyboard.press('Escape');
  await page.route('**/api/v1/tokens', (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    const told = { type: '/problems/proof-required', title: 'x', status: 401, detail: 'prove who you are' };
    return route.fulfill({
      status: 401,
      contentType: 'application/problem+json',
      body: JSON.stringify(told),
    });
  });
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByLabel('Name', { exact: true }).fill('A script');
  await page.getByRole('button', { name: 'Create token' }).click();
  await expect(page.getByRole('dialog', { name: 'Confirm it’s you' })).toBeVisible();
  found.push(...(await looked(page, 'dialog-proof')));
  await page.keyboard.press('Escape');

  for (const look of LOOKS) {
    await page.setViewportSize(look.viewport);
    await page.goto(`${server.address}/account`);
    await page.getByRole('button', { name: /Actions for Ana/ }).click();
    await expect(page.getByRole('menu')).toBeVisible();
    found.push(...(await looked(page, 'menu', [look])));
    await page.keyboard.press('Escape');
    await page.goto(`${server.address}/photos`);
    await page.locator('[data-index="0"]').focus();
    await page.keyboard.press('x');
    await expect(page.getByRole('toolbar')).toBeVisible();
    found.push(...(await looked(page, 'selection', [look])));
    await page.getByRole('toolbar').getByRole('button', { name: 'Add to album…' }).click();
    await expect(page.getByRole('dialog').getByRole('button', { name: /Favourites/ })).toBeVisible();
    found.push(...(await looked(page, 'dialog-add-to-album', [look])));
  }

  for (const look of desktop) {
    await page.setViewportSize(look.viewport);
    await page.goto(`${server.address}/photos`);
    await page.locator('[data-index="0"]').hover();
    await page.mouse.down();
    await page.mouse.move(600, 500, { steps: 4 });
    const albums = page.getByRole('complementary', { name: /on an album/ });
    await albums.getByRole('listitem').filter({ hasText: 'Favourites' }).hover();
    found.push(...(await looked(page, 'drag', [look])));
    await page.mouse.up();
  }

  const { id } = (await call<{ id: string }[]>(page, 'GET', `/api/v1/spaces/${space}/albums`))[0] ?? {
    id: '',
  };
  await page.goto(`${server.address}/albums/${id}`);
  await page.getByRole('button', { name: /^Actions for (?!Ana)/ }).click();
  await page.getByRole('menuitem', { name: 'Move album to trash' }).click();
  await expect(page.getByRole('alertdialog')).toBeVisible();
  found.push(...(await looked(page, 'dialog-confirm')));
  expect(found).toEqual([]);
});

test('an upload that runs has no fault that axe finds', async ({ page, server }) => {
  await settle(page, server);
  const folder = mkdtempSync(join(tmpdir(), 'ourphoto-films-'));
  const film = join(folder, 'film.mov');
  writeFileSync(film, randomBytes(20_000_000));
  const empty = join(folder, 'empty.jpg');
  writeFileSync(empty, '');
  await page.goto(`${server.address}/upload`);
  // Nothing of the film gets through for now.
  await page.route('**/uploads/**', () => undefined);
  await page.route('**/uploads', (route) =>
    route.request().method() === 'POST' ? undefined : route.continue(),
  );
  await page.getByTestId('files').setInputFiles([film, empty, ...pictures(3)]);
  await expect(page.getByRole('progressbar', { name: 'film.mov' })).toBeVisible();
  await expect(page.getByText('Empty files contain no photo')).toBeVisible();
  expect(await looked(page, 'upload-running')).toEqual([]);
  page.on('dialog', (dialog) => void dialog.accept());
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  rmSync(folder, { recursive: true });
});
