// Parts of the app that come when they are wanted, so that the first page is there at once.
import { ApiError, messageOf } from '$lib/api';
import { t } from '$lib/i18n/index.svelte';
import { toasts } from './toasts.svelte';

/** A part, or what a person can do when the server does not hand it out. */
export async function later<T>(part: Promise<T>): Promise<T> {
  try {
    return await part;
  } catch {
    throw new ApiError('offline', t().server.offline, 0);
  }
}

/** A component that is a module of its own; `null` when it does not come, which is said. */
export async function component<T>(part: Promise<{ default: T }>): Promise<T | null> {
  try {
    return (await later(part)).default;
  } catch (error) {
    toasts.fail(messageOf(error));
    return null;
  }
}
