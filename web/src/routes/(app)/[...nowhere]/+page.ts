import { error } from '@sveltejs/kit';

/** Every address that no other route has. As a route of its own, it is answered within the app, with the way to all other pages. */
export const load = () => error(404);
