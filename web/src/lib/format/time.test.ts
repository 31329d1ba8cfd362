import { expect, it } from 'vitest';
import { ago } from './time';

it('times say how far away they are, and a moment ago is just now', () => {
  const now = Date.UTC(2026, 10, 21, 12);
  const at = (seconds: number) => ago(now + seconds * 1000, now);
  expect([-20, 0, -120, -3 * 86_400].map(at)).toEqual([
    'just now',
    'just now',
    '2 minutes ago',
    '3 days ago',
  ]);
  expect([20, 2 * 86_400].map(at)).toEqual(['now', 'in 2 days']);
});
