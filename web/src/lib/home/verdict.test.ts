import { describe, expect, it } from 'vitest';
import type { CopyInfo, Status } from '$lib/api';
import type { Device } from '$lib/devices/lag';
import { answer, beyond, missing, provedSince, rule, tone, type Alert } from './verdict';

const copy = (told: Partial<CopyInfo>): CopyInfo => ({
  name: 'copy',
  medium: 'disk',
  place: 'onsite',
  library: false,
  held: 10,
  held_bytes: 1,
  unproved: 0,
  oldest_proof: '2026-01-02T00:00:00Z',
  damaged: 0,
  missing: 0,
  waiting: 0,
  ...told,
});
const status = (copies: CopyInfo[], ...risks: string[]): Status => ({
  copies,
  jobs_waiting: 0,
  jobs_failed: 0,
  risks: risks.map((kind) => ({ copy: null, kind, text: kind })),
});

const alert = (kind: Alert['kind'], urgent = false, resolved_at: string | null = null): Alert => ({
  ...{ id: kind, kind, urgent, resolved_at },
  ...{ sentence: kind, action: 'Look.', escalated: 0, raised_at: '2026-01-02T00:00:00Z' },
});

describe('whether everything is safe', () => {
  it('heeds open alerts, and says nothing twice that the risks say', () => {
    const bare = status([copy({ library: true })], 'no-copy');
    const alerts = [
      alert('no-copy'),
      alert('review-overdue'),
      alert('lost', true),
      alert('healed', false, '2026'),
    ];
    expect(beyond(bare, alerts).map(({ kind }) => kind)).toEqual(['lost', 'review-overdue']);
    const fine = status([copy({ library: true })]);
    expect(tone(fine, [alert('review-overdue')])).toBe('warn');
    expect(tone(fine, [alert('lost', true)])).toBe('bad');
  });

  it('is said only when nothing is at risk', () => {
    expect(tone(status([copy({ library: true })]))).toBe('good');
    expect(tone(status([copy({ library: true })], 'no-copy'))).toBe('bad');
    expect(tone(status([copy({ library: true }), copy({})], 'no-offsite'))).toBe('warn');
    expect(tone(status([copy({ library: true }), copy({})], 'no-offsite', 'damaged'))).toBe('bad');
  });

  it('is not said while this browser or a device has not delivered what it holds', () => {
    const none = { failed: 0, left: 0, held: 0, unsent: 0 };
    const device = (waiting: number) => ({ waiting }) as Device;
    const said = (known: Parameters<typeof answer>[0], ...of: Parameters<typeof missing>) =>
      answer(known, { unheard: false, stale: false, missing: missing(...of) });
    expect(said('good', [], none)).toBe('good');
    expect(said('good', [device(0)], none)).toBe('good');
    expect(said('good', [device(2)], none)).toBe('warn');
    expect(said('good', [], { ...none, failed: 1 })).toBe('warn');
    expect(said('good', [], { ...none, left: 1 })).toBe('warn');
    expect(said('good', [], { ...none, held: 1 })).toBe('warn');
    expect(said('good', [], { ...none, unsent: 1 })).toBe('warn');
    expect(said('bad', [], { ...none, failed: 1 })).toBe('bad');
  });

  it('is not said when the alerts were not heard, or what is known is old', () => {
    const doubts = {
      unheard: false,
      stale: false,
      missing: missing([], { failed: 0, left: 0, held: 0, unsent: 0 }),
    };
    expect(answer('good', { ...doubts, unheard: true })).toBe('warn');
    expect(answer('good', { ...doubts, stale: true })).toBe('warn');
    expect(answer('empty', { ...doubts, stale: true })).toBe('warn');
    expect(answer('bad', { ...doubts, stale: true })).toBe('bad');
  });

  it('is no question while there is nothing', () => {
    expect(tone(status([copy({ library: true, held: 0 })]))).toBe('empty');
  });

  it('counts a copy only when it is whole', () => {
    const copies = [
      copy({ library: true }),
      copy({ waiting: 1, place: 'offsite' }),
      copy({ medium: 'cloud', place: 'offsite' }),
    ];
    expect(rule(status(copies))).toEqual({ copies: 2, media: 2, offsite: 1 });
    expect(rule(status([copy({ library: true, missing: 1 }), copy({})]))).toEqual({
      copies: 1,
      media: 1,
      offsite: 0,
    });
  });

  it('tells the oldest proof, and none where something was never proved', () => {
    const old = copy({ oldest_proof: '2025-01-01T00:00:00Z' });
    expect(provedSince(status([copy({ library: true }), old]))).toBe('2025-01-01T00:00:00Z');
    expect(provedSince(status([copy({ unproved: 1 }), old]))).toBeNull();
  });
});
