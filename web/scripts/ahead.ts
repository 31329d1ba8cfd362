// Has the browser compile what every first page runs while it arrives, on a thread of its own. It would otherwise compile each
// function on the page's thread when it is called for the first time, which was a seventh of what opening the timeline took.
// Browsers that do not know the line take it for the comment that it is.
import type { Plugin } from 'vite';
import { groups } from './chunks';

const LINE = '//# allFunctionsCalledOnLoad\n';

export const ahead = (): Plugin => ({
  name: 'ahead',
  generateBundle: {
    // It has to be the first line, and Vite writes one of its own.
    order: 'post',
    handler(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk' || !groups.some(({ name }) => name === chunk.name)) continue;
        chunk.code = LINE + chunk.code;
      }
    },
  },
});
