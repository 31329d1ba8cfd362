import { expect, it } from 'vitest';
import { forEach, inLots } from './bulk';

it('says of what could not be done why the first of it could not', async () => {
  const outcome = await forEach(['a', 'b', 'c'], (id) =>
    id === 'a' ? Promise.resolve() : Promise.reject(new Error(`You may not do this with ${id}.`)),
  );
  expect(outcome).toEqual({ done: ['a'], failed: ['b', 'c'], why: 'You may not do this with b.' });
});

it('says why a lot could not be done', async () => {
  const outcome = await inLots(['a', 'b'], () => Promise.reject(new Error('The album is locked.')));
  expect(outcome).toEqual({ done: [], failed: ['a', 'b'], why: 'The album is locked.' });
});
