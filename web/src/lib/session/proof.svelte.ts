// A fresh proof of who one is, asked for when the server wants one. Whoever waits for it goes on by itself.
import { api, ask, type Schemas } from '$lib/api';
import { forgets } from './forget';

class Proof {
  open = $state(false);
  #waiting: ((proved: boolean) => void)[] = [];

  ask(): Promise<boolean> {
    this.open = true;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  async give(proof: Schemas['ProofRequest']): Promise<void> {
    await ask(api.POST('/api/v1/session/proof', { body: proof }));
    this.#end(true);
  }

  cancel(): void {
    this.#end(false);
  }

  #end(proved: boolean): void {
    this.open = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(proved);
  }
}

export const proof = new Proof();
forgets(() => proof.cancel());
