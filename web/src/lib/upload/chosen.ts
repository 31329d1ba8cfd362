// Files as they are dropped, pasted or chosen, with the folders that they lie in.
export interface Chosen {
  file: File;
  name: string;
  /** Path of its folder below what was chosen; empty for a file that was chosen itself. */
  folder: string;
}

/** Its path below what was chosen. */
export const pathOf = ({ name, folder }: Chosen): string => (folder ? `${folder}/${name}` : name);

/** What systems leave in folders and nobody took a picture of. */
const LITTER = /^(\.|Thumbs\.db$|desktop\.ini$|Icon\r$)/i;

const wanted = (chosen: Chosen): boolean => !LITTER.test(chosen.name);

/** From a file field; a folder field tells paths. */
export function fromField(files: Iterable<File>): Chosen[] {
  return [...files]
    .map((file) => {
      const path = file.webkitRelativePath;
      return { file, name: file.name, folder: path ? path.split('/').slice(0, -1).join('/') : '' };
    })
    .filter(wanted);
}

/** From the clipboard, where every picture has the same name. */
export function fromPaste(files: Iterable<File>, now = new Date()): Chosen[] {
  const time = now.toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '.');
  return [...files].map((file, at) => {
    const generic = /^image\.\w+$/.test(file.name);
    const name = generic ? `Pasted ${time}${at ? ` ${at + 1}` : ''}${file.name.slice(5)}` : file.name;
    return { file, name, folder: '' };
  });
}

/** What was dropped: what can be uploaded, and the names of what could not be read. */
export interface Dropped {
  chosen: Chosen[];
  unreadable: string[];
}

/** From a drop: folders are walked through. What cannot be read does not keep the rest from being taken. */
export async function fromDrop(data: DataTransfer): Promise<Dropped> {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry());
  const loose = [...data.files];
  if (entries.every((entry) => entry === null)) return { chosen: fromField(loose), unreadable: [] };
  return fromEntries(entries.filter((entry) => entry !== null));
}

export async function fromEntries(entries: FileSystemEntry[]): Promise<Dropped> {
  const found: Dropped = { chosen: [], unreadable: [] };
  for (const entry of entries) await walk(entry, '', found);
  return { chosen: found.chosen.filter(wanted), unreadable: found.unreadable };
}

async function walk(entry: FileSystemEntry, folder: string, found: Dropped): Promise<void> {
  const below = folder ? `${folder}/${entry.name}` : entry.name;
  try {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) =>
        (entry as FileSystemFileEntry).file(resolve, reject),
      );
      found.chosen.push({ file, name: entry.name, folder });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    // A folder is told in parts; an empty part is its end.
    for (;;) {
      const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
        reader.readEntries(resolve, reject),
      );
      if (part.length === 0) return;
      for (const child of part) await walk(child, below, found);
    }
  } catch {
    if (!LITTER.test(entry.name)) found.unreadable.push(below);
  }
}
