// The main ways through the app, without a mouse.
import { many, named, pictures } from './pictures';
import { EMAIL, expect, NAME, PASSWORD, previews, settle, tabTo, test, upload } from './support';

test('from signing in to an edited photo, an album and signing out', async ({ page, server }) => {
  await settle(page, server);
  await upload(page, server, pictures());
  await previews(page);
  await page.context().clearCookies();
  await page.goto(server.address);
  await expect(page.getByLabel('E-mail address')).toBeFocused();
  await page.keyboard.type(EMAIL);
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Home', level: 1 })).toBeVisible();

  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await tabTo(page, /^Photos$/);
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-index="0"]')).toBeVisible();
  await tabTo(page, named());
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('[data-index="1"]')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Home');
  await expect(page.locator('[data-index="0"]')).toBeFocused();
  await page.keyboard.press('x');
  await expect(page.getByRole('toolbar', { name: '1 photo selected' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('toolbar')).toHaveCount(0);

  await page.keyboard.press('Enter');
  const viewer = page.getByRole('dialog', { name: 'Photo' });
  await expect(viewer).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(viewer.getByText('2 of ')).toBeVisible();
  // Focus goes around within, and never behind.
  for (let pressed = 0; pressed < 40; pressed += 1) {
    await page.keyboard.press('Tab');
    expect(await viewer.evaluate((node) => node.contains(document.activeElement))).toBe(true);
  }
  await tabTo(page, /^Title/);
  await page.keyboard.type('By keys alone');
  await page.keyboard.press('Tab');
  await expect(viewer.locator('.bar p').first()).toHaveText('By keys alone');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(viewer).toBeHidden();
  await expect(page.locator('[data-index="1"]')).toBeFocused();

  await page.goto(`${server.address}/albums`);
  await tabTo(page, /New album/);
  await page.keyboard.press('Enter');
  await tabTo(page, /Album name/);
  await page.keyboard.type('Made by keys');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Made by keys' })).toBeVisible();

  await tabTo(page, /Actions for Ana/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menu')).toBeVisible();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('the months at the edge are reached by keys', async ({ page, server }) => {
  await settle(page, server);
  await upload(page, server, many());
  await previews(page);
  await page.goto(`${server.address}/photos`);
  const months = page.getByRole('slider', { name: 'Go to a month' });
  await expect(page.locator('[data-index="0"]')).toBeVisible();
  await tabTo(page, /^Go to a month$/);
  await expect(months).toBeFocused();
  const before = await months.getAttribute('aria-valuetext');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(months).not.toHaveAttribute('aria-valuetext', before ?? '');
  await page.keyboard.press('End');
  await expect.poll(() => page.getByTestId('grid').evaluate((grid) => grid.scrollTop)).toBeGreaterThan(200);
});

test('a library is set up and photos are brought in without a mouse', async ({ page, server }) => {
  const press = async (name: RegExp) => {
    await tabTo(page, name);
    await page.keyboard.press('Enter');
  };
  const say = async (name: RegExp, what: string) => {
    await tabTo(page, name);
    await page.keyboard.type(what);
  };
  await page.goto(`${server.address}/setup#${server.secret}`);
  await expect(page.getByLabel('Your name')).toBeVisible();
  await say(/Your name/, NAME);
  await say(/E-mail address/, EMAIL);
  await say(/^\s*Password/, PASSWORD);
  await press(/Create library/);
  const key = (await page.getByTestId('recovery-key').innerText()).replace(/\s/g, '');
  await press(/I have it on paper/);
  await expect(page.getByLabel('Last two groups')).toBeVisible();
  await say(/Last two groups/, key.slice(-8));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Family' })).toBeVisible();
  await press(/^Family$/);
  await press(/Create space and add photos/);
  await expect(page.getByRole('heading', { name: 'Upload', level: 1 })).toBeVisible();

  const some = pictures(4);
  const chooser = page.waitForEvent('filechooser');
  await press(/Choose files/);
  await (await chooser).setFiles(some);
  await expect(page.getByText('All 4 files are safe in the library.')).toBeVisible({ timeout: 60_000 });
  await previews(page);
  await press(/View photos/);
  await expect(page.locator('[data-index]')).toHaveCount(4);

  // To the trash from the viewer, and back: by the keys that undo, and by the button that says so.
  const viewer = page.getByRole('dialog', { name: 'Photo' });
  await tabTo(page, named());
  await page.keyboard.press('Enter');
  await expect(viewer.getByText('1 of 4')).toBeVisible();
  await page.keyboard.press('Delete');
  await expect(viewer.getByText('1 of 3')).toBeVisible();
  await page.keyboard.press('Control+z');
  const back = page.getByText('1 photo restored');
  await expect(back).toBeVisible();
  await expect(back).toBeHidden({ timeout: 15_000 });
  await page.keyboard.press('Delete');
  await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
  await press(/^Undo$/);
  await expect(back).toBeVisible();
  await tabTo(page, /^Close \(/);
  await page.keyboard.press('Enter');
  await expect(viewer).toBeHidden();
  await expect(page.locator('[data-index]')).toHaveCount(4);

  await press(/^Search$/);
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.type(named().source);
  await expect(page.locator('[data-index]')).toHaveCount(4);
  await tabTo(page, /With location/);
  await page.keyboard.press('Space');
  await expect(page.getByRole('searchbox')).toHaveValue(/has:place/);
});
