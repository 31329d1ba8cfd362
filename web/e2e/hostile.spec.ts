// Names, captions, keywords and what cameras write, from anywhere: shown as text on every page, and they break none.
import AxeBuilder from '@axe-core/playwright';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { pictures } from './pictures';
import { about, addCopy, call, expect, invite, previews, settle, signIn, test, upload } from './support';

const SCRIPT = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';
/** It turns around what follows, until it is ended. */
const BIDI = 'invoice \u202Egpj.exe\u2066 \u200F\u061C';
const LONG = 'Donaudampfschifffahrt'.repeat(400);
const ZALGO = 'Z\u0351\u036B\u0343\u036A\u0302\u036B\u033D\u034F\u0334\u0319\u0324'.repeat(60);
const TURNING = /[\u202A-\u202E\u2066-\u2069]/;

const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

/** A name as bad as names may be. */
const bad = (what: string) => `<b onmouseover=alert(1)>${what} ${BIDI} ${LONG}`.slice(0, 60);

/** What stands on the page, where it is turned around by more than itself, and how far it is too wide. */
async function judge(page: Page, where: string, names: readonly string[] = []): Promise<void> {
  await expect(page.getByText('Loading…')).toHaveCount(0);
  const seen = await page.evaluate((turning) => {
    const turned: string[] = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode as Text;
      if (!new RegExp(turning).test(text.data)) continue;
      let element = text.parentElement;
      if (element?.closest('script, option, textarea')) continue;
      while (element && !/isolate|plaintext/.test(getComputedStyle(element).unicodeBidi))
        element = element.parentElement;
      turned.push(element?.textContent.trim().replace(/\s+/g, ' ') ?? '(nothing around it)');
    }
    const labels = [...document.querySelectorAll('[aria-label], [title]')];
    return {
      turned,
      labels: labels
        .map((one) => one.getAttribute('aria-label') ?? '')
        .map((label) => label.trim().replace(/\s+/g, ' '))
        .filter((label) => new RegExp(turning).test(label)),
      title: document.title,
      wide: document.documentElement.scrollWidth - innerWidth,
      pwned: 'pwned' in window,
    };
  }, TURNING.source);
  expect(seen.wide, where).toBeLessThanOrEqual(0);
  expect(seen.pwned, where).toBe(false);
  expect(seen.title, where).not.toMatch(TURNING);
  // A name turns what follows it, up to the end of what it stands in: nothing may follow.
  const flat = names.map((name) => name.trim().replace(/\s+/g, ' '));
  const others = [...seen.turned, ...seen.labels].filter((text) => !flat.some((name) => text.endsWith(name)));
  expect(others, where).toEqual([]);
}

