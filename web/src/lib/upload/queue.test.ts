import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '$lib/api';
import { Queue } from './queue.svelte';
import { Rate } from './rate';
import type { Outgoing, Stored, Transport } from './transport';

const TO = { space: 's', album: 'Lisbon' };

const file = (name: string, text = name) => ({ file: new File([text], name), name, folder: '' });

interface World {
  transport: Transport;
  sent: { name: string; from: string | null }[];
  abreast: { now: number; most: number };
  has: Set<string>;
}

/** A server in memory, whose hashes are the files' texts. */
function world(told: Partial<Transport> = {}): World {
  const made: World = { sent: [], abreast: { now: 0, most: 0 }, has: new Set(), transport: {} as Transport };
  made.transport = {
    hash: (file) => file.text(),
    present: (_, hashes) => Promise.resolve(new Set(hashes.filter((hash) => made.has.has(hash)))),
    known: () => Promise.resolve<Stored>({ was: 'there', asset: 'p' }),
    pending: () => Promise.resolve([]),
    send: (out: Outgoing, from) => {
      made.sent.push({ name: out.name, from });
      made.abreast.most = Math.max(made.abreast.most, ++made.abreast.now);
      const stored: Stored = { was: 'new', asset: null };
      const done = new Promise<Stored>((resolve) => setTimeout(() => resolve(stored), 5)).finally(
        () => made.abreast.now--,
      );
      return { stop: () => undefined, done };
    },
    ...told,
  };
  return made;
}

const finished = (queue: Queue) =>
  vi.waitFor(() => expect(queue.items.every((item) => item.ended)).toBe(true));

