// Names, captions and keywords from anywhere: shown as text, and they break no page.
import AxeBuilder from '@axe-core/playwright';
import { readFileSync } from 'node:fs';
import { pictures } from './pictures';
import { call, expect, previews, settle, test } from './support';

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
