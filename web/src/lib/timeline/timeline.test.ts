import { describe, expect, it } from 'vitest';
import type { Asset, AssetPage } from '$lib/api';
import { monthOf } from './section';
import type { Source } from './source';
import { Timeline } from './timeline.svelte';

const MONTHS = 120;
const EACH = 800;

function asset(month: number, at: number): Asset {
  const time = new Date(Date.UTC(2025, -month, 28) - at * 60_000);
  return {
    id: `${month}-${at}`,
    album: 'a',
    name: `img_${month}_${at}`,
    kind: 'master',
    media: 'photo',
    captured_at: time.toISOString(),
    width: 3000,
    height: 2000,
    previews: 'ready',
  };
}

/** 96,000 photos, made when they are asked for. */
function source(asked: string[] = []): Source {
  const at = (n: number) => asset(Math.floor(n / EACH), n % EACH);
  return {
    key: 'test',
    space: 's',
    months: () =>
      Promise.resolve(
        Array.from({ length: MONTHS }, (_, month) => ({ month: monthOf(asset(month, 0)), count: EACH })),
      ),
    page: ({ cursor, month }, limit, signal) => {
      signal.throwIfAborted();
      asked.push(cursor ?? month ?? '');
      let start = Number(cursor ?? 0);
      if (month) {
        const total = MONTHS * EACH;
        while (start < total && monthOf(at(start)) > month) start += EACH;
      }
      const assets = Array.from({ length: Math.min(limit, MONTHS * EACH - start) }, (_, n) => at(start + n));
      return Promise.resolve({ assets, next: start + limit < MONTHS * EACH ? String(start + limit) : null });
    },
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

async function opened(asked?: string[]): Promise<Timeline> {
  const timeline = new Timeline(source(asked));
  timeline.resize({ width: 1200, target: 200, gap: 4 });
  await timeline.load();
  return timeline;
}

/** Of a server that knows no months. */
async function inOrder(page?: (cursor: string | undefined, limit: number) => AssetPage): Promise<Timeline> {
  const many = source();
  const timeline = new Timeline({
    ...many,
    months: () => Promise.resolve(null),
    page: (from, limit, signal) =>
      page ? Promise.resolve(page(from.cursor, limit)) : many.page(from, limit, signal),
  });
  timeline.resize({ width: 1200, target: 200, gap: 4 });
  await timeline.load();
  return timeline;
}

describe('a timeline', () => {
  it('asks on where a page is empty and not the last', async () => {
    const pages = [[], [], [asset(0, 1)]];
    const timeline = new Timeline({
      key: 'rare',
      space: 's',
      months: () => Promise.resolve(null),
      page: ({ cursor }) => {
        const at = Number(cursor ?? 0);
        return Promise.resolve({ assets: pages[at] ?? [], next: at < 2 ? String(at + 1) : null });
      },
    });
    timeline.resize({ width: 1200, target: 200, gap: 4 });
    await timeline.load();
    expect([timeline.total, timeline.next]).toEqual([1, null]);
  });

  it('knows how many there are before it has loaded one', async () => {
    const asked: string[] = [];
    const timeline = await opened(asked);
    expect(timeline.total).toBe(MONTHS * EACH);
    expect(timeline.height).toBeGreaterThan(1_000_000);
    expect(asked).toEqual([]);
  });

  it('loads what is looked at, and nothing else', async () => {
    const timeline = await opened();
    const middle = timeline.sections[60];
    timeline.look(middle?.top ?? 0, (middle?.top ?? 0) + 800);
    await settled();
    expect(middle?.assets?.length).toBe(EACH);
    expect(timeline.sections.filter((section) => section.assets).length).toBe(1);
    expect(middle?.assets?.every((asset) => monthOf(asset) === middle.key)).toBe(true);
  });

  it('keeps no more than a few thousand, however far one scrolls', async () => {
    const timeline = await opened();
    for (const section of [...timeline.sections]) {
      timeline.look(section.top, section.top + 800);
      await settled();
      const kept = [...timeline.loaded()].length;
      expect(kept).toBeLessThanOrEqual(6000 + 2 * EACH);
    }
  });

  it('does not move what stands below when far months are let go', async () => {
    const timeline = await opened();
    const before = timeline.sections.map((section) => section.key);
    for (const section of [...timeline.sections].slice(0, 30)) {
      timeline.look(section.top, section.top + 10);
      await settled();
    }
    const height = timeline.height;
    timeline.look(0, 10);
    expect(timeline.height).toBe(height);
    expect(timeline.sections.map((section) => section.key)).toEqual(before);
  });

  it('finds photos by their number, and their number by id', async () => {
    const timeline = await opened();
    const found = await timeline.reach(EACH * 5 + 3);
    expect(found?.id).toBe('5-3');
    expect(timeline.indexOf('5-3')).toBe(EACH * 5 + 3);
    expect(timeline.indexOf('nothing')).toBe(-1);
  });

  it('gives all photos from one to another, whether they are loaded or not', async () => {
    const timeline = await opened();
    await timeline.reach(3);
    const [from, to] = [asset(0, 3), asset(4, 10)];
    const between = await timeline.between(from, to);
    expect(between.length).toBe(EACH * 4 + 10 - 3 + 1);
    expect([between[0]?.id, between.at(-1)?.id]).toEqual(['0-3', '4-10']);
    expect(new Set(between.map(({ id }) => id)).size).toBe(between.length);
    expect(await timeline.between(to, from)).toEqual(between);
    expect(await timeline.between(to, to)).toEqual([to]);
    // What was asked for is not kept.
    expect([...timeline.loaded()].length).toBe(EACH);
    const gone = { ...from, id: 'gone' };
    expect(await timeline.between(gone, to)).toEqual([to]);
    expect(await timeline.between({ ...gone, captured_at: '1999-01-01T00:00:00Z' }, to)).toEqual([to]);
    expect((await timeline.all()).length).toBe(MONTHS * EACH);
  });

  it('shows a month page by page, with room for what is still to come', async () => {
    const held: (() => void)[] = [];
    const inner = source();
    const timeline = new Timeline({
      ...inner,
      page: async (from, limit, signal) => {
        await new Promise<void>((resolve) => held.push(resolve));
        return inner.page(from, limit, signal);
      },
    });
    timeline.resize({ width: 1200, target: 200, gap: 4 });
    await timeline.load();
    const [first] = timeline.sections;
    const before = timeline.height;
    timeline.look(0, 800);
    held.shift()?.();
    await settled();
    expect(first?.assets?.length).toBe(500);
    expect(first?.complete).toBe(false);
    expect(timeline.total).toBe(MONTHS * EACH);
    expect(Math.abs(timeline.height - before)).toBeLessThan(before * 0.01);
    expect(timeline.at(499)?.id).toBe('0-499');
    expect(timeline.at(500)).toBeNull();
    held.shift()?.();
    await settled();
    expect(first?.assets?.length).toBe(EACH);
    expect(first?.complete).toBe(true);
  });

  it('finds a photo of long ago while the beginning is looked at', async () => {
    const timeline = await opened();
    const finding = timeline.find(asset(90, 700));
    // As a grid does that draws: nobody looks at that month yet.
    timeline.look(0, 800);
    await settled();
    timeline.look(0, 800);
    expect(await finding).toBe(EACH * 90 + 700);
  });

  it('loads what changed and nothing else', async () => {
    const asked: string[] = [];
    const timeline = await opened(asked);
    await timeline.reach(0);
    await timeline.reach(EACH);
    timeline.look(0, timeline.sections[1]?.top ?? 0);
    await settled();
    asked.length = 0;
    await timeline.refresh(new Set(['100-5']));
    expect(asked).toEqual([]);
    await timeline.refresh(new Set(['1-5']));
    expect(asked.length).toBe(2);
    expect(timeline.at(EACH)?.id).toBe('1-0');
    await timeline.refresh();
    expect(asked.length).toBe(6);
  });

  it('takes photos out at once, and puts them back', async () => {
    const timeline = await opened();
    await timeline.reach(0);
    const back = timeline.take(new Set(['0-0', '0-1']));
    expect(timeline.total).toBe(MONTHS * EACH - 2);
    expect(timeline.at(0)?.id).toBe('0-2');
    back();
    expect(timeline.total).toBe(MONTHS * EACH);
    expect(timeline.at(0)?.id).toBe('0-0');
  });

  it('puts back where it was what could not go, though all of its month had gone', async () => {
    const timeline = await inOrder((cursor) => ({
      assets: cursor ? [] : [asset(0, 1), asset(1, 1), asset(1, 2), asset(1, 3), asset(2, 1)],
      next: null,
    }));
    const back = timeline.take(new Set(['1-1', '1-2', '1-3']));
    expect([...timeline.loaded()].map(({ id }) => id)).toEqual(['0-1', '2-1']);
    back(new Set(['1-3']));
    back(new Set(['1-1', '1-3']));
    expect([...timeline.loaded()].map(({ id }) => id)).toEqual(['0-1', '1-1', '1-3', '2-1']);
    expect(timeline.total).toBe(4);
  });

  it('tells which photos are there no more, and says nothing of what it has not loaded', async () => {
    const timeline = await opened();
    await timeline.reach(0);
    const [here, far] = [asset(0, 5), asset(50, 5)];
    const chosen = new Map([here, far].map((one) => [one.id, monthOf(one)]));
    chosen.set('gone', monthOf(here));
    chosen.set('gone with its month', '1999-01');
    expect(timeline.lost(chosen)).toEqual(['gone', 'gone with its month']);

    const ordered = await inOrder();
    const last = ordered.sections.at(-1)?.key ?? '';
    expect(ordered.lost(new Map([['may follow', last]]))).toEqual([]);
    expect(ordered.lost(new Map([['gone', '2099-01']]))).toEqual(['gone']);
    expect(ordered.lost(new Map([['older', '1999-01']]))).toEqual([]);
  });

  it('comes in order where the server knows no months', async () => {
    const timeline = await inOrder();
    expect(timeline.total).toBe(200);
    await timeline.more();
    expect(timeline.total).toBe(700);
    timeline.look(timeline.height - 100, timeline.height);
    await settled();
    expect(timeline.total).toBe(1200);
    expect(new Set([...timeline.loaded()].map((asset) => asset.id)).size).toBe(1200);
  });

  it('stays where one is when something changes, however far one has come in order', async () => {
    const timeline = await inOrder();
    while (timeline.total < 4000) await timeline.more();
    const { total } = timeline;
    const looked = timeline.at(3990)?.id ?? '';
    await timeline.refresh(new Set([looked]));
    expect(timeline.total).toBeGreaterThanOrEqual(total);
    expect(timeline.indexOf(looked)).toBe(3990);
    await timeline.more();
    expect(new Set([...timeline.loaded()].map(({ id }) => id)).size).toBe(timeline.total);
  });

  it('asks for what changed and for more one after the other', async () => {
    const timeline = await inOrder();
    await Promise.all([timeline.more(), timeline.refresh(), timeline.more(), timeline.refresh()]);
    expect(timeline.total).toBeGreaterThanOrEqual(700);
    expect(new Set([...timeline.loaded()].map(({ id }) => id)).size).toBe(timeline.total);
  });

  it('comes to the end again where it was at the end, with what is new', async () => {
    const photos = Array.from({ length: 501 }, (_, at) => asset(0, at));
    const timeline = await inOrder((cursor, limit) => {
      const start = Number(cursor ?? 0);
      const next = start + limit < photos.length ? String(start + limit) : null;
      return { assets: photos.slice(start, start + limit), next };
    });
    expect([timeline.total, timeline.counted]).toEqual([200, false]);
    await timeline.more();
    expect([timeline.total, timeline.counted]).toEqual([501, true]);
    photos.unshift(...Array.from({ length: 600 }, (_, at) => ({ ...asset(0, at), id: `new-${at}` })));
    await timeline.refresh();
    expect([timeline.total, timeline.counted]).toEqual([1101, true]);
    expect(timeline.indexOf('0-500')).toBe(1100);
  });

  it('gives all of a month, also where it comes in order and only its beginning has come', async () => {
    const timeline = await inOrder();
    expect(timeline.total).toBeLessThan(EACH);
    const first = await timeline.month(monthOf(asset(0, 0)));
    expect(first.map(({ id }) => id)).toEqual(Array.from({ length: EACH }, (_, at) => `0-${at}`));
    const random = await opened();
    expect((await random.month(monthOf(asset(70, 0)))).length).toBe(EACH);
  });
});
