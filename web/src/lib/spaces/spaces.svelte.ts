// The spaces that one is in, and the one that is being looked at.
import { api, ask, hook, type Permission, type Space } from '$lib/api';
import { forgets } from '$lib/session/forget';
import { chosen, keep } from './chosen';

class Spaces {
  list = $state.raw<Space[]>([]);
  loaded = $state(false);
  #chosen = $state('');

  /** The space that is being looked at. */
  get current(): Space | null {
    return this.list.find((space) => space.id === this.#chosen) ?? this.list[0] ?? null;
  }

  #asking = false;

  async load(): Promise<void> {
    const list = await ask(api.GET('/api/v1/spaces'));
    // Asked for often, and rarely another one: whoever shows it draws nothing anew then.
    if (JSON.stringify(list) !== JSON.stringify(this.list)) this.list = list;
    this.loaded = true;
    this.#chosen ||= chosen();
  }

  /** Asks again, once for all that want it meanwhile. What does not come now comes the next time. */
  reload(): void {
    if (this.#asking) return;
    this.#asking = true;
    void this.load()
      .catch(() => undefined)
      .finally(() => (this.#asking = false));
  }

  /** Whether one may make another: guests do not make spaces of their own. */
  get owns(): boolean {
    return this.list.some((space) => space.role === 'owner');
  }

  choose(id: string): void {
    this.#chosen = id;
    keep(id);
  }

  /** How many photos wait for somebody like this one to approve them. */
  get toApprove(): number {
    const mine = this.list.filter((space) => may(space, 'approve'));
    return mine.reduce((sum, space) => sum + (space.waiting ?? 0), 0);
  }

  get(id: string): Space | undefined {
    return this.list.find((space) => space.id === id);
  }

  forget(): void {
    this.list = [];
    this.loaded = false;
    this.#chosen = '';
  }

  async create(name: string): Promise<Space> {
    const made = await ask(api.POST('/api/v1/spaces', { body: { name } }));
    await this.load();
    this.choose(made.id);
    return made;
  }
}

export const spaces = new Spaces();
forgets(() => spaces.forget());
// What was offered is not allowed any more.
hook({ refused: () => spaces.reload() });

/** Whether something that names its permissions allows this. */
export const may = (of: { permissions: Permission[] } | null | undefined, permission: Permission): boolean =>
  of?.permissions.includes(permission) ?? false;
