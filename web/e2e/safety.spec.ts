// Copies, drills and reviews: a photo is copied, a restore of it is rehearsed, and a person puts on record that they looked.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addCopy, call, expect, invite, settle, signIn, test as base, upload } from './support';

const test = base.extend<{ disk: string }>({
  // eslint-disable-next-line no-empty-pattern
  disk: async ({}, use) => {
    const disk = mkdtempSync(join(tmpdir(), 'ourphoto-copy-'));
    await use(disk);
    rmSync(disk, { recursive: true, force: true });
  },
});

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

test('a photo is copied, a restore of it is rehearsed and proved, and a review is done', async ({
  page,
  server,
  disk,
}) => {
  test.setTimeout(180_000);
  await settle(page, server);
  const photo = join(disk, '..', `harbour-${process.pid}.png`);
  writeFileSync(photo, PIXEL);
  await upload(page, server, photo);
  rmSync(photo);

  // Nothing but the library: every photo is at risk, by name.
  await page.goto(`${server.address}/safety`);
  await expect(page.getByText('There is only one copy')).toBeVisible();
  await expect(page.getByText('No copy: a fire or theft would take everything')).toBeVisible();
  const family = page.getByRole('region', { name: 'Spaces' }).getByRole('listitem').first();
  await expect(family).toContainText('1 of 1 files does not meet the rule.');
  await family.getByRole('button', { name: 'Show photos at risk' }).click();
  await expect(family.getByRole('link', { name: /harbour-\d+\.png/ })).toHaveAttribute(
    'href',
    /\/photos\?photo=/,
  );

  addCopy(server, 'Attic', disk);
  await page.reload();
  const copy = page
    .getByRole('region', { name: 'Copies' })
    .getByRole('listitem')
    .filter({ hasText: 'Attic' });
  await copy.getByRole('button', { name: 'Run Attic now' }).click();
  await expect(page.getByText('“Attic” will be updated next')).toBeVisible();
  await expect(copy.getByText('Good', { exact: true })).toBeVisible({ timeout: 30_000 });
  await expect(copy.locator('dl').first()).toContainText(/Stored\s*[1-9]/);

  const change = copy.getByRole('button', { name: 'Settings for Attic' });
  await change.press('Enter');
  await page.getByRole('dialog').press('Escape');
  await expect(change).toBeFocused();
  await change.click();
  const care = page.getByRole('dialog');
  await care.getByLabel('Update at least every').fill('6');
  await care.getByLabel('Speed limit (MB per second)').fill('2.5');
  await care.getByLabel(/Quiet hours/).check();
  await care.getByLabel('From').fill('08:00');
  await care.getByLabel('To', { exact: true }).fill('20:30');
  await care.getByRole('button', { name: 'Save' }).click();
  await expect(
    copy.getByText(
      'Updated every 6 hours; all files checked within 90 days; at most 2.5 MB per second; quiet hours 08:00 to 20:30.',
    ),
  ).toBeVisible();

  // Two copies are enough where the space says so.
  await page.getByRole('button', { name: 'Edit rule for Family' }).click();
  const rule = page.getByRole('dialog');
  await rule.getByLabel(/Custom rule/).check();
  await rule.getByLabel('Copies, including the library').fill('2');
  await rule.getByRole('textbox', { name: 'Types of media' }).fill('1');
  await rule.getByRole('button', { name: 'Save' }).click();
  await expect(family).toContainText('Its only file meets the rule.');

  await page.getByRole('link', { name: 'Drills' }).click();
  await page.getByRole('button', { name: 'Start a drill' }).click();
  await page.getByRole('dialog').getByLabel('Photos in the sample').fill('5');
  await page.getByRole('dialog').getByRole('button', { name: 'Start', exact: true }).click();
  await page.getByRole('link', { name: 'A sample from Attic' }).click({ timeout: 60_000 });
  await expect(page.getByText('Everything was restored exactly as it was.')).toBeVisible();
  await expect(page.getByText('Signed by this server and not changed since.')).toBeVisible();
  const folder = mkdtempSync(join(tmpdir(), 'ourphoto-report-'));
  for (const name of ['Report', 'Signature', 'Public key']) {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name, exact: true }).click();
    const file = await download;
    await file.saveAs(join(folder, file.suggestedFilename()));
  }
  expect(readFileSync(join(folder, 'report.json'), 'utf8')).toContain('Attic');
  const command = await page.getByLabel('To verify them').inputValue();
  expect(execFileSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' })).toContain(
    'Signature Verified Successfully',
  );
  rmSync(folder, { recursive: true });

  // Home says so, until a device holds what has not arrived.
  await page.goto(server.address);
  await expect(page.getByRole('heading', { name: 'Everything is safe.' })).toBeVisible();
  const phone = await call<{ id: string }>(page, 'POST', '/api/v1/devices', { name: 'Phone', kind: 'phone' });
  const report = (waiting: number) =>
    call(page, 'PUT', `/api/v1/devices/${phone.id}/report`, { waiting, waiting_bytes: 0 });
  await report(12);
  await page.reload();
  await expect(
    page.getByRole('heading', { name: 'What has arrived is safe, but not everything has arrived.' }),
  ).toBeVisible();
  await expect(page.getByRole('link', { name: /12 files still on Phone/ })).toBeVisible();
  await report(0);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Everything is safe.' })).toBeVisible();

  await page.goto(`${server.address}/safety/reviews`);
  await page.getByRole('button', { name: 'Add a review' }).click();
  const plan = page.getByRole('dialog');
  await plan.getByLabel('Title').fill('Disk in the attic');
  await plan.getByLabel('Repeat every').fill('14');
  await plan.getByLabel('Next due').fill('2020-01-31');
  await plan.getByLabel('Points (one per line)').fill('It is dry\nIt is quiet');
  await plan.getByRole('button', { name: 'Add a review' }).click();
  const overdue = page.getByRole('listitem').filter({ hasText: 'Disk in the attic' });
  await expect(overdue).toContainText('Overdue');
  await overdue.getByRole('link').click();
  await expect(page.getByRole('button', { name: 'Pass' })).toBeDisabled();
  await page.getByRole('button', { name: 'Fail' }).click();
  await expect(page.getByRole('alert')).toContainText('Describe in the note');
  await page.getByLabel('It is dry').check();
  await page.getByLabel('It is quiet').check();
  await page.getByLabel('Note').fill('Dry, and quiet.');
  await page.getByRole('button', { name: 'Pass' }).click();
  const history = page.getByRole('region', { name: 'Past results' });
  await expect(history).toContainText('Dry, and quiet.');
  await expect(history).toContainText('Passed');
  await expect(history).toContainText('2 of 2 points in order');
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText('“Disk in the attic” was removed')).toBeVisible();

  // The usual ones have their evidence filled in, and their points stay.
  await page.getByRole('link', { name: 'Storage health' }).click();
  await expect(page.getByText(/Attic: 0 files wait/)).toBeVisible();
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(page.getByRole('dialog')).toContainText('The points of this review cannot be changed');
  await page.getByRole('dialog').getByLabel('Repeat every').fill('10');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText(/every 10 days/)).toBeVisible();
});

