// What is said of a photo is kept, whoever else says something of it at the same time and whatever the network does.
import { type Page } from '@playwright/test';
import { pictures } from './pictures';
import { about, call, expect, previews, settle, test, upload, type Server } from './support';

interface Said {
  title?: string;
  caption?: string;
  keywords?: string[];
}

const said = async (page: Page, id: string) =>
  (await call<{ metadata: Said }>(page, 'GET', `/api/v1/assets/${id}`)).metadata;

/** A space with so many photos; their ids, newest first. */
async function filled(page: Page, server: Server, count: number): Promise<string[]> {
  const space = await settle(page, server);
  await upload(page, server, pictures(count));
  await previews(page);
  const { assets } = await call<{ assets: { id: string }[] }>(page, 'GET', `/api/v1/spaces/${space}/assets`);
  return assets.map(({ id }) => id);
}

/** Opens a photo, and waits until the page hears what changes. */
async function opened(page: Page, server: Server, id: string | undefined) {
  const listens = page.waitForResponse('**/api/v1/events');
  await page.goto(`${server.address}/photos?photo=${id}`);
  await listens;
  return about(page);
}

test('two who give keywords to the same photo keep each other’s, and what is being typed stays', async ({
  page,
  server,
}) => {
  const [id = ''] = await filled(page, server, 1);
  await call(page, 'PATCH', `/api/v1/assets/${id}`, { keywords: ['rain'] });
  const viewer = await opened(page, server, id);
  await expect(viewer.getByRole('button', { name: 'Remove rain' })).toBeVisible();

  const other = await page.context().newPage();
  const theirs = await opened(other, server, id);
  await viewer.getByLabel('Caption').fill('Being typed');
  await theirs.getByRole('textbox', { name: 'Keywords' }).fill('alpha');
  await other.keyboard.press('Enter');
  await expect.poll(async () => (await said(page, id)).keywords?.sort()).toEqual(['alpha', 'rain']);
  // It comes by itself, and the sentence that is being written stays.
  await expect(viewer.getByRole('button', { name: 'Remove alpha' })).toBeVisible();
  await expect(viewer.getByLabel('Caption')).toHaveValue('Being typed');
  await other.close();

  // Somebody gives one in the moment before this page has heard of it.
  await call(page, 'PATCH', `/api/v1/assets/${id}`, { keywords: ['rain', 'alpha', 'gamma'] });
  await viewer.getByRole('textbox', { name: 'Keywords' }).fill('beta');
  await page.keyboard.press('Enter');
  await viewer.getByRole('button', { name: 'Remove rain' }).click();
  await expect.poll(async () => (await said(page, id)).keywords?.sort()).toEqual(['alpha', 'beta', 'gamma']);
});
