import { expect, it } from 'vitest';
import { fromField, fromPaste } from './chosen';

it('what systems leave in folders is not uploaded', () => {
  const files = ['a.jpg', '.DS_Store', 'Thumbs.db', '._a.jpg'].map((name) => new File(['x'], name));
  expect(fromField(files).map(({ name }) => name)).toEqual(['a.jpg']);
});

it('pasted pictures get names that tell them apart', () => {
  const files = [new File(['x'], 'image.png'), new File(['y'], 'image.png'), new File(['z'], 'mine.jpg')];
  const names = fromPaste(files, new Date('2026-11-23T12:01:33Z')).map(({ name }) => name);
  expect(names).toEqual(['Pasted 2026-11-23 12.01.33.png', 'Pasted 2026-11-23 12.01.33 2.png', 'mine.jpg']);
});
