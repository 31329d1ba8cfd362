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
/** How often it is looked whether somebody is still at the messages, and so how long they stay at most when nobody is. */
const MOMENT = 2000;

class Toasts {
  list = $state<Toast[]>([]);
  /** Whether somebody is at the messages, with the pointer or the keyboard: then none goes by itself. */
  held: () => boolean = () => false;
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
    setTimeout(() => this.#end(id), stays);
  }

  #end(id: number): void {
    if (this.held()) setTimeout(() => this.#end(id), MOMENT);
    else this.dismiss(id);
  }
}

export const toasts = new Toasts();
forgets(() => (toasts.list = []));
