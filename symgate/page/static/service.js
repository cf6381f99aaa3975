// Keeps the page usable without a connection: what is there online is taken from there, and kept.
const NAME = "symgate-page-@VERSION@";
const FILES = ["@FILES@"];

addEventListener("install", (event) => {
  const kept = caches.open(NAME).then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "force-cache" }))));
  event.waitUntil(kept.then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  const gone = caches.keys().then((names) =>
    Promise.all(names.filter((name) => name.startsWith("symgate-page-") && name !== NAME).map((name) => caches.delete(name))),
  );
  event.waitUntil(gone.then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const own = event.request.method === "GET" && new URL(event.request.url).origin === location.origin;
  if (!own) return;
  const kept = () => caches.match(event.request, { ignoreSearch: true, cacheName: NAME });
  event.respondWith(fetch(event.request).catch(async (error) => (await kept()) ?? Promise.reject(error)));
});
