// Fails when openapi.json is not what the server says of itself, or the types are not what openapi.json says. OURPHOTO_BIN
// names the program.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { program, served } from '../dev/server.mjs';

execFileSync('node', [fileURLToPath(new URL('types.mjs', import.meta.url)), '--check'], { stdio: 'inherit' });

if (!existsSync(program())) {
  const why = `there is no ${program()} to compare openapi.json with (OURPHOTO_BIN)`;
  // Where it counts, what was not compared is not right.
  console.log(process.env.CI ? `failed: ${why}` : `skipped: ${why}`);
  process.exit(process.env.CI ? 1 : 0);
}
const server = await served();
try {
  const told = await (await fetch(`${server.address}/api/openapi.json`)).json();
  const written = JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8'));
  if (JSON.stringify(told) !== JSON.stringify(written)) {
    console.error('openapi.json is not what the server says of itself: npm run openapi');
    process.exitCode = 1;
  }
} finally {
  await server.stop();
}
