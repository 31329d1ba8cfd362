// What a first visit loads, compressed, against its budget: the page, and every script and style that it names or that its
// first route imports.
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BUDGET = 200_000;
const build = fileURLToPath(new URL('../build', import.meta.url));
const size = (path) => {
  try {
    return statSync(`${build}${path}.br`).size;
  } catch {
    return statSync(build + path).size;
  }
};
const page = readFileSync(`${build}/index.html`, 'utf8');
const scripts = new Set([...page.matchAll(/(?:src|href)="(\/_app\/[^"]+\.js)"/g)].map(([, path]) => path));

/** Follows what scripts import at once; what they import later is not part of a first visit. */
function follow(path) {
  const text = readFileSync(build + path, 'utf8');
  for (const [, name] of text.matchAll(/(?:\bfrom|\bimport)\s*["'](\.[^"']+\.js)["']/g)) {
    const next = new URL(name, `http://x${path}`).pathname;
    if (!scripts.has(next)) {
      scripts.add(next);
      follow(next);
    }
  }
}

// The sign-in page, and then Home: whoever comes first sees one of them, whoever comes back the other.
const manifest = readFileSync(`${build}${[...scripts].find((path) => path.includes('/entry/app.'))}`, 'utf8');
const nodes = [...manifest.matchAll(/import\(\s*["'`](\.\.\/nodes\/[^"'`]+)["'`]/g)].map(
  ([, path]) => new URL(path, 'http://x/_app/immutable/entry/').pathname,
);
const first = new Set(scripts);
for (const path of [...first]) follow(path);
const shell = [...scripts];
const heaviest = Math.max(
  ...nodes.map((node) => {
    scripts.clear();
    for (const path of shell) scripts.add(path);
    scripts.add(node);
    follow(node);
    return [...scripts].reduce((sum, path) => sum + size(path), 0);
  }),
);
const base = shell.reduce((sum, path) => sum + size(path), 0);
const kB = (n) => `${(n / 1000).toFixed(1)} kB`;
console.log(
  `scripts, compressed: ${kB(base)} before any page, ${kB(heaviest)} with the heaviest page opened first (budget ${kB(BUDGET)})`,
);
if (heaviest > BUDGET) {
  console.error('the first load is over its budget');
  process.exit(1);
}
