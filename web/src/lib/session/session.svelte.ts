// Who is signed in. The secret itself is in a cookie that no script can read.
import { api, ApiError, ask, hook, type Schemas } from '$lib/api';
import { forgetAll, forgetsForAnother, forgetShown } from './forget';
import { proof } from './proof.svelte';

type Me = Schemas['Me'];
/** Tabs tell each other here who is signed in, `null` for nobody: they share one cookie. */
const TABS = 'ourphoto-session';

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
    const another = this.#last !== '' && this.#last !== me.id;
    if (another) forgetAll();
    // What is on screen was learned for somebody else, and would act for whoever is signed in now.
    if (another && this.state === 'in') return location.replace('/');
    this.#last = me.id;
    this.me = me;
    this.state = 'in';
    this.#tell();
  }

  /** Asks whether it is still the same person; what does not answer says nothing. */
  async check(): Promise<void> {
    const me = await ask(api.GET('/api/v1/session')).catch(() => null);
    if (me && this.state === 'in') this.#enter(me);
  }

  /** Follows other tabs, in which one signs out and somebody else signs in; gives how to stop. */
  follow(): () => void {
    const tabs = new BroadcastChannel(TABS);
    tabs.onmessage = ({ data }: MessageEvent<string | null>) => {
      if (this.state !== 'in' || data === this.me?.id) return;
      if (data === null) this.forget(false);
      else void this.check();
    };
    return () => tabs.close();
  }

  #tell(): void {
    const tabs = new BroadcastChannel(TABS);
    tabs.postMessage(this.me?.id ?? null);
    tabs.close();
  }

  async signOut(): Promise<void> {
    await ask(api.DELETE('/api/v1/session'));
    this.forget(false);
    this.#tell();
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

// What a phone shared stays in the service worker, whatever pages have come and gone.
forgetsForAnother(() => navigator.serviceWorker?.controller?.postMessage('forget'));

hook({
  prove: () => proof.ask(),
  ended: () => {
    if (session.state === 'in') session.forget(true);
  },
});
