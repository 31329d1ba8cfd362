// Runs before the app, while its files are still on their way: asks for the files of the page that was opened, and for the
// answers that it will want first. The app finds the answers in `window.early`; whatever is missing or failed there, it asks for
// itself, so nothing here has to succeed.
import { addressOf } from './lib/api/early';
import { chosen } from './lib/spaces/chosen';
import { monthsAt, pageSize, photosAt } from './lib/timeline/pages';

/** For each route, by its path with `*` for what varies: its files. Written in by the build. */
declare const __PARTS__: Record<string, string[]>;

const answers = (window.early = new Map<string, Promise<Response>>());

function ask(path: string): Promise<Response> {
  const asked = fetch(path);
  asked.catch(() => undefined);
  answers.set(addressOf(path), asked);
  return asked;
}

function link(rel: string, href: string) {
  const made = document.createElement('link');
  made.rel = rel;
  made.href = href;
  document.head.append(made);
}

const opened = location.pathname.replace(/(.)\/$/, '$1');
for (const [path, files] of Object.entries(__PARTS__)) {
  if (!new RegExp(`^${path.replace('*', '[^/]+')}$`).test(opened)) continue;
  for (const file of files) link(file.endsWith('.css') ? 'stylesheet' : 'modulepreload', file);
}

async function first() {
  void ask('/api/v1/session');
  const answer = await ask('/api/v1/spaces');
  if (!answer.ok) return;
  const spaces = (await answer.clone().json()) as { id: string }[];
  if (opened === '/') void ask('/api/v1/status');
  // What the browser keeps is slow to be read for the first time.
  const space = (spaces.length > 1 && spaces.find(({ id }) => id === chosen())) || spaces[0];
  if (!space || opened !== '/photos') return;
  for (const path of [monthsAt(space.id), `${photosAt(space.id)}?limit=${pageSize()}`]) {
    void ask(path);
  }
}

// Nobody has to be signed in here.
if (!/^\/(sign-in|setup|invitation|recover)/.test(opened)) void first().catch(() => undefined);
