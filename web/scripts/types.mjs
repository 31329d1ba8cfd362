// Makes the types of the API out of openapi.json; `--check` only says whether they are the same. Names of operations are left
// out: the app asks by address.
import { readFileSync, writeFileSync } from 'node:fs';
import openapi, { astToString } from 'openapi-typescript';

const kept = new URL('../src/lib/api/schema.d.ts', import.meta.url);

export async function types() {
  const described = JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8'));
  for (const path of Object.values(described.paths)) {
    for (const operation of Object.values(path)) delete operation.operationId;
  }
  return `// Made by scripts/types.mjs out of openapi.json. Do not edit.\n${astToString(await openapi(described, { alphabetize: true }))}`;
}

const made = await types();
if (process.argv.includes('--check')) {
  if (made !== readFileSync(kept, 'utf8')) {
    console.error('src/lib/api/schema.d.ts is not what openapi.json says: npm run types');
    process.exit(1);
  }
} else {
  writeFileSync(kept, made);
}
