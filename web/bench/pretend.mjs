// A server that only pretends: it answers as the real one does, about photos that there are none of. Importing so many would
// take longer than looking at them, and what is measured is the app.
import { createServer } from 'node:http';

export const TOTAL = Number(process.env.PHOTOS ?? 100_000);
/** Photos of each month as people take them: most some hundreds, some none worth naming, and a few of ten thousand. */
const COUNTS = counts(TOTAL);

const SPACE = '00000000-0000-7000-8000-000000000001';
const SIZES = [
  [6000, 4000],
  [4000, 6000],
  [4000, 3000],
  [5000, 2800],
];
const HASHES = [
  '1QcSHQRnh493V4dIh4eXh1h4kJUI',
  '3PcNNYSFeXh/d3eld0iHZoZgVwh2',
  'VfcNBYBXh3eAh3iIeIh4d4iYgAd4',
];

function counts(total) {
  const found = [];
  for (let left = total; left > 0; left -= found.at(-1)) {
    const month = found.length;
    const wanted = month % 40 === 3 ? 10_000 : 40 + ((month * 97) % 11) * 50;
    found.push(Math.min(left, wanted));
  }
  return found;
}

/** The number of the first photo of each month. */
const FIRST = COUNTS.map((_, month) => COUNTS.slice(0, month).reduce((sum, count) => sum + count, 0));

/** The month that a photo is of. */
function monthOf(n) {
  let [low, high] = [0, FIRST.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (FIRST[middle] <= n) low = middle;
    else high = middle;
  }
  return low;
}

const key = (month) => {
  const at = new Date(Date.UTC(2026, 10 - month, 1));
  return at.toISOString().slice(0, 7);
};

function asset(n) {
  const month = monthOf(n);
  const [width, height] = SIZES[(n * 7) % SIZES.length];
  const time = new Date(Date.UTC(2026, 11 - month, 0) - (n - FIRST[month]) * 60_000);
  return {
    id: `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`,
    album: SPACE,
    name: `img_${n}`,
    kind: 'master',
    media: 'photo',
    captured_at: time.toISOString(),
    width,
    height,
    previews: 'ready',
    placeholder: HASHES[n % HASHES.length],
  };
}

/**
 * @returns {Promise<{ address: string, asked: { photo: number, at: number }[], picture: Buffer, latency: number, stop: () => void }>}
 * `asked` has the photos whose thumbnails were asked for, by number, and when that was heard (Unix time in milliseconds);
 * `picture` is what all of them look like; an answer takes `latency` milliseconds.
 */
export async function pretend() {
  const asked = [];
  const pretended = { asked, picture: Buffer.alloc(0), latency: 0 };
  const server = createServer(async (request, response) => {
    const at = Date.now();
    const photo = request.url.includes('/renditions/') && parseInt(request.url.split('/')[4].slice(-12), 16);
    if (photo !== false) asked.push({ photo, at });
    if (pretended.latency > 0) await new Promise((resolve) => setTimeout(resolve, pretended.latency));
    const url = new URL(request.url, 'http://x');
    const json = (body) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (url.pathname === '/api/v1/session') return json({ id: SPACE, email: 'ana@example.org', name: 'Ana' });
    if (url.pathname === '/api/v1/spaces') {
      return json([
        {
          id: SPACE,
          name: 'Family',
          role: 'owner',
          permissions: ['view', 'upload', 'delete', 'organise', 'manage'],
          created_at: '',
        },
      ]);
    }
    if (url.pathname.endsWith('/months')) {
      return json(COUNTS.map((count, month) => ({ month: key(month), count })));
    }
    if (url.pathname.endsWith('/assets')) {
      const month = url.searchParams.get('month');
      const cursor = url.searchParams.get('cursor');
      const limit = Number(url.searchParams.get('limit') ?? 100);
      let start = cursor ? Number(cursor) : 0;
      if (month && !cursor) start = FIRST[COUNTS.findIndex((_, at) => key(at) <= month)] ?? TOTAL;
      const assets = Array.from({ length: Math.min(limit, TOTAL - start) }, (_, n) => asset(start + n));
      return json({ assets, next: start + limit < TOTAL ? String(start + limit) : null });
    }
    if (photo !== false) {
      response.writeHead(200, { 'content-type': 'image/jpeg', 'cache-control': 'private, no-cache' });
      return response.end(pretended.picture);
    }
    if (url.pathname === '/api/v1/events')
      return response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.writeHead(404, { 'content-type': 'application/problem+json' });
    response.end('{"type":"/problems/not-found","title":"","status":404,"detail":"not here"}');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return Object.assign(pretended, { address: `http://127.0.0.1:${server.address().port}`, stop });
}
