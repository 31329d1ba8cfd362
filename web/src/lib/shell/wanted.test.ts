import { expect, it } from 'vitest';
import { wanted } from './wanted';

const HERE = 'https://photos.example.org/sign-in?to=x';
const PAGES = ['/', '/photos', '/search', '/account'];
const isPage = (url: URL) => Promise.resolve(PAGES.includes(url.pathname));
const to = (address: string | null) => wanted(address, HERE, isPage);

it('goes back to a page of the app, with what its address says', async () => {
  expect(await to('/photos?photo=1#info')).toBe('/photos?photo=1#info');
  expect(await to('/search?q=a%20b')).toBe('/search?q=a%20b');
  expect(await to('/account/../photos')).toBe('/photos');
});

it.each([
  null,
  '',
  'photos',
  'https://evil.example/photos',
  '//evil.example/photos',
  '/\\evil.example/photos',
  '/\t/evil.example',
  '/\n/evil.example',
  '/%09/evil.example',
  'javascript:alert(1)',
  '/api/v1/session',
  '/photos/../api/v1/session',
  '/healthz',
  '/service-worker.js',
  '//[',
])('goes home in place of %j', async (address) => {
  expect(await to(address)).toBe('/');
});
