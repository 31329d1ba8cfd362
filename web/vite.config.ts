import { readFileSync } from 'node:fs';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';
import { ahead } from './scripts/ahead';
import { groups } from './scripts/chunks';
import { nearNodes } from './scripts/near-nodes';
import { plainIcons } from './scripts/plain-icons';

// The server that the development server stands in front of. It compares Origin with Host, so both stay as the browser
// sent them.
const server = process.env.OURPHOTO_SERVER ?? 'http://127.0.0.1:2342';

const described = JSON.parse(readFileSync(new URL('./openapi.json', import.meta.url), 'utf8')) as {
  paths: object;
};

export default defineConfig({
  plugins: [plainIcons(), nearNodes(), sveltekit(), ahead()],
  define: { __OPERATIONS__: JSON.stringify(Object.keys(described.paths)) },
  server: {
    proxy: {
      '/api': { target: server, changeOrigin: false },
      '/healthz': { target: server, changeOrigin: false },
    },
  },
  build: {
    target: 'es2022',
    reportCompressedSize: false,
    rollupOptions: { output: { codeSplitting: { groups } } },
  },
  worker: { format: 'es' },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
