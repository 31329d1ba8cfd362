// Who is signed in. The secret itself is in a cookie that no script can read.
import { api, ApiError, ask, hook, type Schemas } from '$lib/api';
import { forgetAll, forgetShown } from './forget';
import { proof } from './proof.svelte';

type Me = Schemas['Me'];
type State = 'unknown' | 'in' | 'out' | 'not-set-up' | 'unreachable';

class Session {
  me = $state.raw<Me | null>(null);
  state = $state<State>('unknown');
  /** Whether it ended by itself, which the sign-in page explains. */
  ended = $state(false);

  /** Who was signed in last, in this tab. */
  #last = '';

  async load(): Promise<void> {
    try {
      this.#enter(await ask(api.GET('/api/v1/session')));
    } catch (error) {
      const kind = error instanceof ApiError ? error.kind : '';
      this.me = null;
      this.state = kind === 'not-set-up' ? 'not-set-up' : kind === 'unproved' ? 'out' : 'unreachable';
    }
  }

  async signIn(email: string, password: string, code: string | null): Promise<void> {
    const signedIn = await ask(
      api.POST('/api/v1/session', { body: { email, password, code, agent: 'browser' } }),
    );
    this.#enter(signedIn.me);
    this.ended = false;
  }

  #enter(me: Me): void {
    if (this.#last && this.#last !== me.id) forgetAll();
    this.#last = me.id;
    this.me = me;
    this.state = 'in';
  }

  async signOut(): Promise<void> {
    await ask(api.DELETE('/api/v1/session'));
    this.forget(false);
  }

  forget(byItself: boolean): void {
    this.ended = byItself && this.state === 'in';
    this.me = null;
    this.state = 'out';
    if (byItself) forgetShown();
    else forgetAll();
  }
}

export const session = new Session();

hook({
  prove: () => proof.ask(),
  ended: () => {
    if (session.state === 'in') session.forget(true);
  },
});
