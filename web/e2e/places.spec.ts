// Into which space and album files go that are dropped or pasted: into what is on screen, and never into another space.
import type { Page } from '@playwright/test';
import { call, expect, invite, settle, signIn, test } from './support';

/** Pastes a small file where the focus is, as a screenshot comes from the clipboard, or as a spreadsheet does, with text. */
async function paste(page: Page, name: string, text = ''): Promise<void> {
  await page.evaluate(
    ([name = '', text]) => {
      const clipboardData = new DataTransfer();
      if (text) clipboardData.setData('text/plain', text);
      clipboardData.items.add(new File([name], name, { type: 'image/png' }));
      const paste = new ClipboardEvent('paste', { bubbles: true, clipboardData });
      (document.activeElement ?? document.body).dispatchEvent(paste);
    },
    [name, text],
  );
}

const choose = async (page: Page, now: string, other: string) => {
  await page.getByRole('button', { name: `Space: ${now}. Switch space` }).click();
  await page.getByRole('menuitem', { name: other }).click();
  await expect(page.getByRole('button', { name: `Space: ${other}. Switch space` })).toBeVisible();
};

const names = (page: Page, space: string) =>
  call<{ assets: { name: string }[] }>(page, 'GET', `/api/v1/spaces/${space}/assets`).then(({ assets }) =>
    assets.map(({ name }) => name),
  );

test('another space shows its own albums in place of the album on screen, and takes what is pasted', async ({
  page,
  server,
}) => {
  const family = await settle(page, server);
  const { id: clients } = await call<{ id: string }>(page, 'POST', '/api/v1/spaces', { name: 'Clients' });
  const album = await call<{ id: string }>(page, 'POST', `/api/v1/spaces/${family}/albums`, {
    name: 'Lisbon',
  });
  await page.goto(`${server.address}/albums/${album.id}`);
  await expect(page.getByRole('heading', { name: 'Lisbon' })).toBeVisible();
  await choose(page, 'Family', 'Clients');
  await expect(page).toHaveURL(`${server.address}/albums`);
  await expect(page.getByText('No albums yet')).toBeVisible();
  await paste(page, 'contract.png');
  await expect(page.getByText(/^1 file on the way into “Clients”, album “\d{4}-\d\d-\d\d”$/)).toBeVisible();
  await expect.poll(() => names(page, clients)).toEqual(['contract.png']);
  expect(await names(page, family)).toEqual([]);

  // An album brings its space with it.
  await page.goto(`${server.address}/albums/${album.id}`);
  await expect(page.getByRole('button', { name: 'Space: Family. Switch space' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Lisbon' })).toBeVisible();
  await paste(page, 'beach.png');
  await expect(page.getByText('1 file on the way into “Family”, album “Lisbon”')).toBeVisible();
  await expect.poll(() => names(page, family)).toEqual(['beach.png']);
});

test('where none may be uploaded, files wait until a person has chosen their space', async ({
  page,
  server,
  browser,
}) => {
  const family = await settle(page, server);
  const { id: clients } = await call<{ id: string }>(page, 'POST', '/api/v1/spaces', { name: 'Clients' });
  const password = await invite(page, clients, 'cy@example.org', 'Cy');
  const again = await call<{ secret: string }>(page, 'POST', `/api/v1/spaces/${family}/invitations`, {
    email: 'cy@example.org',
    role: 'contributor',
  });
  const other = await browser.newContext();
  const cy = await other.newPage();
  await signIn(cy, server, 'cy@example.org', password);
  await call(cy, 'POST', '/api/v1/invitations/accept', { secret: again.secret, name: '', password });
  await cy.evaluate((id) => localStorage.setItem('ourphoto.space', id), clients);
  await cy.goto(`${server.address}/photos`);
  await expect(cy.getByRole('button', { name: 'Space: Clients. Switch space' })).toBeVisible();
  const asked: string[] = [];
  cy.on('request', (request) => asked.push(request.url()));

  await paste(cy, 'contract.png');
  await expect(cy).toHaveURL(`${server.address}/upload`);
  await expect(cy.getByText('Choose a space for 1 file; nothing is uploaded until you do.')).toBeVisible();
  const space = cy.getByRole('combobox', { name: 'Space' });
  await expect(space).toBeFocused();
  await expect(space).toHaveValue('');
  await expect(cy.getByRole('button', { name: 'Upload', exact: true })).toBeDisabled();
  expect(asked.filter((url) => /\/files\/|\/uploads$/.test(url) && url.includes('/spaces/'))).toEqual([]);
  await cy.getByRole('link', { name: 'Home' }).first().click();
  await cy.getByRole('link', { name: 'Choose a space for 1 file', exact: true }).click();
  await space.selectOption('Family');
  await cy.getByRole('button', { name: 'Upload to “Family”' }).click();
  await expect(cy.getByText('Your file is safe in the library.')).toBeVisible();
  expect(await names(page, family)).toEqual(['contract.png']);
  expect(await names(page, clients)).toEqual([]);

  // What is dropped on this page goes where what is chosen here goes.
  await space.selectOption('Family');
  await cy.getByRole('combobox', { name: 'Album' }).fill('Papers');
  await paste(cy, 'receipt.png');
  await expect(cy.getByText('All 2 files are safe in the library.')).toBeVisible();
  const albums = await call<{ name: string }[]>(page, 'GET', `/api/v1/spaces/${family}/albums`);
  expect(albums.map(({ name }) => name)).toContain('Papers');
  await other.close();
});

test('text that is pasted into a field with a picture of it stays text', async ({ page, server }) => {
  await settle(page, server);
  await page.goto(`${server.address}/search`);
  await page.getByRole('searchbox').focus();
  await paste(page, 'cells.png', 'Lisbon\tPorto');
  // What is on the way is told in their order.
  await paste(page, 'screenshot.png');
  await expect(page.getByText(/1 file on the way into/)).toHaveCount(1);
  await page.getByRole('heading', { level: 1 }).first().click();
  await paste(page, 'table.png', 'Lisbon\tPorto');
  await expect(page.getByText(/1 file on the way into/)).toHaveCount(2);
  await page.getByRole('button', { name: 'Upload', exact: true }).first().click();
  const list = page.getByRole('list', { name: 'Files' });
  await expect(list.getByRole('listitem')).toHaveCount(2);
  await expect(list.getByText('cells.png')).toHaveCount(0);
});

/** What a drag of one picture carries. */
const dragged = (page: Page) =>
  page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['x'], 'x.png', { type: 'image/png' }));
    return transfer;
  });

