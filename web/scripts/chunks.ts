// Which modules travel together. Left alone, the bundler makes a file of every icon that two pages share, and opening a page
// asks for sixty of them; what every page needs is one file here, and what every grid of photos needs is another.

/** In every page: the framework, the client of the API, what the app says, and what stands around a page. */
const BASE = [
  /\/node_modules\/(svelte|@sveltejs|openapi-fetch|devalue|esm-env|clsx|@lucide)\//,
  /^\0?vite\/|\/\.svelte-kit\/generated\/(root|client-optimized\/nodes\/[0-3]\.js)/,
  /\/src\/lib\/(api|format|i18n|shell)\//,
  /\/src\/lib\/session\/(session|proof|Proof)/,
  /\/src\/lib\/spaces\/(spaces|chosen)\./,
  /\/src\/lib\/ui\/(?!DialogFrame|ConfirmFrame|MenuList|Qr)/,
  /\/src\/lib\/upload\/(abreast|begun|chosen|DropAnywhere|drag|fifo|hasher|held|item|LeaveGuard|queue|rate|sender|stages|take|tally|target|transport|unsent)\./,
  /\/src\/lib\/viewer\/viewer\.svelte/,
  /\/src\/routes\/(\(app\)\/)?\+(layout|error)/,
];

/** In every grid of photos, and the page that most of them are looked at on. */
const PHOTOS = [
  /\/src\/lib\/timeline\//,
  /\/src\/lib\/albums\/rights\./,
  /\/src\/routes\/\(app\)\/photos\//,
  /\/node_modules\/thumbhash\//,
  /\/src\/lib\/viewer\/(list|picture)\./,
];

const oneOf = (patterns: RegExp[]) => (id: string) => patterns.some((pattern) => pattern.test(id));

export const groups = [
  { name: 'base', test: oneOf(BASE), priority: 2 },
  { name: 'photos', test: oneOf(PHOTOS), priority: 1 },
];
