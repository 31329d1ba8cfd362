// What the server can do that this app is built for, taken from its description when the app is built: both come in one
// program, so they are of one mind. Rooms whose operations are not there yet are not offered.
declare const __OPERATIONS__: readonly string[];

const operations: ReadonlySet<string> = new Set(typeof __OPERATIONS__ === 'undefined' ? [] : __OPERATIONS__);

/** Whether the server has an address, as its description writes it: `/api/v1/spaces/{id}/months`. */
export const has = (path: string): boolean => operations.has(path);
