// Names, captions and keywords from anywhere: shown as text, and they break no page.
import AxeBuilder from '@axe-core/playwright';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pictures } from './pictures';
import { about, call, expect, invite, previews, settle, signIn, test, upload } from './support';

const SCRIPT = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';
const BIDI = 'invoice \u202Egpj.exe\u2066 \u200F\u061C';
const LONG = 'Donaudampfschifffahrt'.repeat(400);
const ZALGO = 'Z\u0351\u036B\u0343\u036A\u0302\u036B\u033D\u034F\u0334\u0319\u0324'.repeat(60);

test('whatever a name or a caption says, it is text', async ({ page, server }) => {
  const space = await settle(page, server);
  await call(page, 'PATCH', `/api/v1/spaces/${space}`, { name: '<b onmouseover=alert(1)>Clients' });
  const [photo] = pictures();
  if (!photo) return;
  await page.goto(`${server.address}/upload`);
  const names = ['<b onmouseover=alert(1)>.jpg', `${BIDI}.jpg`, `${'long'.repeat(50)}.jpg`];
  for (const [at, name] of names.entries()) {
    const buffer = Buffer.concat([readFileSync(photo), Buffer.from([at])]);
    await page.getByTestId('files').setInputFiles({ name, mimeType: 'image/jpeg', buffer });
  }
  await expect(page.getByText(/safe in the library\. You can close|What failed/)).toBeVisible({
    timeout: 60_000,
  });
  await previews(page);
  const { assets } = await call<{ assets: { id: string }[] }>(page, 'GET', `/api/v1/spaces/${space}/assets`);
  const said = [SCRIPT, BIDI, LONG.slice(0, 900), ZALGO.slice(0, 900)];
  for (const [at, { id }] of assets.entries()) {
    const text = said[at % said.length] ?? '';
    await call(page, 'PATCH', `/api/v1/assets/${id}`, {
      title: text.slice(0, 200),
      caption: text,
      keywords: [SCRIPT.slice(0, 60), BIDI, LONG.slice(0, 100)],
    });
  }
  for (const viewport of [
    { width: 1280, height: 800 },
    { width: 390, height: 844 },
  ]) {
    await page.setViewportSize(viewport);
    for (const path of [
      '/',
      '/photos',
      '/search?q=type:photo',
      '/albums',
      '/spaces',
      `/spaces/${space}`,
      '/activity',
    ]) {
      await page.goto(server.address + path);
      await page.waitForTimeout(300);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide, path).toBeLessThanOrEqual(0);
    }
    for (const { id } of assets) {
      await page.goto(`${server.address}/photos?photo=${id}`);
      const viewer = page.getByRole('dialog', { name: 'Photo' });
      if (viewport.width < 800) await viewer.getByRole('button', { name: /About this photo/ }).click();
      await expect(viewer.getByLabel('Caption')).toBeVisible();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide).toBeLessThanOrEqual(0);
    }
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html}`)).toEqual([]);
  }
  expect(await page.evaluate(() => 'pwned' in window)).toBe(false);
});

/** A photo whose camera says what is wanted. `long` is a tag that gets a megabyte of text. */
function shot(folder: string, name: string, says: Record<string, string>, long?: string): string {
  const file = join(folder, name);
  const text = join(folder, 'long.txt');
  writeFileSync(text, LONG.repeat(Math.ceil(1_000_000 / LONG.length)));
  const words = Object.entries(says).map(([tag, words]) => `-${tag}=${words}`);
  const photo = pictures()[0] ?? '';
  const more = long ? [`-${long}<=${text}`] : [];
  execFileSync('exiftool', ['-m', '-q', '-charset', 'utf8', ...words, ...more, '-o', file, photo]);
  return file;
}

test('whatever a camera wrote into a photo, and whatever people and albums are called, it is text', async ({
  page,
  server,
}) => {
  const space = await settle(page, server);
  const folder = mkdtempSync(join(tmpdir(), 'ourphoto-hostile-'));
  const turned = `Ana ${BIDI}`;
  const files = [
    shot(folder, 'script.jpg', {
      Model: SCRIPT,
      LensModel: SCRIPT,
      Artist: SCRIPT,
      ImageDescription: SCRIPT,
    }),
    shot(folder, 'bidi.jpg', { Model: BIDI, LensModel: BIDI, Artist: BIDI, 'XMP-dc:Description': BIDI }),
    shot(folder, 'long.jpg', { Model: LONG.slice(0, 3000), LensModel: ZALGO }, 'XMP-dc:Description'),
    shot(folder, 'longer.jpg', { Artist: SCRIPT }, 'ImageDescription'),
  ];
  await upload(page, server, files);
  await previews(page);
  const { assets } = await call<{ assets: { id: string; name: string }[] }>(
    page,
    'GET',
    `/api/v1/spaces/${space}/assets`,
  );
  expect(assets.length).toBe(4);
  const body = { name: `${SCRIPT.slice(0, 40)} ${BIDI}` };
  const album = await call<{ id: string }>(page, 'POST', `/api/v1/spaces/${space}/albums`, body);
  await invite(page, space, 'ben@example.org', `${SCRIPT.slice(0, 40)} ${turned}`);
  await page.context().clearCookies();
  await signIn(page, server);

  const fits = async (where: string) => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wide, where).toBeLessThanOrEqual(0);
  };
  for (const viewport of [
    { width: 1280, height: 800 },
    { width: 390, height: 844 },
  ]) {
    await page.setViewportSize(viewport);
    for (const path of [
      '/photos',
      '/albums',
      `/albums/${album.id}`,
      `/spaces/${space}`,
      '/search?q=type:photo',
    ]) {
      await page.goto(server.address + path);
      await page.locator('h1').first().waitFor({ state: 'attached' });
      await expect(page.getByText('Loading…')).toHaveCount(0);
      await fits(path);
    }
    for (const { id, name } of assets) {
      await page.goto(`${server.address}/photos?photo=${id}`);
      const viewer = await about(page);
      await expect(viewer.getByLabel('Caption')).toBeVisible();
      await fits(name);
      if (name.startsWith('script')) await expect(viewer.getByText(SCRIPT).first()).toBeVisible();
    }
  }
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html}`)).toEqual([]);

  // What the app says with a name in it is not turned around by the name.
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(`${server.address}/spaces/${space}`);
  await page.getByRole('combobox', { name: /^Role of <img/ }).selectOption('editor');
  const told = page.getByRole('region', { name: 'Messages' });
  await expect(told).toContainText('is Editor now');
  expect(await told.innerText()).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
  await page.getByRole('button', { name: /^Remove <img/ }).click();
  const question = page.getByRole('alertdialog');
  await expect(question).toContainText('from the space?');
  expect(await question.innerText()).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
  expect(await page.evaluate(() => 'pwned' in window)).toBe(false);
  rmSync(folder, { recursive: true });
});
