// The first start: an account, the recovery kit, proof that it is on paper, and only then the first sign-in, because with that
// the server forgets the kit.
import { api, ask } from '$lib/api';
import { session } from '$lib/session/session.svelte';
import { endsWith, readKit, type Kit } from './kit';

export class SetUp {
  step = $state(0);
  kit = $state.raw<Kit | null>(null);
  #email = '';
  #password = '';

  constructor(readonly secret: string) {}

  async create(name: string, email: string, password: string): Promise<void> {
    const body = { secret: this.secret, name, email, password };
    const done = await ask(api.POST('/api/v1/setup', { body }));
    this.#email = email;
    this.#password = password;
    this.kit = readKit(done.recovery_kit);
    this.step = 1;
  }

  /** Whether this is what the key ends with. */
  matches(typed: string): boolean {
    return this.kit !== null && endsWith(this.kit.key, typed);
  }

  async confirmed(): Promise<void> {
    await session.signIn(this.#email, this.#password, null);
    this.#password = '';
    this.kit = null;
    // Used up, and of no interest to who looks over a shoulder.
    history.replaceState(history.state, '', '/setup');
    this.step = 3;
  }
}
