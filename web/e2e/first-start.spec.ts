import { pictures } from './pictures';
import { expect, previews, test, EMAIL, NAME, PASSWORD } from './support';

test(
  'a newcomer sets up, prints the kit, proves that it is on paper, brings in photos, and sees them',
  { tag: '@phone' },
  async ({ page, server }) => {
    await page.goto(server.address);
    await expect(page.getByRole('heading', { name: 'This server is new' })).toBeVisible();

    await page.goto(`${server.address}/setup#${server.secret}`);
    await page.reload();
    await page.getByLabel('Your name').fill(NAME);
    await page.getByLabel('E-mail address').fill(EMAIL);
    await page.getByRole('textbox', { name: 'Password' }).fill('password1234');
    await page.getByRole('button', { name: 'Create library' }).click();
    await expect(page.getByRole('alert')).toContainText(/guess|weak|common/i);
    await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Create library' }).click();

    const kit = page.getByTestId('recovery-key');
    await expect(kit).toContainText('AGE-SECRET-KEY-1');
    const key = (await kit.innerText()).replace(/\s/g, '');
    // What is typed back is what stands there last, in groups of the same length.
    expect((await kit.locator('span').allInnerTexts()).slice(-2)).toEqual([key.slice(-8, -4), key.slice(-4)]);
    await expect(page.getByRole('img', { name: 'The same key as a QR code' })).toBeVisible();
    await page.emulateMedia({ media: 'print' });
    await expect(page.getByRole('button', { name: 'Print' })).toBeHidden();
    await expect(kit).toBeVisible();
    await page.emulateMedia({ media: 'screen' });

    await page.getByRole('button', { name: 'I have it on paper' }).click();
    await page.getByLabel('Last two groups').fill('AAAAAAAA');
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByRole('alert')).toContainText('not what the key ends with');
    await page.getByLabel('Last two groups').fill(`${key.slice(-8, -4)} ${key.slice(-4)}`.toLowerCase());
    await page.getByRole('button', { name: 'Continue' }).click();

    await page.getByRole('button', { name: 'Family' }).click();
    await page.getByRole('button', { name: 'Create space and add photos' }).click();
    await expect(page.getByRole('heading', { name: 'Upload', level: 1 })).toBeVisible();
    expect(page.url()).not.toContain('ops_setup');

    await page.goto(`${server.address}/`);
    await expect(page.getByRole('heading', { name: 'No photos yet.' })).toBeVisible();

    const some = pictures();
    await page.getByRole('main').getByRole('link', { name: 'Add photos' }).first().click();
    await page.getByTestId('files').setInputFiles(some);
    await expect(page.getByText(`All ${some.length} files are safe in the library.`)).toBeVisible({
      timeout: 60_000,
    });
    await previews(page);
    await page.getByRole('link', { name: 'View photos' }).click();
    await expect(page.locator('[data-index]')).toHaveCount(some.length);
    // A picture, and not only the place of one.
    const shown = page.locator('[data-index] img.there');
    await expect(shown).toHaveCount(some.length);
    for (const picture of await shown.all())
      expect(await picture.evaluate((img) => (img as HTMLImageElement).naturalWidth)).toBeGreaterThan(100);
  },
);
