// What axe finds in each dialog, with a picture of each. Those that stand in the way of other work (the proof, the question
// whether one is sure, the choice of an album) are in doors.spec.ts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { LOOKS, looked } from './faults';
import { pictures } from './pictures';
import { addCopy, call, expect, invite, previews, settle, test, upload } from './support';

// The two that differ most.
const BOTH = LOOKS.slice(0, 2);

test('no dialog has a fault that axe finds', async ({ page, server }) => {
  test.setTimeout(600_000);
  const space = await settle(page, server);
  await invite(page, space, 'ben@example.org', 'Ben');
  const members = `/api/v1/spaces/${space}/members`;
  const ben = (await call<{ person: string; name: string }[]>(page, 'GET', members)).find(
    ({ name }) => name === 'Ben',
  );
  const may = { role: 'custom', permissions: ['view', 'upload'] };
  await call(page, 'PUT', `${members}/${ben?.person}`, may);
  await upload(page, server, pictures(2));
  await previews(page);
  await call(page, 'POST', `/api/v1/spaces/${space}/albums`, { name: 'Favourites' });
  const albums = await call<{ id: string }[]>(page, 'GET', `/api/v1/spaces/${space}/albums`);
  const album = `/albums/${albums[0]?.id}`;
  const disk = mkdtempSync(join(tmpdir(), 'ourphoto-copy-'));
  addCopy(server, 'Attic', disk);
  const button = (name: string | RegExp) => (page: Page) =>
    page.getByRole('button', { name }).first().click();
  const rename = async (page: Page) => {
    await page.getByRole('button', { name: /^Actions for (?!Ana)/ }).click();
    await page.getByRole('menuitem', { name: 'Rename album' }).click();
  };
  const made = async (page: Page) => {
    await button('New token')(page);
    await page.getByLabel('Name', { exact: true }).fill('A script');
    await button('Create token')(page);
    await expect(page.getByRole('textbox', { name: 'Your token (shown only once)' })).toBeVisible();
  };
  const dialogs: [string, string, (page: Page) => Promise<void>][] = [
    ['album', '/albums', button('New album')],
    ['rename', album, rename],
    ['people', album, button('People')],
    ['space', '/spaces', button('New space')],
    ['invite', `/spaces/${space}`, button('Invite someone')],
    ['custom', `/spaces/${space}`, button('Change permissions of Ben')],
    ['token', '/account', button('New token')],
    ['token-made', '/account', made],
    ['channel', '/account/notifications', button('Add a channel')],
    ['care', '/safety', button('Settings for Attic')],
    ['rule', '/safety', button('Edit rule for Family')],
    ['drill', '/safety/drills', button('Start a drill')],
    ['plan', '/safety/reviews', button('Add a review')],
  ];
  const found: string[] = [];
  for (const [name, path, open] of dialogs) {
    await page.setViewportSize(BOTH[0].viewport);
    await page.goto(server.address + path);
    await open(page);
    await expect(page.getByRole('dialog')).toBeVisible();
    found.push(...(await looked(page, `dialog-${name}`, BOTH)));
  }
  rmSync(disk, { recursive: true });
  expect(found).toEqual([]);
});
