import { expect, test } from 'vitest';
import { sentenceOf } from '$lib/i18n/plain';
import { openOf, overOf, share, standing, type Alert, type CaredCopy } from './kinds';

const alert = (id: string, urgent: boolean, raised_at: string, resolved_at: string | null = null): Alert => ({
  id,
  kind: 'copy-late',
  sentence: 'it is late',
  action: 'Look.',
  urgent,
  escalated: 0,
  raised_at,
  resolved_at,
});

const copy = (counts: Partial<CaredCopy['copy']>, failing_since: string | null = null) =>
  ({ copy: { held: 0, waiting: 0, damaged: 0, missing: 0, ...counts }, failing_since }) as CaredCopy;

test('urgent alerts come first, then those that wait longest; what is over is apart', () => {
  const alerts = [
    alert('late', false, '2026-11-02'),
    alert('over', true, '2026-11-01', '2026-11-03'),
    alert('urgent', true, '2026-11-04'),
    alert('older', false, '2026-11-01'),
  ];
  expect(openOf(alerts).map(({ id }) => id)).toEqual(['urgent', 'older', 'late']);
  expect(overOf(alerts).map(({ id }) => id)).toEqual(['over']);
});

test('damage is bad, waiting and failing are warnings', () => {
  expect(standing(copy({ held: 9, damaged: 1 }))).toBe('bad');
  expect(standing(copy({ held: 9, missing: 1 }))).toBe('bad');
  expect(standing(copy({ held: 9, waiting: 1 }))).toBe('warn');
  expect(standing(copy({ held: 9 }, '2026-11-01'))).toBe('warn');
  expect(standing(copy({ held: 9 }))).toBe('good');
  expect(share(copy({ held: 9, missing: 1 }))).toBe(0.9);
});

test('the sentences of the server end as sentences do', () => {
  expect(sentenceOf('there is no copy')).toBe('There is no copy.');
  expect(sentenceOf('Plug it in.')).toBe('Plug it in.');
});
