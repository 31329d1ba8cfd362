// Starts a server of its own in a temporary folder, for tests and scripts.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const program = () =>
  process.env.OURPHOTO_BIN ?? fileURLToPath(new URL('../../target/debug/ourphoto', import.meta.url));

/**
 * A server that nobody has set up, on a port of its own.
 * @returns {Promise<{ address: string, secret: string, data: string, stop: () => Promise<void> }>}
 */
export async function served() {
  const data = mkdtempSync(join(tmpdir(), 'ourphoto-web-'));
  const child = spawn(program(), ['serve', '--data', join(data, 'library'), '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const ready = new Promise((resolve, reject) => {
    const hear = (part) => {
      said += part;
      const address = /listens on (http:\/\/[\d.:]+)/.exec(said)?.[1];
      const secret = /#(ops_setup_\S+)/.exec(said)?.[1];
      if (address && secret) resolve({ address, secret });
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
  const { address, secret } = await ready;
  const stop = () =>
    new Promise((resolve) => {
      child.removeAllListeners('exit');
      child.on('exit', () => {
        rmSync(data, { recursive: true, force: true });
        resolve();
      });
      child.kill('SIGTERM');
    });
  return { address, secret, data: join(data, 'library'), stop };
}
