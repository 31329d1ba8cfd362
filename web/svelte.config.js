import adapter from '@sveltejs/adapter-static';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** @type {import('@sveltejs/kit').Config} */
export default {
  preprocess: vitePreprocess(),
  kit: {
    // One page for every address: the server answers whatever is not a file with it.
    adapter: adapter({ pages: 'build', assets: 'build', fallback: 'index.html', precompress: false }),
    paths: { relative: false },
    version: { pollInterval: 0 },
    // The root layout does, when there is nothing else to do.
    serviceWorker: { register: false },
    alias: { $lib: 'src/lib' },
  },
};
