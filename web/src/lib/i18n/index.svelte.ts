// What the app says, in the language that the browser asks for. A language is a folder of typed modules beside `en`, which is
// complete and says which messages there are; the compiler names those that another language lacks.
import en from './en';
import { steady } from './plain';

export type Messages = typeof en;

/** Other languages, loaded when asked for: `de: () => import('./de').then((m) => m.default)`. */
const others: Record<string, () => Promise<Messages>> = {};

class Language {
  code = $state('en');
  messages = $state.raw<Messages>(steady(en));

  /** Takes the first language of the browser that there is. */
  async choose(wanted: readonly string[]): Promise<void> {
    for (const tag of wanted) {
      const code = tag.split('-')[0] ?? tag;
      if (code === 'en') return;
      const load = others[code];
      if (load) {
        this.messages = steady(await load());
        this.code = code;
        document.documentElement.lang = code;
        return;
      }
    }
  }
}

export const language = new Language();

/** The messages. Read where they are shown, so that a change of language is seen. */
export const t = (): Messages => language.messages;
