// Builds the script that runs before the app (`src/early.ts`), with the names of the files that each page is made of.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const kit = new URL('../.svelte-kit/', import.meta.url);
const NODES = '.svelte-kit/generated/client-optimized/nodes';

/**
 * For each route, by its path with `*` for what varies: the files that its page wants beyond those that every page names. What
 * stands around the page is among those.
 */
function parts() {
  const manifest = JSON.parse(readFileSync(new URL('output/client/.vite/manifest.json', kit), 'utf8'));
  const page = readFileSync(new URL('../build/index.html', import.meta.url), 'utf8');
  const app = readFileSync(new URL('generated/client-optimized/app.js', kit), 'utf8');
  const files = (key, found = new Set()) => {
    const { file, imports = [], css = [] } = manifest[key];
    for (const one of [file, ...css]) found.add(`/${one}`);
    for (const next of imports) if (!found.has(`/${manifest[next].file}`)) files(next, found);
    return found;
  };
  // The route of every address that no other has would be taken for each of them.
  const routes = [...app.matchAll(/"(\/[^"]*)": \[(\d+)/g)].filter(([, id]) => !id.includes('[...'));
  if (routes.length === 0) throw new Error('no routes in the app that SvelteKit made');
  return Object.fromEntries(
    routes.map(([, id, leaf]) => {
      const path = id.replace(/\/\([^)]*\)/g, '').replace(/\[[^\]]*\]/g, '*') || '/';
      return [path, [...files(`${NODES}/${leaf}.js`)].filter((file) => !page.includes(file))];
    }),
  );
}

export async function early() {
  const made = await build({
    configFile: false,
    logLevel: 'error',
    define: { __PARTS__: JSON.stringify(parts()) },
    build: {
      write: false,
      target: 'es2022',
      lib: {
        entry: fileURLToPath(new URL('../src/early.ts', import.meta.url)),
        name: 'early',
        formats: ['iife'],
      },
    },
  });
  return made[0].output[0].code;
}
