// How many notices one has not seen, for the bell.
import { api, ask, type Schemas } from '$lib/api';
import { forgets } from '$lib/session/forget';

export type Notice = Schemas['NoticeInfo'];

const PAGE = 30;

class Notices {
  unseen = $state(0);

  /** A page of them, newest first. */
  async page(before?: string): Promise<Notice[]> {
    const { notices, unseen } = await ask(
      api.GET('/api/v1/notices', { params: { query: { before, limit: PAGE } } }),
    );
    this.unseen = unseen;
    return notices;
  }

  async count(): Promise<void> {
    const told = await ask(api.GET('/api/v1/notices', { params: { query: { limit: 1 } } }));
    this.unseen = told.unseen;
  }

  /** Notes that a notice and all before it were seen. */
  async seen(until: string): Promise<void> {
    await ask(api.POST('/api/v1/notices/seen', { body: { until } }));
    this.unseen = 0;
  }

  isLast = (page: Notice[]): boolean => page.length < PAGE;
}

export const notices = new Notices();
forgets(() => (notices.unseen = 0));