async function noFault(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html}`),
    where,
  ).toEqual([]);
}

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

test('whatever a file is called, a caption says or a camera wrote, it is text', async ({ page, server }) => {
  const space = await settle(page, server);
  const folder = mkdtempSync(join(tmpdir(), 'ourphoto-hostile-'));
  const cameras = [
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
  await upload(page, server, cameras);
  const names = ['<b onmouseover=alert(1)>.jpg', `${BIDI}.jpg`, `${'long'.repeat(50)}.jpg`];
  for (const [at, name] of names.entries()) {
    const buffer = Buffer.concat([readFileSync(pictures()[0] ?? ''), Buffer.from([at])]);
    await page.getByTestId('files').setInputFiles({ name, mimeType: 'image/jpeg', buffer });
  }
  await expect(page.getByText('All 7 files are safe in the library.')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText(names[0] ?? '').first()).toBeVisible();
  for (const size of [DESK, PHONE]) {
    await page.setViewportSize(size);
    await judge(page, 'upload', names);
  }
  await previews(page);

  type Told = { assets: { id: string; name: string }[] };
  const { assets } = await call<Told>(page, 'GET', `/api/v1/spaces/${space}/assets`);
  expect(assets.length).toBe(7);
  const captions = [SCRIPT, BIDI, LONG.slice(0, 900), ZALGO.slice(0, 900)];
  const keywords = [SCRIPT.slice(0, 60), BIDI, LONG.slice(0, 100)];
  const named = assets.filter(({ name }) => names.includes(name));
  expect(named.length).toBe(3);
  const titles = new Map(named.map(({ id }, at) => [id, (captions[at] ?? '').slice(0, 200)]));
  for (const [at, { id }] of named.entries())
    await call(page, 'PATCH', `/api/v1/assets/${id}`, {
      title: titles.get(id),
      caption: captions[at],
      keywords,
    });

  const said = [...names, ...captions, ...keywords, ...titles.values(), BIDI, SCRIPT, ZALGO];
  for (const size of [DESK, PHONE]) {
    await page.setViewportSize(size);
    for (const path of ['/photos', '/search?q=type:photo']) {
      await page.goto(server.address + path);
      await expect(page.locator('[data-index]').first()).toBeVisible();
      await judge(page, path, said);
    }
    for (const { id, name } of assets) {
      await page.goto(`${server.address}/photos?photo=${id}`);
      const viewer = await about(page);
      await expect(viewer.getByLabel('Caption')).toBeVisible();
      if (name === 'script.jpg') await expect(viewer.getByText(SCRIPT).first()).toBeVisible();
      if (titles.has(id)) {
        await expect(viewer.getByLabel('Title')).toHaveValue(titles.get(id) ?? '');
        for (const keyword of keywords) await expect(viewer.getByText(keyword).first()).toBeVisible();
      }
      await judge(page, `${name} in the viewer`, said);
      await noFault(page, `${name} in the viewer`);
    }
  }
  rmSync(folder, { recursive: true });
});

test('whatever people, albums, devices, programs and copies are called, it is text on every page', async ({
  page,
  server,
}) => {
  test.setTimeout(240_000);
  const space = await settle(page, server);
  await upload(page, server, pictures(2));
  const disk = mkdtempSync(join(tmpdir(), 'ourphoto-hostile-copy-'));
  const names = ['Space', 'Album', 'Gone', 'Phone', 'Program', 'Ben']
    .map(bad)
    .concat(bad('Copy').slice(0, 40));
  const [spaceName, albumName, goneName, phoneName, programName, benName, copyName] = names as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  await call(page, 'PATCH', `/api/v1/spaces/${space}`, { name: spaceName });
  const album = await call<{ id: string }>(page, 'POST', `/api/v1/spaces/${space}/albums`, {
    name: albumName,
  });
  const gone = await call<{ id: string }>(page, 'POST', `/api/v1/spaces/${space}/albums`, { name: goneName });
  await call(page, 'DELETE', `/api/v1/albums/${gone.id}`);
  const phone = await call<{ id: string }>(page, 'POST', '/api/v1/devices', {
    name: phoneName,
    kind: 'phone',
  });
  await call(page, 'PUT', `/api/v1/devices/${phone.id}/report`, {
    waiting: 12,
    waiting_bytes: 48_000_000,
    oldest_ms: Date.now() - 3 * 86_400_000,
    note: bad('Battery'),
  });
  await call(page, 'POST', '/api/v1/tokens', { name: programName, permissions: ['upload'], lasts: 86_400 });
  addCopy(server, copyName, disk);
  await invite(page, space, 'ben@example.org', benName);
  await page.context().clearCookies();
  await signIn(page, server);

  const said = [...names, bad('Battery')];
  const shown: Record<string, string[]> = {
    '/': [phoneName, copyName],
    '/albums': [albumName],
    [`/albums/${album.id}`]: [albumName],
    '/spaces': [spaceName],
    [`/spaces/${space}`]: [spaceName, benName],
    [`/spaces/${space}/waiting`]: [],
    '/activity': [albumName],
    '/devices': [phoneName, programName],
    '/safety': [copyName],
    '/safety/drills': [],
    '/safety/reviews': [],
    '/account': [programName],
    '/account/contacts': [],
    '/account/notifications': [],
    '/notices': [],
    '/jobs': [],
    '/trash': [goneName],
    '/upload': [],
    '/sharing': [],
    '/retention': [],
  };
  for (const size of [DESK, PHONE]) {
    await page.setViewportSize(size);
    for (const [path, expected] of Object.entries(shown)) {
      await page.goto(server.address + path);
      await expect(page.locator('h1').first()).toBeAttached();
      for (const name of expected)
        await expect(page.getByRole('main').getByText(name.slice(0, 24)).first(), path).toBeAttached();
      await judge(page, path, said);
      if (size === PHONE) await noFault(page, path);
    }
  }

  // What the app says with a name in it is not turned around by the name.
  await page.setViewportSize(DESK);
  await page.goto(`${server.address}/spaces/${space}`);
  await page.getByRole('combobox', { name: /^Role of <b/ }).selectOption('editor');
  const told = page.getByRole('region', { name: 'Messages' });
  await expect(told).toContainText('role is now Editor');
  expect(await told.innerText()).not.toMatch(TURNING);
  await page.getByRole('button', { name: /^Remove <b/ }).click();
  const question = page.getByRole('alertdialog');
  await expect(question).toContainText('from the space?');
  expect(await question.innerText()).not.toMatch(TURNING);
  rmSync(disk, { recursive: true });
});
