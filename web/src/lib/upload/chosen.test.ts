import { expect, it } from 'vitest';
import { fromEntries, fromField, fromPaste } from './chosen';

it('what systems leave in folders is not uploaded', () => {
  const files = ['a.jpg', '.DS_Store', 'Thumbs.db', '._a.jpg'].map((name) => new File(['x'], name));
  expect(fromField(files).map(({ name }) => name)).toEqual(['a.jpg']);
});

it('pasted pictures get names that tell them apart', () => {
  const files = [new File(['x'], 'image.png'), new File(['y'], 'image.png'), new File(['z'], 'mine.jpg')];
  const names = fromPaste(files, new Date('2026-11-23T12:01:33Z')).map(({ name }) => name);
  expect(names).toEqual(['Pasted 2026-11-23 12.01.33.png', 'Pasted 2026-11-23 12.01.33 2.png', 'mine.jpg']);
});

const entry = (name: string, ok = true) =>
  ({
    isFile: true,
    name,
    file: (found: (file: File) => void, failed: (error: Error) => void) =>
      ok ? found(new File(['x'], name)) : failed(new Error('not readable')),
  }) as unknown as FileSystemEntry;

const folder = (name: string, ...parts: FileSystemEntry[][]) =>
  ({
    isFile: false,
    name,
    createReader: () => ({
      readEntries: (found: (part: FileSystemEntry[]) => void) => found(parts.shift() ?? []),
    }),
  }) as unknown as FileSystemEntry;

it('one entry that cannot be read does not keep a dropped folder from being taken', async () => {
  const dropped = folder(
    'Lisbon',
    [entry('a.jpg'), entry('locked.jpg', false)],
    [folder('raw', [entry('b.nef')])],
  );
  const { chosen, unreadable } = await fromEntries([dropped]);
  expect(chosen.map(({ folder, name }) => `${folder}/${name}`)).toEqual(['Lisbon/a.jpg', 'Lisbon/raw/b.nef']);
  expect(unreadable).toEqual(['Lisbon/locked.jpg']);
});
