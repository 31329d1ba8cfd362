// What stands around every page comes with the app. SvelteKit asks for each layout, and for the page of errors, as a file of its
// own; they are in the base of the app already (`chunks.ts`), so those files said nothing but where, three questions long.
import type { Plugin } from 'vite';

const NEAR = [0, 1, 2, 3];

export const nearNodes = (): Plugin => ({
  name: 'near-nodes',
  apply: 'build',
  transform: {
    filter: { id: /\/generated\/client-optimized\/app\.js$/ },
    handler(code) {
      const imports = NEAR.map((n) => `import * as node${n} from './nodes/${n}';`);
      const near = NEAR.reduce((code, n) => {
        const asked = `() => import('./nodes/${n}')`;
        if (!code.includes(asked)) throw new Error('SvelteKit writes its nodes differently now');
        return code.replace(asked, `() => Promise.resolve(node${n})`);
      }, code);
      return { code: `${imports.join('\n')}\n${near}`, map: null };
    },
  },
});
