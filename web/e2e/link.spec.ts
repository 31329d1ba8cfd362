// A program is let in from a browser: by keys alone, and only with what was ticked.
import { call, expect, settle, tabTo, test } from './support';

interface Begun {
  secret: string;
  code: string;
}

interface Outcome {
  state: string;
  token: string | null;
}

test('a program that shows a code is looked at, and let in with what it may do', async ({
  page,
  server,
  request,
}) => {
  await settle(page, server);
  const program = await call<Begun>(page, 'POST', '/api/v1/pairings', { name: '<b>studio' });
  await page.goto(`${server.address}/link`);
  await tabTo(page, /^Code/);
  await page.keyboard.type('none such');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByLabel('Code').fill(program.code.toLowerCase());
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: '<b>studio' })).toBeVisible();
  await tabTo(page, /Download originals/);
  await page.keyboard.press('Space');
  await tabTo(page, /^Allow access$/);
  await page.keyboard.press('Enter');
  await expect(page.getByText('The program is connected.')).toBeVisible();
  const body = { secret: program.secret };
  const told = await call<Outcome>(page, 'POST', '/api/v1/pairings/collect', body);
  expect(told.state).toBe('in');
  const headers = { authorization: `Bearer ${told.token}` };
  const spaces = await request.get(`${server.address}/api/v1/spaces`, { headers });
  const [space] = (await spaces.json()) as { permissions: string[] }[];
  expect(space?.permissions).toEqual(['view', 'upload', 'organise']);

  const other = await call<Begun>(page, 'POST', '/api/v1/pairings', { name: 'unknown' });
  await page.goto(`${server.address}/account`);
  await page.goto(`${server.address}/link#${other.code}`);
  await page.getByRole('button', { name: 'Deny' }).press('Enter');
  await expect(page.getByText('Access was denied.')).toBeVisible();
});
