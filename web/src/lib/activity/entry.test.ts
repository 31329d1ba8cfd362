import { expect, it } from 'vitest';
import { addressOf, grouped, nameOf, type Entry } from './entry';

const ID = '01a20915-aee8-721c-96b6-18b94b492dd1';
let seq = 100;
const entry = (action: string, subject: string, detail: unknown = {}, actor = 'ana@example.org'): Entry => ({
  seq: seq--,
  at: '2026-11-23T15:45:46Z',
  actor,
  action,
  subject,
  detail: detail as Entry['detail'],
  space: null,
  hash: '',
});

it('names things by what people call them', () => {
  expect(nameOf(entry('album.create', 'Picnic', { album: ID }))).toBe('Picnic');
  expect(nameOf(entry('device.add', ID, { name: 'Phone', kind: 'phone' }))).toBe('Phone');
  expect(nameOf(entry('invitation.create', ID, { email: 'b@example.org' }))).toBe('b@example.org');
  expect(nameOf(entry('asset.upload', ID, { bytes: 7 }))).toBe('');
  expect(nameOf(entry('asset.upload', ID, null))).toBe('');
});

it('leads to photos and albums', () => {
  expect(addressOf(entry('asset.edit', ID))).toBe(`/photos?photo=${ID}`);
  expect(addressOf(entry('album.rename', 'Picnic', { album: ID }))).toBe(`/albums/${ID}`);
  expect(addressOf(entry('session.begin', ID))).toBeNull();
  expect(addressOf(entry('album.create', 'Picnic', null))).toBeNull();
});

it('counts a hundred uploads as one thing, and not those of another', () => {
  const many = Array.from({ length: 100 }, () => entry('asset.upload', ID));
  const groups = grouped([
    ...many,
    entry('asset.upload', ID, {}, 'ben@example.org'),
    entry('asset.edit', ID),
  ]);
  expect(groups.map((group) => group.count)).toEqual([100, 1, 1]);
});
