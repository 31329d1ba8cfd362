// An account whose owner has lost everything: the contacts, the words, the wait, the veto.
import type { Browser, Page } from '@playwright/test';
import { call, EMAIL, expect, invite, settle, signIn, tabTo, test, type Server } from './support';

async function tabOf(browser: Browser, server: Server, email: string, password: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await signIn(page, server, email, password);
  return page;
}

test('contacts are chosen by keys alone, vouch with the words, and the owner says no', async ({
  page,
  server,
  browser,
}) => {
  const space = await settle(page, server);
  const bens = await invite(page, space, 'ben@example.org', 'Ben');
  const cleos = await invite(page, space, 'cleo@example.org', 'Cleo');

  await page.goto(`${server.address}/account`);
  await tabTo(page, /^Trusted contacts$/);
  await page.keyboard.press('Enter');
  await expect(page.getByText('No one yet.')).toBeVisible();
  await tabTo(page, /E-mail address of someone/);
  await page.keyboard.type('ben@example.org');
  await page.keyboard.press('Enter');
  await expect(page.getByText('One person alone could request your account.')).toBeVisible();
  await page.keyboard.type('nobody@example.org');
  await page.keyboard.press('Enter');
  await tabTo(page, /Save contacts/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText(/nobody@example.org has no account here/i);
  await page.getByRole('button', { name: 'Remove nobody@example.org from the list' }).press('Enter');
  await page.getByLabel('E-mail address of someone').fill('cleo@example.org');
  await page.keyboard.press('Enter');
  await page.getByRole('combobox', { name: 'Contacts who must vouch' }).selectOption('all 2');
  await page.getByRole('combobox', { name: 'Waiting period after that' }).selectOption('2 days');
  await page.getByRole('button', { name: 'Save contacts' }).press('Enter');
  await expect(page.getByText('Trusted contacts saved.')).toBeVisible();
  await page.reload();
  await expect(page.getByRole('combobox', { name: 'Contacts who must vouch' })).toHaveValue('2');

  const claimant = await (await browser.newContext()).newPage();
  await claimant.goto(`${server.address}/sign-in`);
  await claimant.getByRole('link', { name: 'Can’t sign in?' }).click();
  await expect(claimant.getByLabel('E-mail address')).toBeFocused();
  await claimant.keyboard.type(EMAIL);
  await claimant.keyboard.press('Enter');
  const words = (await claimant.getByTestId('phrase').innerText()).trim();
  expect(words.split(' ')).toHaveLength(4);
  await expect(
    claimant.getByText('You will see how many are needed once the first one has vouched.'),
  ).toBeVisible();
  const back = await claimant.getByLabel('Link back to this page').inputValue();
  expect(claimant.url()).not.toContain('#');
  await claimant.reload();
  await expect(claimant.getByTestId('phrase')).toHaveText(words);

  await page.goto(`${server.address}/photos`);
  await expect(page.getByText('Someone is asking to recover your account.')).toBeVisible();

  const ben = await tabOf(browser, server, 'ben@example.org', bens);
  await ben.getByRole('link', { name: 'See what to do' }).click();
  await tabTo(ben, /The four words/);
  await ben.keyboard.type('not the right words');
  await ben.keyboard.press('Enter');
  await expect(ben.getByRole('alert').filter({ hasText: 'phrase' })).toBeVisible();
  await ben.getByLabel('The four words').fill(words.toUpperCase());
  await ben.keyboard.press('Enter');
  await expect(ben.getByText('You have vouched. 1 of 2 have.')).toBeVisible();
  await ben.getByRole('button', { name: 'Withdraw' }).click();
  await expect(ben.getByLabel('The four words')).toBeVisible();
  await ben.getByLabel('The four words').fill(words);
  await ben.keyboard.press('Enter');
  await expect(ben.getByText('You have vouched.')).toBeVisible();

  // Another browser goes on with the address that was kept, which does not stay in its history.
  const elsewhere = await (await browser.newContext()).newPage();
  await elsewhere.goto(back);
  await expect(elsewhere.getByText('1 of 2 contacts have vouched')).toBeVisible();
  expect(elsewhere.url()).not.toContain('#');

  const cleo = await tabOf(browser, server, 'cleo@example.org', cleos);
  await cleo.goto(`${server.address}/account/contacts`);
  await cleo.getByLabel('The four words').fill(words);
  await cleo.keyboard.press('Enter');
  await expect(
    cleo.getByText('Enough contacts have vouched. The account can be recovered in 2 days.'),
  ).toBeVisible();
  await claimant.getByRole('button', { name: 'Check again' }).click();
  await expect(claimant.getByText('2 of 2 contacts have vouched')).toBeVisible();
  await expect(claimant.getByText(/The waiting period ends on .*in 2 days/)).toBeVisible();
  await expect(claimant.getByTestId('phrase')).toBeHidden();

  await page.reload();
  await expect(
    page.getByText('Enough contacts have vouched: the account can be taken over in 2 days.'),
  ).toBeVisible();
  await tabTo(page, /This isn’t me: stop it/);
  await page.keyboard.press('Enter');
  await page.getByRole('alertdialog').getByRole('button', { name: 'This isn’t me: stop it' }).press('Enter');
  await expect(page.getByText('Recovery stopped.')).toBeVisible();
  await expect(page.getByText('Someone is asking to recover your account.')).toBeHidden();

  await claimant.getByRole('button', { name: 'Check again' }).click();
  await expect(claimant.getByText('This recovery has ended')).toBeVisible();
  await claimant.getByRole('button', { name: 'Start over' }).click();
  await expect(claimant.getByLabel('E-mail address')).toBeVisible();
});

test('somebody without an account here learns nothing by asking', async ({ page, server }) => {
  await settle(page, server);
  await page.context().clearCookies();
  await page.goto(`${server.address}/recover`);
  await page.getByLabel('E-mail address').fill('nobody@example.org');
  await page.getByRole('button', { name: 'Request recovery' }).click();
  await expect(page.getByTestId('phrase')).toBeVisible();
  await expect(
    page.getByText('You will see how many are needed once the first one has vouched.'),
  ).toBeVisible();
  await page.getByText('Use your recovery kit (immediate)').click();
  await expect(page.getByLabel('Command')).toHaveValue(
    new RegExp(
      `ourphoto account recover --server ${server.address} --email nobody@example.org --kit kit.txt`,
    ),
  );
  await page.getByRole('button', { name: 'Leave this recovery' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Leave this recovery' }).click();
  await expect(page.getByLabel('E-mail address')).toBeVisible();
});

// The wait is a day at least, so the server's word that it is over is made up here; its own tests have the clock.
test('after the wait a new password is chosen, and one signs in with it', async ({ page, server }) => {
  await settle(page, server);
  await call(page, 'DELETE', '/api/v1/session');
  await page.goto(`${server.address}/recover`);
  await page.getByLabel('E-mail address').fill(EMAIL);
  await page.getByLabel('Remember this in this browser.').check();
  await page.getByRole('button', { name: 'Request recovery' }).click();
  await expect(page.getByTestId('phrase')).toBeVisible();
  await page.route('**/api/v1/recoveries/state', (route) =>
    route.fulfill({
      json: {
        state: 'ready',
        vouched: 2,
        needed: 2,
        ready_at: '2026-11-01T10:00:00Z',
        expires_at: '2026-12-01T10:00:00Z',
      },
    }),
  );
  let sent: { secret?: string; password?: string } = {};
  await page.route('**/api/v1/recoveries/finish', (route) => {
    sent = route.request().postDataJSON() as typeof sent;
    return route.fulfill({ status: 204 });
  });
  await page.reload();
  await page.getByLabel('New password', { exact: true }).fill('a wholly new horse staple');
  await page.getByLabel('Confirm new password').fill('another one');
  await page.getByRole('button', { name: 'Set password' }).click();
  await expect(page.getByText('The passwords do not match.')).toBeVisible();
  await page.getByLabel('Confirm new password').fill('a wholly new horse staple');
  await page.getByRole('button', { name: 'Set password' }).click();
  await expect(page.getByText('You have your account back.')).toBeVisible();
  await expect(page).toHaveURL(/sign-in/);
  expect(sent.secret).toMatch(/^op/);
  expect(sent.password).toBe('a wholly new horse staple');
  const kept = () => localStorage.getItem('ourphoto.recovery') ?? sessionStorage.getItem('ourphoto.recovery');
  expect(await page.evaluate(kept)).toBeNull();
});
