import { expect, it } from 'vitest';
import { folders } from './folders';

it('tells an album by its last folder', () => {
  expect(folders('sample/2024/Wedding')).toEqual({ last: 'Wedding', within: 'sample / 2024' });
  expect(folders('Wedding')).toEqual({ last: 'Wedding', within: '' });
  expect(folders('/')).toEqual({ last: '/', within: '' });
});
