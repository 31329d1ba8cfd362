import { expect, it } from 'vitest';
import { filterOf, toggled } from './filters';

it('what is clicked is what could have been typed', () => {
  expect(filterOf('cameras', 'Canon EOS R5')).toBe('camera:"Canon EOS R5"');
  expect(filterOf('ratings', '-1')).toBe('rating:rejected');
  expect(filterOf('keywords', 'a "quoted" word')).toBe('keyword:"a quoted word"');
});

it('a filter is added once and taken away again', () => {
  const filter = filterOf('years', '2024');
  expect(toggled('beach ', filter)).toBe('beach on:2024');
  expect(toggled('beach on:2024', filter)).toBe('beach');
  expect(toggled('', filter)).toBe('on:2024');
});
