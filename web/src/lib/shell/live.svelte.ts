// Hears what changes on the server while it changes, and tells whoever shows it.
import type { Schemas } from '$lib/api';

export type Change = Schemas['ChangeEvent'];
type Listener = (change: Change) => void;

class Live {
  #listeners = new Set<Listener>();
  #source: EventSource | null = null;

  /** Begins to listen; gives how to stop. */
  start(): () => void {
    this.#source?.close();
    const source = new EventSource('/api/v1/events');
    source.addEventListener('change', (event: MessageEvent<string>) => {
      const change = JSON.parse(event.data) as Change;
      for (const listener of this.#listeners) listener(change);
    });
    this.#source = source;
    return () => source.close();
  }

  /** Calls back at each change; gives how to end that. */
  on(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export const live = new Live();
