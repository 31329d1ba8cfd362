import { type Browser, type Page } from '@playwright/test';
import { call, expect, settle, signIn, test, type Server } from './support';

const PASSWORD = 'a third horse battery staple';

/** The smallest picture that there is; each has bytes of its own. */
const picture = (number: number) =>
  Buffer.concat([
    Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64'),
    Buffer.from([number]),
  ]);

async function send(page: Page, space: string, album: string, name: string, number: number): Promise<string> {
  return page.evaluate(
    async ({ space, album, name, bytes }) => {
      const body = new Uint8Array(bytes);
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
      const sha256 = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      const query = new URLSearchParams({ album, name, sha256 });
      const sent = await fetch(`/api/v1/spaces/${space}/files?${query}`, { method: 'PUT', body });
      if (!sent.ok) throw new Error(await sent.text());
      return ((await sent.json()) as { asset: string }).asset;
    },
    { space, album, name, bytes: [...picture(number)] },
  );
}

async function contributor(page: Page, server: Server, space: string, browser: Browser): Promise<Page> {
  const made = await call<{ secret: string }>(page, 'POST', `/api/v1/spaces/${space}/invitations`, {
    email: 'ben@example.org',
    role: 'contributor',
  });
  const accepted = { secret: made.secret, name: 'Ben', password: PASSWORD };
  await call(page, 'POST', '/api/v1/invitations/accept', accepted);
  const ben = await (await browser.newContext()).newPage();
  await signIn(ben, server, 'ben@example.org', PASSWORD);
  // Accepting an invitation signs in whoever accepts it.
  await page.context().clearCookies();
  await signIn(page, server);
  return ben;
}

