import { pictures } from './pictures';
import { call, expect, invite, NAME, settle, signIn, tabTo, test, upload } from './support';

test(
  'somebody is invited, comes in, gets another role, and loses access at once',
  { tag: '@phone' },
  async ({ page, server, browser }) => {
    const space = await settle(page, server);
    await page.goto(`${server.address}/spaces/${space}`);
    await page.getByRole('button', { name: 'Invite someone' }).click();
    await page.getByLabel('E-mail address').fill('ben@example.org');
    await page.getByRole('combobox', { name: 'Role', exact: true }).selectOption('contributor');
    await page.getByRole('button', { name: 'Create link' }).click();
    const link = await page.getByLabel('Link', { exact: true }).inputValue();
    expect(link).toContain('/invitation#');
    await page.keyboard.press('Escape');
    await expect(page.getByText('ben@example.org')).toBeVisible();

    const other = await browser.newContext();
    const ben = await other.newPage();
    await ben.goto(link);
    await ben.getByLabel('Your name').fill('Ben');
    await ben.getByLabel('Password').fill('another horse battery staple');
    await ben.getByRole('button', { name: 'Accept' }).click();
    await expect(
      ben.getByRole('heading', { name: 'Photos', level: 1 }).or(ben.getByText('No photos here yet')).first(),
    ).toBeVisible();
    await ben.goto(`${server.address}/spaces/${space}`);
    await expect(ben.getByText('Only managers and owners can manage the members')).toBeVisible();

    await page.reload();
    await page.getByRole('combobox', { name: 'Role of Ben' }).selectOption('editor');
    await expect(page.getByText('Ben’s role is now Editor')).toBeVisible();
    await ben.goto(`${server.address}/albums`);
    await expect(ben.getByRole('button', { name: 'New album' })).toBeVisible();

    await page.getByRole('button', { name: 'Remove Ben' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
    await expect(page.getByText('Ben no longer has access')).toBeVisible();
    await ben.goto(`${server.address}/photos`);
    await expect(ben.getByText('You are not in any space yet')).toBeVisible();
    await expect(ben.getByText(/Ask who invited you/)).toBeVisible();
    await ben.goto(link);
    await ben.getByLabel('Your name').fill('Ben');
    await ben.getByLabel('Password').fill('another horse battery staple');
    await ben.getByRole('button', { name: 'Accept' }).click();
    await expect(ben.getByRole('alert')).toContainText(/used|taken back/);
    await other.close();
  },
);

test('an invitation is taken back only when that is meant', async ({ page, server }) => {
  const space = await settle(page, server);
  await call(page, 'POST', `/api/v1/spaces/${space}/invitations`, {
    email: 'ben@example.org',
    role: 'viewer',
  });
  await page.goto(`${server.address}/spaces/${space}`);
  const revoke = page.getByRole('button', { name: 'Revoke the invitation for ben@example.org' });
  const question = page.getByRole('alertdialog', { name: 'Revoke the invitation for ben@example.org?' });
  await revoke.click();
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(question).toBeHidden();
  await expect(revoke).toBeVisible();
  await revoke.click();
  await question.getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByText('Invitation revoked')).toBeVisible();
  await expect(revoke).toHaveCount(0);
});

test('an album is opened to one person and mirrored into another space, and closed again', async ({
  page,
  server,
  browser,
}) => {
  const space = await settle(page, server);
  const other = await call<{ id: string }>(page, 'POST', '/api/v1/spaces', { name: 'Clients' });
  const made = await call<{ secret: string }>(page, 'POST', `/api/v1/spaces/${other.id}/invitations`, {
    email: 'cleo@example.org',
    role: 'viewer',
  });
  const password = 'a third horse battery staple';
  await call(page, 'POST', '/api/v1/invitations/accept', { secret: made.secret, name: 'Cleo', password });
  const album = await call<{ id: string }>(page, 'POST', `/api/v1/spaces/${space}/albums`, {
    name: 'Picnic',
  });

  await page.goto(`${server.address}/albums/${album.id}`);
  await page.getByRole('button', { name: 'People' }).click();
  await page.getByLabel('E-mail address of someone with an account here').fill('cleo@example.org');
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await expect(page.getByRole('button', { name: /Stop sharing with cleo/i })).toBeVisible();
  await page.getByRole('combobox', { name: 'Mirror to' }).selectOption('Clients');
  await page.getByRole('button', { name: 'Mirror', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Stop mirroring in Clients' })).toBeVisible();

  const context = await browser.newContext();
  const cleo = await context.newPage();
  await signIn(cleo, server, 'cleo@example.org', password);
  await cleo.goto(`${server.address}/albums`);
  await expect(
    cleo.getByRole('list', { name: 'Shared with you from other spaces' }).getByText('Picnic'),
  ).toBeVisible();
  await expect(cleo.getByText('Mirrored from another space')).toBeVisible();

  const sure = page.getByRole('alertdialog').getByRole('button', { name: 'Stop sharing' });
  await page.getByRole('button', { name: /Stop sharing with cleo/i }).click();
  await sure.click();
  await page.getByRole('button', { name: 'Stop mirroring in Clients' }).click();
  await sure.click();
  await expect(page.getByText('Not mirrored')).toBeVisible();
  await cleo.reload();
  await expect(cleo.getByText('No albums yet')).toBeVisible();
  await context.close();
});

test('somebody is invited with permissions of their own, which are changed later', async ({
  page,
  server,
  browser,
}) => {
  const space = await settle(page, server);
  await page.goto(`${server.address}/spaces/${space}`);
  await page.getByRole('button', { name: 'Invite someone' }).press('Enter');
  await page.getByLabel('E-mail address').fill('dan@example.org');
  await page.getByRole('combobox', { name: 'Role', exact: true }).selectOption('custom');
  const what = page.getByRole('group', { name: 'Permissions' });
  await expect(what.getByRole('checkbox')).toHaveCount(9);
  await expect(what.getByText('see photos at screen size and their details')).toBeVisible();
  await tabTo(page, /^Download/);
  await page.keyboard.press('Space');
  await tabTo(page, /^View/);
  await page.keyboard.press('Space');
  await expect(page.getByText('Select at least one.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Create link' })).toBeDisabled();
  await page.keyboard.press('Space');
  await tabTo(page, /^Upload/);
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Create link' }).press('Enter');
  const link = await page.getByLabel('Link', { exact: true }).inputValue();
  await page.keyboard.press('Escape');
  const [, secret] = link.split('#');
  const password = 'a fourth horse battery staple';
  await call(page, 'POST', '/api/v1/invitations/accept', { secret, name: 'Dan', password });
  const dan = await (await browser.newContext()).newPage();
  await signIn(dan, server, 'dan@example.org', password);
  type Known = { name: string; permissions: string[] }[];
  const mine = () => call<Known>(dan, 'GET', '/api/v1/spaces');
  expect((await mine())[0]?.permissions).toEqual(['view', 'upload']);

  await page.reload();
  await expect(page.getByText('View, Upload')).toBeVisible();
  await page.getByRole('button', { name: 'Change permissions of Dan' }).press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Change permissions of Dan' });
  await expect(dialog.getByRole('checkbox', { name: /^View/ })).toBeChecked();
  await dialog.getByRole('checkbox', { name: /^Edit and organize/ }).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Dan’s role is now Custom')).toBeVisible();
  expect((await mine())[0]?.permissions).toEqual(['view', 'upload', 'organise']);

  // Whoever changes their mind changes nothing.
  await page.getByRole('combobox', { name: 'Role of Dan' }).selectOption('viewer');
  await expect(page.getByText('Dan’s role is now Viewer')).toBeVisible();
  await page.getByRole('combobox', { name: 'Role of Dan' }).selectOption('custom');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('combobox', { name: 'Role of Dan' })).toHaveValue('viewer');
});

test('rights are given up only when that is meant, and those of others come back with undo', async ({
  page,
  server,
}) => {
  const space = await settle(page, server);
  await invite(page, space, 'ben@example.org', 'Ben');
  await page.goto(`${server.address}/spaces/${space}`);
  const ben = page.getByRole('combobox', { name: 'Role of Ben' });
  await ben.selectOption('owner');
  await expect(page.getByText('Ben’s role is now Owner')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText('Ben’s role is Viewer again')).toBeVisible();
  await expect(ben).toHaveValue('viewer');

  // An owner is asked about by name, and so is oneself.
  await ben.selectOption('owner');
  await expect(ben).toHaveValue('owner');
  await ben.selectOption('editor');
  const question = page.getByRole('alertdialog');
  await expect(question).toHaveAccessibleName('Make Ben, an owner, Editor?');
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(ben).toHaveValue('owner');

  const own = page.getByRole('combobox', { name: `Role of ${NAME}` });
  await own.selectOption('viewer');
  await expect(question).toHaveAccessibleName(`${NAME}, make yourself Viewer?`);
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(own).toHaveValue('owner');
  await own.selectOption('viewer');
  await question.getByRole('button', { name: 'Change to Viewer' }).click();
  await expect(page.getByText(`${NAME}’s role is now Viewer`)).toBeVisible();
  // What one may no longer do is not offered any more, here and elsewhere, though nothing was loaded again.
  await expect(page.getByText('Only managers and owners can manage the members of this space')).toBeVisible();
  await expect(page.getByRole('combobox')).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'Pending invitations' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Albums', exact: true }).click();
  await expect(page.getByText('No albums yet')).toBeVisible();
  await expect(page.getByRole('button', { name: 'New album' })).toHaveCount(0);
});

test('what somebody may not do any more is not offered any more, and a refusal says why', async ({
  page,
  server,
  browser,
}) => {
  const space = await settle(page, server);
  await upload(page, server, pictures(3));
  const password = await invite(page, space, 'ben@example.org', 'Ben');
  const members = await call<{ person: string; name: string }[]>(
    page,
    'GET',
    `/api/v1/spaces/${space}/members`,
  );
  const person = members.find(({ name }) => name === 'Ben')?.person;
  const become = (role: string) =>
    call(page, 'PUT', `/api/v1/spaces/${space}/members/${person}`, { role, permissions: [] });
  const context = await browser.newContext();
  const ben = await context.newPage();
  await signIn(ben, server, 'ben@example.org', password);
  await ben.goto(`${server.address}/spaces`);
  await expect(ben.getByRole('heading', { name: 'Family' })).toBeVisible();
  await expect(ben.getByRole('button', { name: 'New space' })).toHaveCount(0);
  await ben.getByRole('button', { name: /Switch space/ }).click();
  await expect(ben.getByRole('menuitemradio').or(ben.getByRole('menuitem')).first()).toBeVisible();
  await expect(ben.getByRole('menuitem', { name: 'New space' })).toHaveCount(0);

  // One who comes back to the page is offered what they may do now.
  await become('manager');
  const pulse = ben.waitForResponse(/\/api\/v1\/recoveries/);
  await ben.goto(`${server.address}/photos`);
  await pulse;
  await ben.locator('[data-index="0"]').focus();
  await ben.keyboard.press('x');
  const trash = ben.getByRole('button', { name: 'Move to trash' });
  await expect(trash).toBeVisible();
  await become('viewer');
  await ben.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(trash).toHaveCount(0);
  await expect(ben.getByRole('toolbar', { name: '1 photo selected' })).toBeVisible();

  // One who stays learns it from what is refused, which says why.
  await become('manager');
  await ben.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(trash).toBeVisible();
  await become('viewer');
  await trash.click();
  await expect(ben.getByRole('alert')).toContainText(
    '1 photo could not be moved to the trash. You may not do this',
  );
  await ben.locator('[data-index="0"]').focus();
  await ben.keyboard.press('x');
  await expect(ben.getByRole('toolbar', { name: '1 photo selected' })).toBeVisible();
  await expect(trash).toHaveCount(0);
  await context.close();
});
