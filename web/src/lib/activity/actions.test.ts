import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { activity } from '$lib/i18n/en/activity';
import { kinds } from './kinds';

/** What the server writes into the audit log, as its sources say. */
function written(): string[] {
  const found = new Set<string>();
  for (const folder of ['../crates/library/src', '../crates/server/src']) {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.rs'))) {
      const source = readFileSync(join(folder, file), 'utf8');
      const calls = source.matchAll(/audit_append\([^;]*?"([a-z-]+\.[a-z-]+)"/g);
      for (const [, action] of calls) if (action) found.add(action);
    }
  }
  return [...found];
}

test('everything that the server writes down has words, and a kind to filter by', () => {
  const actions = written();
  expect(actions.length).toBeGreaterThan(20);
  expect(actions.filter((action) => !(action in activity.actions))).toEqual([]);
  const unknown = actions.filter(
    (action) => !(kinds as readonly string[]).includes(action.split('.')[0] ?? ''),
  );
  expect(unknown).toEqual([]);
});
