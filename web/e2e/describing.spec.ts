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

/** Lets no change of a photo through; gives how to let them through again. */
async function cutOff(page: Page): Promise<() => Promise<void>> {
  await page.route('**/api/v1/assets/*', (route) =>
    route.request().method() === 'PATCH' ? route.abort() : route.continue(),
  );
  return () => page.unroute('**/api/v1/assets/*');
}

test('a caption that could not be kept is there when one comes back, and is tried again', async ({
  page,
  server,
}) => {
  const [id = ''] = await filled(page, server, 2);
  const viewer = await opened(page, server, id);
  const caption = viewer.getByLabel('Caption');
  const mend = await cutOff(page);
  await caption.fill('It took five minutes to write');
  await viewer.getByLabel('Creator').fill('Ana Example');
  await viewer.getByRole('textbox', { name: 'Keywords' }).fill('rain, snow');
  await viewer.getByRole('button', { name: /Next/ }).click();
  await expect(page.getByRole('alert').first()).toContainText('was not changed');
  await expect(caption).toHaveValue('');
  await viewer.getByRole('button', { name: /Previous/ }).click();
  await expect(caption).toHaveValue('It took five minutes to write');
  await expect(viewer.getByLabel('Creator')).toHaveValue('Ana Example');
  await expect(viewer.getByRole('textbox', { name: 'Keywords' })).toHaveValue('rain, snow');
  await expect(caption).toHaveAccessibleDescription(/Not saved/);
  await mend();
  const again = viewer.getByRole('button', { name: 'Try again' });
  for (let left = 3; left > 0; left -= 1) {
    await expect(again).toHaveCount(left);
    await again.first().click();
  }
  await expect(again).toHaveCount(0);
  await expect(viewer.getByRole('button', { name: 'Remove rain' })).toBeVisible();
  expect(await said(page, id)).toMatchObject({
    caption: 'It took five minutes to write',
    creator: 'Ana Example',
    keywords: ['rain', 'snow'],
  });
});

test('whoever closes the page with a caption half written is asked first, and going back keeps it', async ({
  page,
  server,
}) => {
  const [id = ''] = await filled(page, server, 1);
  await page.goto(`${server.address}/photos`);
  await page.locator('[data-index="0"]').click();
  const viewer = await about(page);
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.dismiss();
  });
  await viewer.getByLabel('Caption').click();
  await page.keyboard.type('Half written');
  await page.close({ runBeforeUnload: true });
  await expect.poll(() => asked).toEqual(['beforeunload']);
  await page.goBack();
  await expect(viewer).toBeHidden();
  await expect.poll(async () => (await said(page, id)).caption).toBe('Half written');
});

test('Backspace that is held deletes letters only, and a keyword goes by the second press, with the way back', async ({
  page,
  server,
}) => {
  const [id = ''] = await filled(page, server, 1);
  await call(page, 'PATCH', `/api/v1/assets/${id}`, { keywords: ['gamma', 'delta', 'epsilon'] });
  const viewer = await opened(page, server, id);
  const removes = viewer.getByRole('button', { name: /^Remove / });
  await expect(removes).toHaveCount(3);
  const field = viewer.getByRole('textbox', { name: 'Keywords' });
  await field.pressSequentially('mis');
  for (let held = 0; held < 8; held += 1) await page.keyboard.down('Backspace');
  await page.keyboard.up('Backspace');
  await expect(field).toHaveValue('');
  await page.keyboard.press('Backspace');
  await expect(viewer.getByText('Press Backspace again to remove epsilon')).toBeAttached();
  await expect(removes).toHaveCount(3);
  await page.keyboard.press('Backspace');
  await expect(page.getByText('Keyword “epsilon” removed')).toBeVisible();
  await expect(removes).toHaveCount(2);
  expect((await said(page, id)).keywords).toEqual(['gamma', 'delta']);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(removes).toHaveCount(3);
  await viewer.getByRole('button', { name: 'Remove gamma' }).click();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect
    .poll(async () => (await said(page, id)).keywords?.sort())
    .toEqual(['delta', 'epsilon', 'gamma']);
});

test('Enter that ends what an input method composes saves no keyword', async ({ page, server }) => {
  const [id = ''] = await filled(page, server, 1);
  const viewer = await opened(page, server, id);
  const field = viewer.getByRole('textbox', { name: 'Keywords' });
  await field.fill('にほん');
  const enter = { key: 'Enter', bubbles: true, cancelable: true };
  await field.dispatchEvent('keydown', { ...enter, isComposing: true });
  await expect(field).toHaveValue('にほん');
  await expect(viewer.getByRole('button', { name: /^Remove / })).toHaveCount(0);
  await field.press('Enter');
  await expect(viewer.getByRole('button', { name: 'Remove にほん' })).toBeVisible();
});
