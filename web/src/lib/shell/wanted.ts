// Where somebody wanted to go before they had to sign in. The address says it, and anybody can write an address.

/** The page of this app that is meant, or home. */
export async function wanted(
  to: string | null,
  here: string,
  isPage: (url: URL) => Promise<boolean>,
): Promise<string> {
  if (!to?.startsWith('/') || !URL.canParse(to, here)) return '/';
  const url = new URL(to, here);
  if (url.origin !== new URL(here).origin) return '/';
  // What the server answers by itself is no page: the browser would leave the app for it.
  if (url.pathname.startsWith('/api/') || !(await isPage(url))) return '/';
  return url.pathname + url.search + url.hash;
}
