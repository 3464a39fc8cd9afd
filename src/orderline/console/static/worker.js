// Keeps pages of the station that were opened, and what they are made with, for when there is no connection.
"use strict";

const FILES = "station files";
const PAGES = "station of "; // and whose: nobody is shown what somebody else has opened
const MOST = 100;
const PATIENCE = 6_000;
const AWAY = "/station-away";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
// A page tells what it is made with, and, when it was not fetched through here, where it is.
self.addEventListener("message", (event) => event.waitUntil(prepare(event.data)));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(file(event.request));
  else if (event.request.mode === "navigate" && url.pathname.startsWith("/station")) event.respondWith(page(event));
});

async function file(request) {
  return (await caches.match(request.url, { cacheName: FILES })) ?? fetch(request);
}

async function page(event) {
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const asked = fetch(event.request).then((answer) => {
    if (isPage(answer)) event.waitUntil(keep(event.request.url, answer.clone()));
    return answer;
  });
  asked.catch(() => {}); // it is looked at below, or is too late
  try {
    const answer = await Promise.race([asked, late]);
    if (answer) return answer;
  } catch {
    return (await found(event.request.url)) ?? (await found(AWAY)) ?? Response.error();
  }
  return (await found(event.request.url)) ?? asked; // the connection is bad: what is kept is better than nothing
}

// What was said to have been done is not said again.
const nameOf = (address) => {
  const url = new URL(address, location.origin);
  for (const each of ["done", "order"]) url.searchParams.delete(each);
  return url.href;
};
const isPage = (answer) => answer.ok && !answer.redirected && (answer.headers.get("content-type") ?? "").startsWith("text/html");

async function found(address) {
  for (const name of await caches.keys()) {
    const answer = name.startsWith(PAGES) && (await (await caches.open(name)).match(nameOf(address)));
    if (answer) return answer;
  }
}

async function keep(address, answer) {
  const headers = { "content-type": "text/html; charset=utf-8" };
  for (const name of ["content-security-policy", "referrer-policy", "x-content-type-options"]) headers[name] = answer.headers.get(name) ?? "";
  const text = await answer.text();
  const user = / data-user="([^"]+)"/.exec(text)?.[1];
  if (!user) return;
  for (const each of await caches.keys()) if (each.startsWith(PAGES) && each !== PAGES + user) await caches.delete(each);
  const pages = await caches.open(PAGES + user);
  const said = text.replace(/<p class="done"[^]*?<\/p>/, "");
  await pages.delete(nameOf(address));
  await pages.put(nameOf(address), new Response(said, { headers }));
  const names = await pages.keys();
  for (const each of names.slice(0, Math.max(0, names.length - MOST))) await pages.delete(each);
}

async function prepare({ files, page }) {
  const kept = await caches.open(FILES);
  const known = (await kept.keys()).map((each) => each.url);
  await Promise.all(known.filter((each) => !files.includes(each)).map((each) => kept.delete(each)));
  await kept.addAll(files.filter((each) => !known.includes(each)));
  for (const each of page ? [page, AWAY] : []) {
    const answer = await fetch(each, { cache: "no-store" });
    if (isPage(answer)) await keep(each, answer);
  }
}