test('the veil goes when files are dragged away, however that is told', async ({ page, server }) => {
  await settle(page, server);
  await page.goto(`${server.address}/albums`);
  await expect(page.getByText('No albums yet')).toBeVisible();
  const data = await dragged(page);
  const tell = (what: string, where = 'h1') => page.dispatchEvent(where, what, { dataTransfer: data });
  const veil = page.getByText('Drop to upload');

  // What was under the pointer is gone, and tells nothing any more.
  await tell('dragenter');
  await tell('dragenter', 'main');
  await expect(veil).toBeVisible();
  await expect(veil).toBeHidden();

  await tell('dragenter');
  await tell('dragenter', 'main');
  await expect(veil).toBeVisible();
  await tell('dragleave');
  await expect(veil).toBeHidden({ timeout: 1000 });

  await tell('dragenter');
  await expect(veil).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(veil).toBeHidden({ timeout: 1000 });
});

test('a picture of the page that is dragged within it is nothing to upload', async ({ page, server }) => {
  await settle(page, server);
  await page.goto(`${server.address}/albums`);
  await expect(page.getByText('No albums yet')).toBeVisible();
  // A browser makes a file of a picture that is dragged, wherever it is from.
  const data = await dragged(page);
  const tell = (what: string) => page.dispatchEvent('h1', what, { dataTransfer: data });
  const said = page.getByText(/on the way into/);
  const veil = page.getByText('Drop to upload');
  await tell('dragstart');
  await tell('dragenter');
  await expect(veil).toBeHidden();
  await tell('drop');
  await tell('dragend');
  // The next one comes from outside, and is the only one.
  await tell('dragenter');
  await expect(veil).toBeVisible();
  await tell('drop');
  await expect(said).toHaveText(/^1 file on the way/);
  await page.getByRole('button', { name: 'Upload', exact: true }).first().click();
  await expect(page.getByRole('list', { name: 'Files' }).getByRole('listitem')).toHaveCount(1);
});
