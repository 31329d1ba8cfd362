import { addCopy, call, expect, invite, previews, settle, signIn, test, upload } from './support';
import { pictures, varied } from './pictures';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

const field = (page: Page) => page.getByRole('searchbox');
const facet = (page: Page, sort: string) => page.getByRole('group', { name: sort, exact: true });

test('a search is narrowed with a click by everything that photos are told apart by', async ({
  page,
  server,
}) => {
  const space = await settle(page, server);
  const cameras = varied();
  await upload(page, server, [...pictures(3), ...cameras.files]);
  await previews(page);
  // A copy that is away, so that nothing fills it meanwhile.
  const drawer = mkdtempSync(join(tmpdir(), 'ourphoto-drawer-'));
  addCopy(server, 'drawer', drawer);
  rmSync(drawer, { recursive: true });
  // Somebody else brings one of their own.
  const made = await call<{ secret: string }>(page, 'POST', `/api/v1/spaces/${space}/invitations`, {
    email: 'bo@example.org',
    role: 'contributor',
  });
  const password = 'Bo has a horse battery staple';
  await call(page, 'POST', '/api/v1/invitations/accept', {
    secret: made.secret,
    name: 'Bo Example',
    password,
  });
  await page.context().clearCookies();
  await signIn(page, server, 'bo@example.org', password);
  await upload(page, server, pictures(4).slice(3));
  await page.context().clearCookies();
  await signIn(page, server);
  await previews(page);
  // One of them is a final: what a photo is to its maker is said over the photo.
  const all = await call<{ assets: { id: string }[] }>(page, 'GET', '/api/v1/search?q=');
  await page.goto(`${server.address}/photos?photo=${all.assets[0]?.id}`);
  await page.getByRole('dialog', { name: 'Photo' }).getByLabel('Kind').selectOption('Final');
  await expect
    .poll(
      async () =>
        (await call<{ assets: unknown[] }>(page, 'GET', '/api/v1/search?q=kind:final')).assets.length,
    )
    .toBe(1);
  await call(page, 'PATCH', `/api/v1/assets/${all.assets[1]?.id}`, { rating: 4, keywords: ['lake'] });
  await call(page, 'PATCH', `/api/v1/assets/${all.assets[2]?.id}`, { rating: 2, keywords: ['sea'] });

  const whole = all.assets.length;
  for (const [sort, name, filter, count] of [
    ['Kind', /^Final/, 'kind:final', 1],
    ['Camera', cameras.real ? /D70/ : /./, /camera:/, null],
    ['Location', /^Without location/, '-has:place', cameras.real ? cameras.files.length : null],
    ['Location', /^With location/, 'has:place', cameras.real ? 4 : null],
    ['Uploaded by', /^Bo Example/, 'by:"Bo Example"', 1],
    ['Rating', /^4 stars/, 'rating:4', 1],
    ['Keyword', /^sea/, 'keyword:sea', 1],
    ['Year', /./, /on:\d{4}/, null],
    ['Missing in', /^drawer/, 'missing:drawer', null],
    ['Missing in', /^Too few copies/, 'missing:copies', whole],
  ] as const) {
    await page.goto(`${server.address}/search?q=type:photo`);
    const chip = facet(page, sort).getByRole('button', { name }).first();
    const said = (await chip.textContent()) ?? '';
    await chip.click();
    await expect(field(page)).toHaveValue(typeof filter === 'string' ? `type:photo ${filter}` : filter);
    const expected = count ?? Number(/(\d+)\s*$/.exec(said)?.[1]);
    await expect(page.locator('[data-index]')).toHaveCount(expected);
    // The same click takes it away again.
    await facet(page, sort).getByRole('button', { pressed: true }).first().click();
    await expect(field(page)).toHaveValue('type:photo');
    await expect(page.locator('[data-index]')).toHaveCount(whole);
  }
  // One tier and one type narrow nothing, and are shown where they were asked for.
  await page.goto(`${server.address}/search?q=tier:working%20type:photo`);
  await expect(facet(page, 'Tier').getByRole('button', { name: /^Working/, pressed: true })).toBeVisible();
  await facet(page, 'Type')
    .getByRole('button', { name: /^Photo/ })
    .click();
  await expect(field(page)).toHaveValue('tier:working');

  await field(page).fill('missing:drawers');
  await expect(page.getByRole('alert')).toContainText('There is no copy');
  for (const size of [
    { width: 1280, height: 800 },
    { width: 390, height: 844 },
  ]) {
    await page.setViewportSize(size);
    await page.goto(`${server.address}/search?q=type:photo`);
    await expect(facet(page, 'Camera')).toBeVisible();
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wide, 'nothing sticks out').toBeLessThanOrEqual(0);
    await page.screenshot({ path: `test-results/facets-${size.width}.png` });
  }
});

test('more names than are seen at a glance are unfolded by keys', async ({ page, server }) => {
  await settle(page, server);
  await upload(page, server, pictures(1));
  await previews(page);
  const found = await call<{ assets: { id: string }[] }>(page, 'GET', '/api/v1/search?q=');
  const keywords = Array.from({ length: 11 }, (_, n) => `word${String(n).padStart(2, '0')}`);
  await call(page, 'PATCH', `/api/v1/assets/${found.assets[0]?.id}`, { keywords });
  await page.goto(`${server.address}/search?q=type:photo`);
  const group = facet(page, 'Keyword');
  await expect(group.getByRole('button')).toHaveCount(9);
  const more = group.getByRole('button', { name: 'Keyword: 3 more' });
  await expect(more).toHaveAttribute('aria-expanded', 'false');
  await more.focus();
  await page.keyboard.press('Enter');
  await expect(group.getByRole('button')).toHaveCount(12);
  await group.getByRole('button', { name: /word10/ }).focus();
  await page.keyboard.press('Space');
  await expect(field(page)).toHaveValue('type:photo keyword:word10');
});

test('who uploaded is told to members only', async ({ page, server }) => {
  const space = await settle(page, server);
  await upload(page, server, pictures(2));
  await previews(page);
  const found = await call<{ assets: { album: string }[] }>(page, 'GET', '/api/v1/search?q=');
  const password = await invite(page, space, 'guest@example.org', 'Guest');
  const members = await call<{ person: string; email?: string }[]>(
    page,
    'GET',
    `/api/v1/spaces/${space}/members`,
  );
  const guest = members.find((member) => member.email === 'guest@example.org')?.person;
  await call(page, 'DELETE', `/api/v1/spaces/${space}/members/${guest}`);
  await call(page, 'POST', `/api/v1/albums/${found.assets[0]?.album}/grants`, {
    email: 'guest@example.org',
    permissions: ['view'],
  });
  await page.context().clearCookies();
  await signIn(page, server, 'guest@example.org', password);
  await page.goto(`${server.address}/search?q=by:ana`);
  await expect(page.getByText('No results')).toBeVisible();
  const facets = await call<{ counted: number; people: unknown[] }>(page, 'GET', '/api/v1/search/facets?q=');
  expect([facets.counted, facets.people]).toEqual([2, []]);
});