describe('the upload queue', () => {
  it('sends every file once, a few at a time', async () => {
    const { transport, sent, abreast } = world();
    const queue = new Queue(transport);
    queue.add(
      Array.from({ length: 100 }, (_, at) => file(`${at}.jpg`)),
      TO,
    );
    await finished(queue);
    expect(new Set(sent.map(({ name }) => name)).size).toBe(100);
    expect(sent.length).toBe(100);
    expect(abreast.most).toBeLessThanOrEqual(3);
  });

  it('sends nothing of what the library has, and names it', async () => {
    const { transport, sent, has } = world();
    has.add('same');
    const queue = new Queue(transport);
    queue.add([file('a.jpg', 'same'), file('b.jpg', 'other')], TO);
    await finished(queue);
    expect(sent.map(({ name }) => name)).toEqual(['b.jpg']);
    expect(queue.items.map((item) => [item.was, item.asset])).toEqual([
      ['there', 'p'],
      ['new', null],
    ]);
  });

  it('sends what vanished between the question and the answer', async () => {
    const gone = () => Promise.reject(new ApiError('content-unknown', 'send it', 404));
    const { transport, sent, has } = world({ known: gone });
    has.add('a');
    const queue = new Queue(transport);
    queue.add([file('a.jpg', 'a')], TO);
    await finished(queue);
    expect(sent.length).toBe(1);
    expect(queue.items[0]?.was).toBe('new');
  });

  it('goes on where an earlier upload of the same file stopped', async () => {
    const begun = {
      location: '/api/v1/uploads/7',
      space: 's',
      album: 'Lisbon',
      name: 'a.jpg',
      size: 1,
      offset: 0,
      sha256: 'a',
      expires_at: '',
    };
    const { transport, sent } = world({
      pending: () => Promise.resolve([begun, { ...begun, album: 'Rome', location: 'no' }]),
    });
    const queue = new Queue(transport);
    queue.add([file('a.jpg', 'a'), file('b.jpg', 'b')], TO);
    await finished(queue);
    expect(sent).toContainEqual({ name: 'a.jpg', from: '/api/v1/uploads/7' });
    expect(sent).toContainEqual({ name: 'b.jpg', from: null });
  });

  it('says why something failed, and tries again when asked', async () => {
    let full = true;
    const { transport } = world({
      send: () => ({
        stop: () => undefined,
        done: full
          ? Promise.reject(new ApiError('quota', 'The space is full.', 507))
          : Promise.resolve<Stored>({ was: 'new', asset: null }),
      }),
    });
    const queue = new Queue(transport);
    queue.add([file('a.jpg'), file('empty.jpg', '')], TO);
    queue.items.filter((item) => item.size === 0).forEach((item) => expect(item.name).toBe('empty.jpg'));
    await finished(queue);
    expect(queue.failed.map((item) => item.error)).toEqual([
      'The space is full.',
      expect.stringContaining('Empty'),
    ]);
    full = false;
    queue.retry(queue.failed.filter((item) => item.size > 0));
    await finished(queue);
    expect(queue.items[0]?.phase).toBe('done');
  });

  it('keeps what failed, with why, when what is safe is taken off the list', async () => {
    const queue = new Queue(world().transport);
    queue.add([file('a.jpg'), { ...file('empty.jpg', ''), folder: 'Lisbon' }], TO);
    expect(queue.undone()).toEqual(['a.jpg', 'Lisbon/empty.jpg']);
    await finished(queue);
    expect(queue.undone()).toEqual(['Lisbon/empty.jpg']);
    queue.clear();
    expect(queue.items.map((item) => item.error)).toEqual([expect.stringContaining('Empty')]);
    queue.giveUp();
    expect(queue.items).toEqual([]);
  });

  it('waits for the server where it does not answer, and fails nothing that a short break interrupts', async () => {
    let breaks = 3;
    const waits: number[] = [];
    const { transport, sent, has } = world();
    has.add('named');
    const present = transport.present.bind(transport);
    const offline = () => Promise.reject(new ApiError('offline', 'No answer.', 0));
    transport.present = (space, hashes) => (breaks-- > 0 ? offline() : present(space, hashes));
    let unnamed = true;
    transport.known = () => {
      const first = unnamed;
      unnamed = false;
      return first ? offline() : Promise.resolve<Stored>({ was: 'there', asset: null });
    };
    const broken: boolean[] = [];
    const queue = new Queue(transport, (ms) => {
      waits.push(ms);
      broken.push(queue.items.some((item) => item.broken));
      return Promise.resolve();
    });
    queue.add([file('a.jpg', 'named'), file('b.jpg', 'b')], TO);
    await finished(queue);
    expect(queue.failed).toEqual([]);
    expect(queue.items.map((item) => [item.was, item.broken])).toEqual([
      ['there', false],
      ['new', false],
    ]);
    expect(sent.map(({ name }) => name)).toEqual(['b.jpg']);
    expect(waits.slice(0, 3)).toEqual([500, 1000, 2000]);
    expect(broken).not.toContain(false);
  });

  it('gives up in the end, and says why', async () => {
    const offline = () => Promise.reject(new ApiError('offline', 'No answer.', 0));
    let waited = 0;
    const queue = new Queue(world({ present: offline }).transport, (ms) => {
      waited += ms;
      return Promise.resolve();
    });
    queue.add([file('a.jpg')], TO);
    await finished(queue);
    expect(queue.failed.map((item) => item.error)).toEqual(['No answer.']);
    expect(waited).toBeGreaterThan(10 * 60_000);
  });

  it('goes on by itself when the same person has signed in again', async () => {
    let signedIn = false;
    const out = () => Promise.reject(new ApiError('unproved', 'You are not signed in.', 401));
    const { transport, sent } = world();
    const send = transport.send.bind(transport);
    transport.send = (...told) => (signedIn ? send(...told) : { stop: () => undefined, done: out() });
    const queue = new Queue(transport);
    queue.add([file('a.jpg'), file('b.jpg'), file('c.jpg'), file('d.jpg'), file('e.jpg')], TO);
    await vi.waitFor(() => expect(queue.paused).toBe(true));
    expect(queue.failed).toEqual([]);
    expect(queue.left).toBe(5);
    signedIn = true;
    queue.resume();
    await finished(queue);
    expect(queue.failed).toEqual([]);
    expect(new Set(sent.map(({ name }) => name)).size).toBe(5);
  });

  it('waits for who has to sign in again where the question finds no session', async () => {
    let signedIn = false;
    const out = () => Promise.reject(new ApiError('unproved', 'You are not signed in.', 401));
    const { transport } = world();
    transport.pending = () => (signedIn ? Promise.resolve([]) : out());
    const queue = new Queue(transport);
    queue.add([file('a.jpg'), file('b.jpg')], TO);
    await vi.waitFor(() => expect(queue.paused).toBe(true));
    signedIn = true;
    queue.resume();
    await finished(queue);
    expect(queue.failed).toEqual([]);
  });

  it('stays paused after signing in again where a person has paused it', async () => {
    const { transport, sent } = world();
    const queue = new Queue(transport);
    queue.add([file('a.jpg')], TO);
    queue.pause();
    queue.suspend();
    queue.resume();
    expect(queue.paused).toBe(true);
    queue.goOn();
    await finished(queue);
    expect(sent.length).toBe(1);
  });

  it('counts right through whatever is dropped, paused, stopped and tried again', async () => {
    let broken = true;
    const { transport, has } = world();
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    transport.send = (out, _, told) => {
      told.sent(1);
      const end = (): Stored => {
        if (broken && out.name === 'c.jpg') throw new Error('no');
        return { was: 'new', asset: null };
      };
      return { stop: () => undefined, done: gate.then(end) };
    };
    has.add('there');
    const queue = new Queue(transport);
    queue.add([file('a.jpg'), file('b.jpg'), file('c.jpg'), file('d.jpg'), file('e.jpg', 'there')], TO);
    await vi.waitFor(() => expect(queue.sums.sent).toBe(3 + 5));
    queue.items.filter((item) => item.name === 'a.jpg').forEach((item) => queue.drop(item));
    queue.pause();
    expect(queue.sums).toMatchObject({ left: 3, sent: 5 });
    queue.goOn();
    open();
    await finished(queue);
    expect(queue.items.length).toBe(4);
    expect(queue.sums).toMatchObject({ left: 0, failed: 1, new: 2, there: 1, bytes: 20, sent: 20 });
    broken = false;
    queue.retry();
    await finished(queue);
    expect(queue.sums).toMatchObject({ left: 0, failed: 0, new: 3, there: 1 });
    queue.add([file('f.jpg')], TO);
    queue.stopAll();
    queue.clear();
    expect(queue.items).toEqual([]);
    expect(Object.values(queue.sums).filter((sum) => sum !== 0)).toEqual([]);
  });

  it('keeps folders as albums below the one that was chosen', () => {
    const queue = new Queue(world().transport);
    queue.add([{ file: new File(['x'], 'x.jpg'), name: 'x.jpg', folder: 'Day 1/Raw' }], TO);
    expect(queue.items[0]?.to.album).toBe('Lisbon/Day 1/Raw');
  });
});

it('a rate forgets what was long ago', () => {
  let now = 0;
  const rate = new Rate(8000, () => now);
  rate.add(8_000_000);
  now = 4000;
  expect(rate.perSecond()).toBe(2_000_000);
  now = 20_000;
  expect(rate.perSecond()).toBe(0);
});
