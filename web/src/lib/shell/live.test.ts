import { beforeEach, expect, it, vi } from 'vitest';
import { addressOf, early } from '$lib/api/early';
import { Live, type Stream } from './live.svelte';
import { waits } from './waits';

class Fake extends EventTarget {
  readyState = 0;
  close() {
    this.readyState = 2;
  }
  opened() {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }
  /** As after a 502, or after the network broke. */
  broke(forGood: boolean) {
    this.readyState = forGood ? 2 : 0;
    this.dispatchEvent(new Event('error'));
  }
}

let streams: Fake[] = [];
const open = () => {
  const made = new Fake();
  streams.push(made);
  return made as unknown as Stream;
};

beforeEach(() => {
  streams = [];
  vi.useFakeTimers();
  vi.stubGlobal('window', {});
  vi.stubGlobal('location', new URL('https://photos.example.org/photos'));
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

it('listens again after an answer that ends a stream for good, and tells what may have been missed', () => {
  const live = new Live(open, (tries) => 1000 * (tries + 1));
  const stop = live.start();
  const missed = vi.fn();
  live.on(() => undefined, missed);
  streams[0]?.opened();
  expect(missed).not.toHaveBeenCalled();
  streams[0]?.broke(true);
  vi.advanceTimersByTime(1000);
  expect(streams.length).toBe(2);
  streams[1]?.broke(true);
  vi.advanceTimersByTime(1999);
  expect(streams.length).toBe(2);
  vi.advanceTimersByTime(1);
  streams[2]?.opened();
  expect(missed).toHaveBeenCalledTimes(1);
  stop();
  streams[2]?.broke(true);
  vi.advanceTimersByTime(100_000);
  expect(streams.length).toBe(3);
});

it('asks whether the session has ended when a stream ends, and not each time that the browser tries again', () => {
  const live = new Live(open, () => 1000);
  const ended = vi.fn();
  const stop = live.start(ended);
  streams[0]?.opened();
  expect(ended).not.toHaveBeenCalled();
  streams[0]?.broke(false);
  streams[0]?.broke(false);
  expect(ended).toHaveBeenCalledTimes(1);
  // An answer that is no stream: that one may not listen, perhaps.
  streams[0]?.broke(true);
  expect(ended).toHaveBeenCalledTimes(2);
  stop();
  streams[0]?.broke(true);
  expect(ended).toHaveBeenCalledTimes(2);
});

it('leaves it to the browser to try again where the network broke', () => {
  const live = new Live(open);
  live.start();
  const missed = vi.fn();
  live.on(() => undefined, missed);
  streams[0]?.opened();
  streams[0]?.broke(false);
  vi.advanceTimersByTime(100_000);
  expect(streams.length).toBe(1);
  streams[0]?.opened();
  expect(missed).toHaveBeenCalledTimes(1);
});

it('gathers what concerns somebody, and what may have been missed, and calls back once for it', () => {
  const live = new Live(open, () => 0);
  live.start();
  const again = vi.fn();
  const off = live.gathered((change) => change.space === 'one', again, 2000);
  const change = (space: string) =>
    streams[0]?.dispatchEvent(new MessageEvent('change', { data: `{"space":"${space}","id":"a"}` }));
  streams[0]?.opened();
  change('two');
  vi.advanceTimersByTime(10_000);
  expect(again).not.toHaveBeenCalled();
  change('one');
  vi.advanceTimersByTime(1000);
  change('one');
  vi.advanceTimersByTime(1000);
  expect(again).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(10_000);
  expect(again).toHaveBeenCalledTimes(1);
  streams[0]?.broke(false);
  streams[0]?.opened();
  vi.advanceTimersByTime(2000);
  expect(again).toHaveBeenCalledTimes(2);
  change('one');
  off();
  vi.advanceTimersByTime(10_000);
  expect(again).toHaveBeenCalledTimes(2);
});

it('waits longer each time, up to a minute', () => {
  expect([0, 1, 5, 30].map((tries) => waits(tries, 1))).toEqual([1000, 2000, 32_000, 60_000]);
  expect(waits(0, 0)).toBe(500);
});

it('an answer from before a change is given to nobody', async () => {
  const live = new Live(open, () => 0);
  live.start();
  streams[0]?.opened();
  const address = `${location.origin}/api/v1/spaces/one/months`;
  const kept = () => new Map([[addressOf(address), Promise.resolve(new Response('[]'))]]);
  window.early = kept();
  expect(await early(new Request(address))).not.toBeNull();
  window.early = kept();
  streams[0]?.dispatchEvent(new MessageEvent('change', { data: '{"space":"one","id":"a"}' }));
  expect(await early(new Request(address))).toBeNull();
});
