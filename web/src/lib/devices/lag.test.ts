import { expect, it } from 'vitest';
import { byLag, lag, type Device } from './lag';

const device = (name: string, told: Partial<Device> = {}): Device => ({
  id: name,
  name,
  kind: 'phone',
  created_at: '2026-01-01T00:00:00Z',
  ...told,
});

it('says nothing of a device that has not said anything', () => {
  expect(lag(device('new'))).toBe('unknown');
  expect(lag(device('even', { waiting: 0 }))).toBe('none');
  expect(lag(device('late', { waiting: 1 }))).toBe('behind');
});

it('puts first what waits longest', () => {
  const list = [
    device('b'),
    device('late', { waiting: 3, oldest_at: '2026-11-02T00:00:00Z' }),
    device('a', { waiting: 0 }),
    device('later', { waiting: 1, oldest_at: '2026-10-02T00:00:00Z' }),
  ];
  expect(byLag(list).map((one) => one.name)).toEqual(['later', 'late', 'a', 'b']);
});
