// Photos to test with: real ones where they are at hand, which are never copied into the project, and else those that the
// testkit makes out of a seed. Every flow runs with either.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { program } from '../dev/server.mjs';

const SHOWN = /\.(jpe?g|heic|heif|avif|png|webp|mp4|mov)$/i;

/** The folder of real photos. */
function real(): string | null {
  const places = [
    process.env.OURPHOTO_TESTDATA,
    fileURLToPath(new URL('../../../shared/testdata', import.meta.url)),
  ];
  return places.find((place): place is string => !!place && existsSync(place)) ?? null;
}

/** Files of a folder and of those below it, in the order of their paths. */
function below(folder: string, ending: RegExp): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ending.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Real files of a folder; none where there are no real ones. */
export function filesIn(folder: string, ending = SHOWN): string[] {
  const root = real();
  return root ? below(join(root, folder), ending) : [];
}

const made = new Map<string, string>();
process.on('exit', () => {
  for (const folder of made.values()) rmSync(folder, { recursive: true, force: true });
});

/** A folder that the testkit has filled; the same words give the same folder. */
function generated(...words: string[]): string {
  const key = words.join(' ');
  const known = made.get(key);
  if (known) return known;
  const folder = mkdtempSync(join(tmpdir(), 'ourphoto-pictures-'));
  made.set(key, folder);
  const generator = process.env.OURPHOTO_GENERATE ?? join(dirname(program()), 'generate-photos');
  if (!existsSync(generator))
    throw new Error(`no photos to test with: build ourphoto-testkit, or set OURPHOTO_TESTDATA`);
  execFileSync(generator, ['--dir', folder, ...words], { stdio: 'ignore' });
  return folder;
}

/** What the testkit makes of a person's folder: a shoot with RAW files, and a phone. */
const folder = (): string => generated('--sample', '--files', '9', '--seed', '7');

/** Nine pictures as a camera takes them, all of one month, most of them with the place where they were taken. */
export function pictures(most = 9): string[] {
  const found = filesIn('exif-samples/jpg/gps');
  const files = found.length > 0 ? found : below(folder(), /DSC_\d+\.JPG$/);
  return files.slice(0, most);
}

/** Pictures of other cameras than those of `pictures`, which were taken with several where they are made. */
export const others = (): string[] => filesIn('exif-samples/jpg', /^(Nikon_D70|Canon_40D|Pentax_K10D)\.jpg$/);

/** Pictures of several cameras and years, also where they are made. Of real ones none has a place. */
export function varied(): { files: string[]; real: boolean } {
  const found = [...others(), ...filesIn('exif-samples/jpg', /^Olympus_C8080WZ\.jpg$/)];
  if (found.length > 0) return { files: found, real: true };
  return {
    files: below(generated('--files', '4', '--picture', '320x240', '--seed', '10'), SHOWN),
    real: false,
  };
}

/** As many as there are for a grid that scrolls. */
export function many(): string[] {
  const found = filesIn('exif-samples/jpg').slice(0, 60);
  return found.length > 0
    ? [...found, ...pictures()]
    : below(generated('--files', '60', '--picture', '320x240', '--seed', '8'), SHOWN);
}

/** A picture of twelve megapixels, which is larger than its preview. */
export function large(): string {
  const [file] = below(generated('--files', '1', '--picture', '4000x3000', '--seed', '9'), SHOWN);
  if (!file) throw new Error('the testkit has made nothing');
  return file;
}

/** A RAW file with a preview in it, without the JPEG that a camera may write beside it. */
export function raw(ending = 'NEF'): string {
  const [file] = below(folder(), new RegExp(`\\.${ending}$`));
  if (!file) throw new Error(`the testkit has made no ${ending}`);
  return file;
}

/** A photo in the format of phones. Only a real one has a picture in it: what makes one is not free. */
export function heic(): { file: string; picture: boolean } {
  const [found] = filesIn('formats-and-metadata/formats/heic');
  if (found) return { file: found, picture: true };
  const [shell] = below(folder(), /\.HEIC$/);
  if (!shell) throw new Error('the testkit has made no HEIC');
  return { file: shell, picture: false };
}

/** What the names of all `pictures` begin with. */
export const named = (): RegExp => new RegExp(/^[a-z]+/i.exec(basename(pictures()[0] ?? ''))?.[0] ?? '', 'i');
