import { expect, it } from 'vitest';
import { filterOf, includes, toggled } from './filters';

it('what is clicked is what could have been typed', () => {
  expect(filterOf('cameras', 'Canon EOS R5')).toBe('camera:"Canon EOS R5"');
  expect(filterOf('ratings', '-1')).toBe('rating:rejected');
  expect(filterOf('keywords', 'a "quoted" word')).toBe('keyword:"a quoted word"');
  expect(filterOf('types', 'video')).toBe('type:video');
  expect(filterOf('kinds', 'final')).toBe('kind:final');
  expect(filterOf('people', 'Ana Example')).toBe('by:"Ana Example"');
  expect(filterOf('tiers', 'vault')).toBe('tier:vault');
  expect(filterOf('missing', 'disk in the drawer')).toBe('missing:"disk in the drawer"');
  expect(['yes', 'no'].map((name) => filterOf('places', name))).toEqual(['has:place', '-has:place']);
});

it('with and without are two filters', () => {
  expect(includes('-has:place', filterOf('places', 'yes'))).toBe(false);
  expect(toggled('beach -has:place', filterOf('places', 'no'))).toBe('beach');
});

it('a filter is added once and taken away again', () => {
  const filter = filterOf('years', '2024');
  expect(toggled('beach ', filter)).toBe('beach on:2024');
  expect(toggled('beach on:2024', filter)).toBe('beach');
  expect(toggled('', filter)).toBe('on:2024');
});

it('a filter is not taken out of the middle of another', () => {
  for (const [q, filter] of [
    ['on:2024-05', 'on:2024'],
    ['rating:4+', 'rating:4'],
    ['keyword:artist', 'keyword:art'],
    ['-type:film', 'type:film'],
  ] as const) {
    expect(includes(q, filter)).toBe(false);
    expect(toggled(q, filter)).toBe(`${q} ${filter}`);
  }
  const camera = filterOf('cameras', 'Canon EOS R5');
  expect(toggled(`beach ${camera} on:2024`, camera)).toBe('beach on:2024');
  expect(toggled('"two words" beach', 'has:place')).toBe('"two words" beach has:place');
  expect(toggled('an "open quote', 'has:place')).toBe('an "open quote has:place');
});