test('alerts say what to do, at home too, and who manages nothing sees how their spaces stand', async ({
  page,
  server,
  browser,
}) => {
  const space = await settle(page, server);
  const alert = (id: string, kind: string, sentence: string, action: string, more: object) => ({
    ...{ id: `01a20915-aee8-721c-96b6-18b94b492d${id}`, kind, sentence, action, urgent: false, escalated: 0 },
    ...{ raised_at: '2026-11-20T10:00:00Z', resolved_at: null, ...more },
  });
  // Most alerts are raised only after days, so these are made up here.
  await page.route('**/api/v1/alerts', (route) =>
    route.fulfill({
      json: [
        alert('01', 'copy-late', 'The copy “<i>Attic” is late', 'See what stops it.', { escalated: 2 }),
        alert('02', 'lost', '2 photos are in no copy any more', 'Import them again.', { urgent: true }),
        alert('03', 'healed', '1 object was put right', 'Nothing.', { resolved_at: '2026-11-21T10:00:00Z' }),
      ],
    }),
  );
  await page.goto(`${server.address}/safety`);
  const alerts = page.getByRole('list', { name: 'Needs attention' }).getByRole('listitem');
  await expect(alerts).toHaveCount(2);
  await expect(alerts.first()).toContainText('2 photos are in no copy any more.');
  await expect(alerts.first()).toContainText('Import them again.');
  await expect(alerts.last()).toContainText('The copy “<i>Attic” is late.');
  await expect(alerts.last()).toContainText('2 reminders sent');
  await page.getByText('1 resolved alert').click();
  await expect(page.getByText('1 object was put right.')).toBeVisible();
  await page.goto(server.address);
  await expect(page.getByRole('list', { name: 'What to do' })).toContainText('Import them again.');

  // Nothing of this server fails a drill, so the report of one that failed is made up too.
  const drill = {
    ...{ id: '01a20915-aee8-721c-96b6-18b94b492d09', copy: 'Attic', scope: 'album', passed: false },
    ...{ started_at: '2026-11-20T10:00:00Z', ended_at: '2026-11-20T10:02:00Z' },
  };
  const problem = { photo: 'Family/2026/<b>pier.jpg', problem: 'its sidecar is missing' };
  const report = {
    ...{ drill, snapshot: null, photos: 9, files: 10, bytes: 1000, newer: 1, bytes_per_second: 500 },
    ...{ compared: ['bytes', 'names'], problems: [problem], more_problems: 2 },
    ...{ signed: '{}', signature: '00', public_key: '00', genuine: false },
  };
  await page.route(`**/api/v1/drills/${drill.id}`, (route) => route.fulfill({ json: report }));
  await page.goto(`${server.address}/safety/drills/${drill.id}`);
  await expect(page.getByText('3 items were not restored correctly.')).toBeVisible();
  await expect(page.getByText('Family/2026/<b>pier.jpg')).toBeVisible();
  await expect(page.getByText('Its sidecar is missing.')).toBeVisible();
  await expect(page.getByText('and 2 more')).toBeVisible();
  await expect(page.getByText('The signature does not match this report')).toBeVisible();

  const password = await invite(page, space, 'ben@example.org', 'Ben');
  const ben = await (await browser.newContext()).newPage();
  await signIn(ben, server, 'ben@example.org', password);
  await ben.goto(`${server.address}/safety`);
  await expect(ben.getByText('Here is the state of your spaces.')).toBeVisible();
  await expect(ben.getByRole('heading', { name: 'Family' })).toBeVisible();
  await expect(ben.getByRole('button', { name: /Edit rule/ })).toHaveCount(0);
  await ben.goto(`${server.address}/safety/reviews`);
  await expect(ben.getByText('are shown only to managers of a space')).toBeVisible();
  expect(await call(ben, 'GET', '/api/v1/copies').catch((error: Error) => error.message)).toContain('404');
});
