// Forms are sent once, and nothing that was typed is lost; pages for staff and for customers alike. They work without this file.
"use strict";

const lost = document.getElementById("lost");
const reachable = () => fetch(lost.dataset.probe, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(8000) });
const posts = (form) => form?.getAttribute("method") === "post"; // a field of the form may be called method, or action
const kept = (form) => nameOf(form.getAttribute("action") || "");
const nameOf = (path) => `typed by ${document.body.dataset.user} ${new URL(path, location.href).pathname}`;
const fields = (form) => [...form.elements].filter((each) => each.name && !["hidden", "password", "submit"].includes(each.type) && each.autocomplete !== "one-time-code" && !each.closest("[data-derived]"));
const ticks = (each) => ["checkbox", "radio"].includes(each.type);
const changed = (each) => (ticks(each) ? each.checked : "whole" in each.dataset || each.value !== each.defaultValue);

// What was typed and opened by one person is not for the next; what waits to be sent for them stays.
async function forgetPages() {
  sessionStorage.clear();
  for (const each of "caches" in window ? await caches.keys() : []) await caches.delete(each);
}

async function send(event) {
  const form = event.target;
  if (!posts(form) || event.defaultPrevented) return;
  if (form.dataset.sent) {
    if (form.dataset.sent === "checked") form.dataset.sent = "yes";
    else event.preventDefault();
    return;
  }
  event.preventDefault();
  form.dataset.sent = "asking";
  try {
    await reachable();
    form.dataset.sent = "checked";
    lost.hidden = true;
    if (form.getAttribute("action") === "/sign-out") await forgetPages();
    form.requestSubmit(event.submitter);
  } catch {
    delete form.dataset.sent;
    lost.hidden = false;
  }
}

document.addEventListener("submit", send);
function keep(form) {
  sessionStorage.setItem(kept(form), JSON.stringify(fields(form).filter(changed).map((each) => [each.name, each.value])));
}
function forget(form) {
  sessionStorage.removeItem(kept(form));
}
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (posts(form) && document.body.dataset.user) keep(form);
});

window.addEventListener("offline", () => (lost.hidden = false));
window.addEventListener("online", () => (lost.hidden = true));
document.addEventListener("htmx:sendError", () => (lost.hidden = false));
document.addEventListener("htmx:afterOnLoad", () => (lost.hidden = true));
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// Nothing that was typed by one link is left for whoever comes by another of its kind.
const { link } = document.body.dataset;
if (link) {
  const own = nameOf(link);
  const kind = nameOf(`/${link.split("/")[1]}/`);
  for (const each of Object.keys(sessionStorage)) if (each.startsWith(kind) && !`${each}/`.startsWith(`${own}/`)) sessionStorage.removeItem(each);
}
for (const done of document.querySelectorAll("[data-done]")) sessionStorage.removeItem(nameOf(done.dataset.done));
// What comes back is said to be that: whoever opens a form the next day does not send what they forgot.
for (const form of document.querySelectorAll("main form[method=post]")) {
  if (form.querySelector("[aria-invalid], [role=alert]")) continue; // the server has given back what was typed
  for (const [name, value] of JSON.parse(sessionStorage.getItem(kept(form)) || "[]")) {
    for (const field of fields(form).filter((each) => each.name === name)) {
      if (ticks(field) ? field.checked || (field.type === "radio" && field.value !== value) : field.value === value) continue;
      if (ticks(field)) field.checked = true;
      else field.value = value;
      form.dataset.restored = "yes";
      const around = field.closest("details");
      if (around) around.open = true;
    }
  }
  if (form.dataset.restored && form.classList.contains("stack")) form.prepend(document.getElementById("again").content.cloneNode(true));
}
document.addEventListener("click", (event) => {
  const form = event.target.closest("form [data-forget]")?.form;
  if (!form) return;
  forget(form);
  location.reload();
});
