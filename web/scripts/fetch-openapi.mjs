// Writes openapi.json as the server says it (OURPHOTO_BIN names the program).
import { writeFileSync } from 'node:fs';
import { served } from '../dev/server.mjs';

const server = await served();
const told = await (await fetch(`${server.address}/api/openapi.json`)).json();
writeFileSync(new URL('../openapi.json', import.meta.url), `${JSON.stringify(told, null, 2)}\n`);
await server.stop();
