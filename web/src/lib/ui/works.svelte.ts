// What is done with many things and takes a while: how far it is, and that it goes on, for whoever wants to leave.
import { guards } from './unsaved';

export interface Work {
  id: number;
  label: string;
  done: number;
  of: number;
  /** Whether it has taken so long that it is shown. */
  shown: boolean;
}

/** What is done sooner than this, in milliseconds, needs no bar. */
const SOON = 1000;

class Works {
  list = $state<Work[]>([]);
  #next = 1;

  /** Does something with so many, which tells how many more are done. */
  async run<T>(label: string, of: number, act: (step: (more: number) => void) => Promise<T>): Promise<T> {
    const id = this.#next++;
    this.list.push({ id, label, done: 0, of, shown: false });
    const mine = () => this.list.find((work) => work.id === id);
    const timer = setTimeout(() => {
      const work = mine();
      if (work) work.shown = true;
    }, SOON);
    try {
      return await act((more) => {
        const work = mine();
        if (work) work.done += more;
      });
    } finally {
      clearTimeout(timer);
      this.list = this.list.filter((work) => work.id !== id);
    }
  }
}

export const works = new Works();
guards(() => works.list.length > 0);
