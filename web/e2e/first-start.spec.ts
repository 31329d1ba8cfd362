import { expect, test, EMAIL, NAME, PASSWORD } from './support';

test('a newcomer sets up, prints the kit, proves that it is on paper, and is asked for photos', async ({
  page,
  server,
}) => {
  await page.goto(server.address);
  await expect(page.getByRole('heading', { name: 'This server is new' })).toBeVisible();

  await page.goto(`${server.address}/setup#${server.secret}`);
  await page.reload();
  await page.getByLabel('Your name').fill(NAME);
  await page.getByLabel('E-mail address').fill(EMAIL);
  await page.getByRole('textbox', { name: 'Password' }).fill('password1234');
  await page.getByRole('button', { name: 'Create the library' }).click();
  await expect(page.getByRole('alert')).toContainText(/guess|weak|common/i);
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create the library' }).click();

  const shown = page.getByTestId('recovery-key');
  await expect(shown).toContainText('AGE-SECRET-KEY-1');
  const key = (await shown.innerText()).replace(/\s/g, '');
  await expect(page.getByRole('img', { name: 'The same key, to be scanned' })).toBeVisible();
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('button', { name: 'Print it' })).toBeHidden();
  await expect(shown).toBeVisible();
  await page.emulateMedia({ media: 'screen' });

  await page.getByRole('button', { name: 'I have it on paper' }).click();
  await page.getByLabel('Last eight characters').fill('AAAAAAAA');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('alert')).toContainText('not what the key ends with');
  await page.getByLabel('Last eight characters').fill(key.slice(-8).toLowerCase());
  await page.getByRole('button', { name: 'Continue' }).click();

  await page.getByRole('button', { name: 'Family' }).click();
  await page.getByRole('button', { name: 'Create it and bring in photos' }).click();
  await expect(page.getByRole('heading', { name: 'Upload', level: 1 })).toBeVisible();
  expect(page.url()).not.toContain('ops_setup');

  await page.goto(`${server.address}/`);
  await expect(page.getByRole('heading', { name: 'Nothing to lose yet.' })).toBeVisible();
});
