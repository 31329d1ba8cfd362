// What somebody has typed of a photo and the server does not have yet. It outlives what comes in between: the next photo, the
// end of the viewer, a network that is down; and whoever closes the page is asked first.
import { messageOf } from '$lib/api';
import { forgetsForAnother } from '$lib/session/forget';
import { guards } from '$lib/ui/unsaved';
import { SvelteMap } from 'svelte/reactivity';

export type Field = 'title' | 'caption' | 'creator' | 'copyright' | 'keywords';

export interface Draft {
  text: string;
  /** Why it could not be kept, where that was tried. */
  error?: string;
}

export class Drafts {
  #drafts = new SvelteMap<string, Draft>();
  #sent = new Set<Draft>();
  #underWay = 0;

  /** Whether something would be lost now. */
  get any(): boolean {
    return this.#drafts.size > 0 || this.#underWay > 0;
  }

  of(photo: string, field: Field): Draft | undefined {
    return this.#drafts.get(`${photo} ${field}`);
  }

  set(photo: string, field: Field, draft: Draft): void {
    this.#drafts.set(`${photo} ${field}`, draft);
  }

  drop(photo: string, field: Field): void {
    this.#drafts.delete(`${photo} ${field}`);
  }

  /** Has what was typed kept, if there is something and it is not on its way; it stays, with why, where that fails. */
  async send(photo: string, field: Field, keep: (text: string) => Promise<unknown>): Promise<void> {
    const draft = this.of(photo, field);
    if (!draft || this.#sent.has(draft)) return;
    this.#sent.add(draft);
    // What is typed meanwhile is another draft, and stays one.
    const still = () => this.of(photo, field) === draft;
    try {
      await keep(draft.text);
      if (still()) this.drop(photo, field);
    } catch (error) {
      if (still()) this.set(photo, field, { text: draft.text, error: messageOf(error) });
    } finally {
      this.#sent.delete(draft);
    }
  }

  /** Something is on its way to the server that would be lost as well. */
  async during<T>(change: Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      return await change;
    } finally {
      this.#underWay -= 1;
    }
  }

  clear(): void {
    this.#drafts.clear();
  }
}

export const drafts = new Drafts();
guards(() => drafts.any);
forgetsForAnother(() => drafts.clear());
