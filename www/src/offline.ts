//! Keeping the page usable without a network: the service worker, of which the page only says that it is there.

/** Starts the service worker. Answers once the page needs no network any more; never where there are no service workers. */
export async function keepOffline(): Promise<void> {
  if (!('serviceWorker' in navigator)) return new Promise(() => undefined);
  await navigator.serviceWorker.register('service-worker.js');
  await navigator.serviceWorker.ready;
}
