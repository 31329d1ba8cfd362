// What axe finds on a page, and whether it is wider than its window; and when a page is there to be looked at.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect } from './support';

/** Waits until a page shows what it has: its heading, nothing on its way any more, and nothing that still moves. */
export async function rendered(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor({ state: 'attached' });
  await expect(page.getByText('Loading…')).toHaveCount(0);
  await page.waitForFunction(() => {
    const inView = (node: Element) => {
      const { top, bottom } = node.getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    };
    const tiles = [...document.querySelectorAll('.tile > a')].filter(inView);
    return (
      tiles.every((tile) => tile.childElementCount > 0) &&
      [...document.images].filter(inView).every((image) => image.complete)
    );
  });
  await page.evaluate(async () => {
    const moving = document.getAnimations().filter((one) => one.effect?.getTiming().iterations !== Infinity);
    await Promise.all(moving.map((one) => one.finished.catch(() => undefined)));
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
}

export async function faults(page: Page, where: string): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => {
    const told = nodes.map((node) => `${node.target}: ${node.failureSummary}`).join(' | ');
    return `${where}: ${id}: ${told.slice(0, 600)}`;
  });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  return wide > 1 ? [...found, `${where}: ${wide} px wider than the window`] : found;
}

/** Where pictures of pages are kept, to be looked at. */
export const picture = (size: string, name: string): string => `screenshots/${size}/${name}.png`;

/** Both sizes, and both themes of each. */
export const LOOKS = [
  { size: 'desktop', viewport: { width: 1440, height: 900 }, scheme: 'light' },
  { size: 'phone', viewport: { width: 390, height: 844 }, scheme: 'dark' },
  { size: 'phone', viewport: { width: 390, height: 844 }, scheme: 'light' },
  { size: 'desktop', viewport: { width: 1440, height: 900 }, scheme: 'dark' },
] as const;

/** Looks at what is shown in every way that it is shown in. */
export async function looked(page: Page, name: string, looks: readonly (typeof LOOKS)[number][] = LOOKS) {
  const found: string[] = [];
  for (const { size, viewport, scheme } of looks) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme: scheme });
    await rendered(page);
    await page.screenshot({ path: picture(`${size}-${scheme}`, name) });
    found.push(...(await faults(page, `${size} ${scheme} ${name}`)));
  }
  return found;
}
