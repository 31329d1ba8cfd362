// What this machine's browser needs at least: a plain page that is as high as the grid, without any framework. On every frame it
// paints as many plain boxes as the grid has photos in view, or moves as many plain elements, and does nothing else.
import { createServer } from 'node:http';

const page = (kind) => `<!doctype html><title>Floor</title><link rel="stylesheet" href="/floor.css">
<div class="scroller" data-testid="grid"><div class="plane" data-index="0"></div></div>
<script src="/${kind}.js"></script>`;

/** Forty photos as plain links, with no script at all: what opening any page costs. */
const still = `<!doctype html><title>Floor</title><link rel="stylesheet" href="/floor.css"><div class="scroller">${Array.from(
  { length: 40 },
  (_, n) => `<a href="?${n}" data-index="${n}">photo ${n}</a> `,
).join('')}</div>`;

const style = `html, body { margin: 0 }
.scroller { position: absolute; inset: 0 0 0 240px; overflow: hidden auto; contain: strict; background: #faf9f7 }
.plane { position: relative; height: 3600000px }
.tile { position: absolute; inset: 0 auto auto 0; contain: strict }
canvas { position: sticky; display: block; top: 0; image-rendering: pixelated }`;

const common = `const grid = document.querySelector('.scroller');
const plane = document.querySelector('.plane');
const colour = (n) => 'rgb(' + [(n * 37) % 200, (n * 91) % 200, (n * 53) % 200] + ')';
const boxes = (from, to, each) => {
  for (let row = Math.max(0, Math.floor(from / 204)); row * 204 < to; row += 1)
    for (let at = 0; at < 5; at += 1) each(row * 5 + at, at * 236, row * 204);
};
let frame = 0;
const follow = (draw) => {
  const now = () => { frame = 0; draw(grid.scrollTop) };
  grid.addEventListener('scroll', () => (frame ||= requestAnimationFrame(now)), { passive: true });
  now();
};
`;

const scripts = {
  painted: `const canvas = document.createElement('canvas');
canvas.width = 1180;
canvas.height = innerHeight;
plane.append(canvas);
const brush = canvas.getContext('2d', { alpha: false });
follow((top) => {
  brush.fillStyle = '#faf9f7';
  brush.fillRect(0, 0, canvas.width, canvas.height);
  boxes(top, top + canvas.height, (n, x, y) => {
    brush.fillStyle = colour(n);
    brush.fillRect(x, y - top, 232, 200);
  });
});`,
  moved: `const pool = [];
follow((top) => {
  let used = 0;
  boxes(top - 500, top + innerHeight + 500, (n, x, y) => {
    let tile = pool[used++];
    if (!tile) {
      pool.push((tile = document.createElement('div')));
      tile.className = 'tile';
      plane.append(tile);
    }
    tile.style.transform = 'translate(' + x + 'px,' + y + 'px)';
    tile.style.width = '232px';
    tile.style.height = '200px';
    tile.style.backgroundColor = colour(n);
  });
});`,
};

/** `/painted` and `/moved` of its address are the two pages that scroll, `/photos` the one that is only opened. */
export async function floor() {
  const server = createServer((request, response) => {
    const [name, ending] = request.url.slice(1).split('.');
    const types = { js: 'text/javascript', css: 'text/css' };
    response.setHeader('content-type', types[ending] ?? 'text/html');
    if (ending === 'css') response.end(style);
    else if (ending === 'js') response.end(common + scripts[name]);
    else response.end(name === 'photos' ? still : page(name));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { address: `http://127.0.0.1:${server.address().port}`, stop };
}
