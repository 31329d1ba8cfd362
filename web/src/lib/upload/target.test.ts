import { beforeEach, expect, it, vi } from 'vitest';
import type { Permission, Space } from '$lib/api';
import { spaces } from '$lib/spaces/spaces.svelte';
import { Target } from './target.svelte';

const space = (id: string, ...permissions: Permission[]) => ({ id, name: id, permissions }) as Space;

beforeEach(() => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
  spaces.list = [
    space('Family', 'view', 'upload'),
    space('Clients', 'view'),
    space('Desk', 'view', 'upload'),
  ];
});

it('files go into the space that is looked at', () => {
  spaces.choose('Desk');
  expect(new Target().destination).toEqual({ space: 'Desk', album: '' });
});

it('files never go into another space where the one that is looked at takes none', () => {
  spaces.choose('Clients');
  expect(new Target().destination).toBeNull();
});

it('a page with a place of its own decides, as long as it is shown', () => {
  spaces.choose('Family');
  const target = new Target();
  const end = target.show({ space: 'Desk', folder: 'lisbon', name: 'Lisbon' });
  expect(target.destination).toEqual({ space: 'Desk', album: 'lisbon' });
  expect(target.named({ space: 'Desk', album: 'lisbon' })).toBe('“Desk”, album “Lisbon”');
  const endNext = target.show({ space: '', folder: '', name: '' });
  // The page before may end after the next has begun.
  end();
  expect(target.destination).toBeNull();
  endNext();
  expect(target.destination).toEqual({ space: 'Family', album: '' });
});
