// Serves build/ as the real server does, with the same policy, and passes everything else on to a running server
// (OURPHOTO_SERVER). For work on the app without building the server again.
import { createServer, request } from 'node:http';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUILD = fileURLToPath(new URL('../build/', import.meta.url));
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

/** The policy of the server, read where the server has it, so that both are the same. */
export function policy() {
  const source = readFileSync(new URL('../../crates/server/src/web.rs', import.meta.url), 'utf8');
  const text = /const POLICY: &str = "([\s\S]*?)";/.exec(source)?.[1];
  if (!text) throw new Error('there is no POLICY in web.rs');
  return text.replace(/\\\n\s*/g, '');
}

const isApi = (path) => /^\/(api|healthz|readyz|metrics)(\/|$)/.test(path);

/**
 * `cut` breaks every connection, and lets none in until it is told to.
 * @returns {Promise<{ address: string, cut: (yes: boolean) => void, stop: () => Promise<void> }>}
 */
export function front(upstream, port = 0, build = BUILD) {
  const to = new URL(upstream);
  const csp = policy();
  const server = createServer((asked, answer) => {
    const path = decodeURIComponent(asked.url.split('?')[0]);
    if (isApi(path)) {
      const options = {
        host: to.hostname,
        port: to.port,
        method: asked.method,
        path: asked.url,
        headers: asked.headers,
      };
      const onward = request(options, (told) => {
        answer.writeHead(told.statusCode, told.rawHeaders);
        told.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      answer.on('close', () => onward.destroy());
      asked.pipe(onward);
      return;
    }
    const wanted = join(build, normalize(path));
    const file = existsSync(wanted) && statSync(wanted).isFile() ? wanted : join(build, 'index.html');
    const br = existsSync(`${file}.br`) && /\bbr\b/.test(asked.headers['accept-encoding'] ?? '');
    answer.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': csp,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': file.includes('/immutable/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      ...(br ? { 'content-encoding': 'br' } : {}),
    });
    answer.end(readFileSync(br ? `${file}.br` : file));
  });
  let broken = false;
  server.on('connection', (socket) => {
    if (broken) socket.destroy();
  });
  const cut = (yes) => {
    broken = yes;
    if (yes) server.closeAllConnections();
  };
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      const address = `http://127.0.0.1:${server.address().port}`;
      const stop = () =>
        new Promise((done) => {
          server.closeAllConnections();
          server.close(done);
        });
      resolve({ address, cut, stop });
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { address } = await front(
    process.env.OURPHOTO_SERVER ?? 'http://127.0.0.1:2342',
    Number(process.env.PORT ?? 2343),
  );
  console.log(`OurPhoto's web app on ${address}`);
}
