import { expect, it } from 'vitest';
import type { Status } from '$lib/api';
import { Known, type Asked } from './known.svelte';

const MINUTE = 60_000;
const status: Status = { copies: [], jobs_waiting: 0, jobs_failed: 0, risks: [] };

function asked(): Asked & { gone: boolean } {
  return {
    gone: false,
    status() {
      return this.gone ? Promise.reject(new Error('gone')) : Promise.resolve(status);
    },
    alerts() {
      return this.gone ? Promise.reject(new Error('gone')) : Promise.resolve([]);
    },
    devices() {
      return this.gone ? Promise.reject(new Error('gone')) : Promise.resolve([]);
    },
  };
}

it('says that what it knows is old when the server does not answer any more', async () => {
  let now = 1_000_000;
  const server = asked();
  const known = new Known(server, () => now);
  await known.look();
  expect(known.stale).toBeNull();
  const checked = now;
  server.gone = true;
  now += MINUTE;
  await known.look();
  expect(known.stale).toEqual({ checked, now, silent: true });
  expect(known.status).toEqual(status);
  now += MINUTE;
  server.gone = false;
  await known.look();
  expect(known.stale).toBeNull();
});

it('does not call old what is old while it is asked for again after a night', async () => {
  let now = 1_000_000;
  const known = new Known(asked(), () => now);
  await known.look();
  const checked = now;
  now += 480 * MINUTE;
  const looking = known.look();
  expect(known.stale).toEqual({ checked, now, silent: false });
  await looking;
  expect(known.stale).toBeNull();
});

it('one answer of three that lacks is no answer', async () => {
  const server = asked();
  const known = new Known({ ...server, alerts: () => Promise.reject(new Error('no')) });
  await known.look();
  expect(known.alerts).toBe('unknown');
  expect(known.status).toEqual(status);
});

it('an answer that comes late does not take the place of a newer one', async () => {
  const late: ((status: Status) => void)[] = [];
  const known = new Known({
    ...asked(),
    status: () => new Promise((resolve) => late.push(resolve)),
  });
  const [first, second] = [known.look(), known.look()];
  late[1]?.({ ...status, jobs_waiting: 2 });
  await second;
  late[0]?.({ ...status, jobs_waiting: 1 });
  await first;
  expect(known.status?.jobs_waiting).toBe(2);
});