test('a photo is added to another album, seen there, and removed from it without being lost', async ({
  page,
  server,
}) => {
  const space = await settle(page, server);
  const photo = await send(page, space, 'Summer', 'a.gif', 1);
  await page.goto(`${server.address}/photos`);
  const tile = page.locator(`a[href="?photo=${photo}"]`);
  await tile.waitFor();
  await page.getByRole('checkbox', { name: 'Select a.gif' }).click({ force: true });
  await page.getByRole('button', { name: 'Add to album…' }).click();
  await page.getByLabel('Find an album or name a new one').fill('Favourites');
  await page.getByRole('button', { name: 'Create album “Favourites”' }).click();
  await expect(page.getByText('1 photo added to Favourites')).toBeVisible();

  await page.goto(`${server.address}/albums`);
  await page.getByRole('link', { name: /Favourites/ }).click();
  await tile.click();
  await expect(page.getByRole('link', { name: 'Summer' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('checkbox', { name: 'Select a.gif' }).click({ force: true });
  await page.getByRole('button', { name: 'Remove from this album' }).click();
  await expect(page.getByText('1 photo removed from this album but kept in the library')).toBeVisible();
  await expect(page.getByText('This album is empty')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(tile).toBeVisible();
});

test('photos are dragged onto an album, the chosen ones together', async ({ page, server }) => {
  const space = await settle(page, server);
  for (const [at, name] of ['a.gif', 'b.gif', 'c.gif'].entries()) await send(page, space, 'Summer', name, at);
  await call(page, 'POST', `/api/v1/spaces/${space}/albums`, { name: 'Favourites' });
  await page.goto(`${server.address}/photos`);
  const drag = async (name: string, onto: string) => {
    await page.getByRole('link', { name: new RegExp(name) }).hover();
    await page.mouse.down();
    await page.mouse.move(600, 500, { steps: 4 });
    const albums = page.getByRole('complementary', { name: /on an album/ });
    const album = albums.getByRole('listitem').filter({ hasText: onto });
    await album.hover();
    await expect(album).toHaveClass(/over/);
    await page.mouse.up();
    await expect(albums).toBeHidden();
  };
  await drag('a.gif', 'Favourites');
  await expect(page.getByText('1 photo added to Favourites')).toBeVisible();
  for (const name of ['b.gif', 'c.gif'])
    await page.getByRole('checkbox', { name: `Select ${name}` }).click({ force: true });
  await drag('c.gif', 'Favourites');
  await expect(page.getByText('2 photos added to Favourites')).toBeVisible();
  await expect(page.getByRole('toolbar')).toHaveCount(0);

  await page.goto(`${server.address}/albums`);
  await page.getByRole('link', { name: /Favourites/ }).click();
  await expect(page.locator('[data-index]')).toHaveCount(3);
});

test('in a search everywhere, what is offered for photos is what each of their spaces allows', async ({
  page,
  server,
  browser,
}) => {
  const space = await settle(page, server);
  const ben = await contributor(page, server, space, browser);
  const own = await call<{ id: string }>(page, 'POST', '/api/v1/spaces', { name: 'Own' });
  const asked = { email: 'ben@example.org', role: 'manager' };
  const { secret } = await call<{ secret: string }>(
    page,
    'POST',
    `/api/v1/spaces/${own.id}/invitations`,
    asked,
  );
  await call(ben, 'POST', '/api/v1/invitations/accept', { secret, password: PASSWORD });
  await send(page, space, 'Summer', 'theirs.gif', 1);
  await send(ben, own.id, 'Summer', 'own.gif', 2);
  await ben.goto(`${server.address}/photos`);
  await ben.getByRole('button', { name: /^Space: / }).click();
  await ben.getByRole('menuitem', { name: 'Own' }).click();
  await expect(ben.getByRole('link', { name: /own\.gif/ })).toBeVisible();
  await ben.goto(`${server.address}/search?q=gif&everywhere`);
  const choose = (name: string) =>
    ben.getByRole('checkbox', { name: `Select ${name}` }).click({ force: true });
  const bar = ben.getByRole('toolbar');
  const remove = bar.getByRole('button', { name: 'Move to trash' });
  await choose('own.gif');
  await expect(remove).toBeVisible();
  await expect(bar.getByRole('button', { name: 'Rate' })).toBeVisible();
  await choose('theirs.gif');
  await expect(bar.getByText('2 photos selected')).toBeVisible();
  await expect(remove).toHaveCount(0);
  await expect(bar.getByRole('button', { name: 'Rate' })).toHaveCount(0);
  await ben.context().close();
});

test('what a contributor brings waits, is approved or declined with a reason, and they are told', async ({
  page,
  server,
  browser,
}) => {
  const space = await settle(page, server);
  const ben = await contributor(page, server, space, browser);
  await page.goto(`${server.address}/spaces/${space}`);
  await page.getByLabel('Require approval for contributors’ photos').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved')).toBeVisible();
  await page.goto(`${server.address}/spaces/${space}/waiting`);
  await expect(page.getByText('Nothing to approve')).toBeVisible();
  for (const number of [1, 2, 3]) await send(ben, space, 'Sent', `${number}.gif`, number);
  // Who has the queue open sees them come.
  await expect(page.getByText('3.gif')).toBeVisible();
  await ben.goto(`${server.address}/spaces/${space}/waiting`);
  await expect(ben.getByText('3.gif')).toBeVisible();
  await expect(ben.getByRole('button', { name: /Approve/ })).toHaveCount(0);

  await page.goto(`${server.address}/spaces`);
  await expect(page.getByLabel('3 photos waiting for approval').first()).toBeAttached();
  await page.getByRole('link', { name: '3 photos waiting for approval', exact: true }).click();
  await page.getByRole('button', { name: 'Approve 1.gif' }).click();
  await expect(page.getByText('1 photo approved')).toBeVisible();
  await page.getByRole('checkbox', { name: 'Select all' }).check();
  await page.getByRole('button', { name: 'Decline…', exact: true }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.getByRole('button', { name: 'Decline…', exact: true }).first().click();
  await page.getByLabel('Reason (shown to the uploader)').fill('Too dark');
  await page.getByRole('button', { name: 'Decline', exact: true }).click();
  await expect(page.getByText('2 photos declined')).toBeVisible();
  await expect(page.getByText('Nothing to approve')).toBeVisible();

  const told = await call<{ notices: { title: string; text: string }[] }>(ben, 'GET', '/api/v1/notices');
  expect(told.notices[0]?.title).toBe('2 of your photos were declined');
  expect(told.notices[0]?.text).toContain('Too dark');
  await ben.context().close();
});

test('a photo deleted from the queue gives way to the next, can be brought back, and what cannot be is told', async ({
  page,
  server,
  browser,
}) => {
  const space = await settle(page, server);
  const ben = await contributor(page, server, space, browser);
  await call(page, 'PATCH', `/api/v1/spaces/${space}`, { approval: true });
  for (const number of [1, 2, 3]) await send(ben, space, 'Sent', `${number}.gif`, number);
  await page.goto(`${server.address}/spaces/${space}/waiting`);
  const waiting = page.getByRole('main').getByRole('listitem');
  await expect(waiting).toHaveCount(3);
  await waiting.first().getByRole('link').click();
  const viewer = page.getByRole('dialog', { name: 'Photo' });
  await expect(viewer.getByText('1 of 3')).toBeVisible();
  const name = await viewer.locator('.bar p').first().innerText();
  await viewer.getByRole('button', { name: /Move to trash/ }).click();
  await expect(viewer.getByText('1 of 2')).toBeVisible();
  await expect(viewer.locator('.bar p').first()).not.toHaveText(name);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText('1 photo restored')).toBeVisible();

  await page.route('**/api/v1/assets/*', (route) =>
    route.request().method() === 'DELETE' ? route.abort() : route.continue(),
  );
  await viewer.getByRole('button', { name: /Move to trash/ }).click();
  await expect(page.getByText('1 photo could not be moved to the trash')).toBeVisible();
  await expect(viewer.getByText('1 of 2')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(waiting).toHaveCount(3);
  await ben.context().close();
});
