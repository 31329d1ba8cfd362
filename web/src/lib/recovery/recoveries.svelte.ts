// Recoveries that concern whoever is signed in: of their own account, which every session has to hear of in time to say no,
// and of accounts that they may vouch for.
import { api, ask, type Schemas } from '$lib/api';
import { forgets } from '$lib/session/forget';

export type Recovery = Schemas['RecoveryInfo'];

class Recoveries {
  mine = $state.raw<Recovery[]>([]);
  toVouch = $state.raw<Recovery[]>([]);

  async load(): Promise<void> {
    const told = await ask(api.GET('/api/v1/recoveries'));
    this.mine = told.mine;
    this.toVouch = told.to_vouch;
  }

  /** Ends a recovery of one's own account, for good. */
  async veto(id: string): Promise<void> {
    await ask(api.POST('/api/v1/recoveries/{id}/veto', { params: { path: { id } } }));
    await this.load();
  }

  async vouch(id: string, phrase: string): Promise<void> {
    await ask(api.POST('/api/v1/recoveries/{id}/vouch', { params: { path: { id } }, body: { phrase } }));
    await this.load();
  }

  async withdraw(id: string): Promise<void> {
    await ask(api.DELETE('/api/v1/recoveries/{id}/vouch', { params: { path: { id } } }));
    await this.load();
  }

  forget(): void {
    this.mine = [];
    this.toVouch = [];
  }
}

export const recoveries = new Recoveries();
forgets(() => recoveries.forget());
