// How a timeline asks for its photos. The script that runs before the app asks in the same words.
const PAGE = 500;

/** How many to ask for where so many are left of a month: one more, which shows where it ends. */
export const pageSize = (left = PAGE): number => Math.min(PAGE, Math.max(50, left + 1));

export const monthsAt = (space: string): string => `/api/v1/spaces/${space}/months`;
export const photosAt = (space: string): string => `/api/v1/spaces/${space}/assets`;
