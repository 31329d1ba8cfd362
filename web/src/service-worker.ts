/// <reference lib="webworker" />
// Only for the share sheet of a phone: takes the files that it posts, holds them in memory until the upload page asks, and
// keeps nothing. No page and no photo is ever cached here: what was revoked must not live on.
//
// Any page on the web can post a form to the same address, and nothing that a browser tells of the request says for certain that
// it was the share sheet. So what comes here is only shown, and goes into the library when the person says so.
const worker = globalThis as unknown as ServiceWorkerGlobalScope;

/** So long an opened upload page has to ask for what was shared, which may be after signing in. Browsers allow five minutes. */
const PATIENCE = 240_000;

let shared: File[] = [];
let forgetting: ReturnType<typeof setTimeout> | undefined;

worker.addEventListener('install', () => void worker.skipWaiting());
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener('fetch', (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method !== 'POST' || pathname !== '/share-target') return;
  event.respondWith(receive(event.request));
  event.waitUntil(new Promise((resolve) => setTimeout(resolve, PATIENCE)));
});

/** Whether another site says that it sends this. One that hides itself is not told from a share sheet. */
function isForeign({ referrer }: Request): boolean {
  return URL.canParse(referrer) && /^https?:/.test(referrer) && new URL(referrer).origin !== location.origin;
}

async function receive(request: Request): Promise<Response> {
  if (isForeign(request)) return Response.redirect('/upload', 303);
  const form = await request.formData();
  // What was shared before and not asked for yet stays.
  shared.push(...form.getAll('files').filter((entry) => entry instanceof File));
  clearTimeout(forgetting);
  forgetting = setTimeout(() => (shared = []), PATIENCE);
  return Response.redirect('/upload?shared', 303);
}

worker.addEventListener('message', (event) => {
  // Nothing is an answer too: what was shared is not there any more.
  if (event.data === 'shared?') event.source?.postMessage({ shared });
  if (event.data === 'shared?' || event.data === 'forget') shared = [];
});
