/// <reference lib="webworker" />
// Only for the share sheet of a phone: takes the files that it posts, holds them in memory until the upload page asks, and
// keeps nothing. No page and no photo is ever cached here: what was revoked must not live on.
const worker = globalThis as unknown as ServiceWorkerGlobalScope;

/** So long an opened upload page has to ask for what was shared, which may be after signing in. Browsers allow five minutes. */
const PATIENCE = 240_000;

let shared: File[] = [];

worker.addEventListener('install', () => void worker.skipWaiting());
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener('fetch', (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method !== 'POST' || pathname !== '/share-target') return;
  event.respondWith(receive(event.request));
  event.waitUntil(new Promise((resolve) => setTimeout(resolve, PATIENCE)));
});

async function receive(request: Request): Promise<Response> {
  const form = await request.formData();
  // What was shared before and not asked for yet stays.
  shared.push(...form.getAll('files').filter((entry) => entry instanceof File));
  return Response.redirect('/upload?shared', 303);
}

worker.addEventListener('message', (event) => {
  if (event.data !== 'shared?') return;
  // Nothing is an answer too: what was shared is not there any more.
  event.source?.postMessage({ shared });
  shared = [];
});
