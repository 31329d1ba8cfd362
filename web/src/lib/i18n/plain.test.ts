import { expect, it } from 'vitest';
import { t } from './index.svelte';
import { plain, steady } from './plain';

it('no name turns around the sentence that it stands in', () => {
  expect(plain('Ana\u202E gpj.exe\u2066')).toBe('Ana gpj.exe');
  expect(plain('“אנה” is back')).toBe('“אנה” is back');
  expect(t().albums.deleteTitle('Ana\u202E\u2067')).toBe('Move “Ana” to the trash?');
});

it('messages stay what they are, however deep', () => {
  const kept = steady({
    a: 'A',
    list: ['x', 'y'],
    deep: { say: (name: string, n: number) => `${name} ${n}` },
  });
  expect(kept.deep.say('B\u202D', 2)).toBe('B 2');
  expect([kept.a, kept.list]).toEqual(['A', ['x', 'y']]);
});
