// Processor time of the browser's threads, as the kernel counts it. Frames a second say little on a machine that does other
// things at the same time; this stays the same.
import { readFileSync, readdirSync } from 'node:fs';

/** The kernel counts in hundredths of a second. */
const TICK = 10;

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It ended meanwhile.
    return '';
  }
};

const list = (path) => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};

function descendants(root) {
  const children = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [];
  const follow = (pid) => {
    found.push(pid);
    for (const child of children.get(pid) ?? []) follow(child);
  };
  follow(root);
  return found;
}

/** Milliseconds by thread since each began, of a process and all that it started. */
export function threads(root) {
  const spent = new Map();
  for (const pid of descendants(root)) {
    const kind = /--type=([\w-]+)/.exec(read(`/proc/${pid}/cmdline`))?.[1] ?? 'browser';
    for (const task of list(`/proc/${pid}/task`)) {
      const stat = read(`/proc/${pid}/task/${task}/stat`);
      if (!stat) continue;
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const key = `${kind}/${name}`;
      spent.set(key, (spent.get(key) ?? 0) + (Number(fields[11]) + Number(fields[12])) * TICK);
    }
  }
  return spent;
}

/** Who worked how long between two looks, the busiest first. */
export function between(before, after) {
  return [...after]
    .map(([key, ms]) => [key, ms - (before.get(key) ?? 0)])
    .filter(([, ms]) => ms > 0)
    .sort((a, b) => b[1] - a[1]);
}
