// Finishes a build. The page that SvelteKit writes starts the app by a script inside the page, which a strict policy
// refuses; it becomes a file of its own with a hashed name, together with the script that runs before the app. Then everything
// that compresses well is compressed once, here, so that the server never has to.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { early } from './early.mjs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const build = new URL('../build/', import.meta.url).pathname;

function externalise(early) {
  const page = join(build, 'index.html');
  const html = readFileSync(page, 'utf8');
  const found = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)];
  if (found.length !== 1) throw new Error(`expected one script inside index.html, found ${found.length}`);
  const [whole, script] = found[0];
  const start = early + script;
  const hash = createHash('sha256').update(start).digest('base64url').slice(0, 8);
  const name = `_app/immutable/start.${hash}.js`;
  writeFileSync(join(build, name), start);
  const outside = html
    .replace(whole, () => `<script src="/${name}" async></script>`)
    // Comes with the app (`near-nodes.ts`).
    .replace(/\s*<link href="[^"]*\/nodes\/[^"]*" rel="modulepreload">/, '')
    .replace('<meta charset="utf-8" />', `$&\n    <link rel="preload" href="/${name}" as="script" />`);
  if (/<script(?![^>]*\bsrc=)/.test(outside) || /<style/.test(outside) || / on[a-z]+=/.test(outside)) {
    throw new Error('index.html has something that the policy of the server refuses');
  }
  writeFileSync(page, outside);
}

const COMPRESSED = new Set(['.html', '.js', '.css', '.svg', '.json', '.webmanifest', '.txt', '.map']);

function compress(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      compress(path);
    } else if (COMPRESSED.has(extname(name))) {
      const bytes = readFileSync(path);
      const brotli = brotliCompressSync(bytes, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
      });
      if (brotli.length < bytes.length) {
        writeFileSync(`${path}.br`, brotli);
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    }
  }
}

/** The one `style` attribute in the page is the framework's; the server's policy names it by its hash. */
function checkPolicy() {
  const root = readFileSync(new URL('../.svelte-kit/generated/root.svelte', import.meta.url), 'utf8');
  const policy = readFileSync(new URL('../../crates/server/src/web.rs', import.meta.url), 'utf8');
  for (const [, style] of root.matchAll(/style="([^"]*)"/g)) {
    const hash = `sha256-${createHash('sha256').update(style).digest('base64')}`;
    if (!policy.includes(hash))
      throw new Error(`crates/server/src/web.rs has to allow '${hash}' in style-src-attr`);
  }
}

externalise(await early());
checkPolicy();
compress(build);
