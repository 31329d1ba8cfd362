// Everything is drawn in the browser: the server knows no HTML and has nothing to put into it.
export const ssr = false;
export const prerender = false;
