// Short messages at the edge of the screen. What destroyed something says so here, with the way back.
import { forgets } from '$lib/session/forget';

export interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'bad';
  action?: { label: string; run: () => void | Promise<void> };
}

const STAYS = 6000;
const STAYS_WITH_ACTION = 12_000;

class Toasts {
  list = $state<Toast[]>([]);
  #next = 1;

  say(text: string, action?: Toast['action']): void {
    this.#add({ text, tone: 'plain', action }, action ? STAYS_WITH_ACTION : STAYS);
  }

  fail(text: string): void {
    this.#add({ text, tone: 'bad' }, STAYS_WITH_ACTION);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  #add(toast: Omit<Toast, 'id'>, stays: number): void {
    const id = this.#next++;
    this.list = [...this.list.slice(-3), { ...toast, id }];
    setTimeout(() => this.dismiss(id), stays);
  }
}

export const toasts = new Toasts();
forgets(() => (toasts.list = []));
