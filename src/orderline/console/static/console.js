// Pages work without this file. It adds keys, finding while one types, and care for what was typed.
"use strict";

const find = document.getElementById("find");
const found = document.getElementById("found");
const typing = (element) => element.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

// Where one is stands in sight, in rows of links that are wider than the screen.
for (const here of document.querySelectorAll(".bar nav [aria-current], .tabs [aria-current]")) {
  here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2;
}

// ------------------------------------------------------------------------------------------------ keys

const SINGLE = "single keys off";
const keys = document.getElementById("keys");
let begun = "";

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && find) {
    event.preventDefault();
    open();
    return;
  }
  if (event.key === "Escape" && typing(event.target)) event.target.blur();
  if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]") || localStorage.getItem(SINGLE)) return;
  const after = begun;
  begun = "";
  if (event.key === "/" && find) open();
  else if (event.key === "?" && keys) keys.showModal();
  else if (event.key === "g" && !after) begun = "g";
  else if (after) document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)?.click();
  else if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
  else if (event.key === "a") document.querySelector(".acts a, .acts button")?.focus();
  else return;
  event.preventDefault();
});

function step(by) {
  const rows = [...document.querySelectorAll("main :is(.rows, .queues) tbody th a")];
  const at = rows.findIndex((link) => link.closest("tr").contains(document.activeElement));
  rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)]?.focus();
}

if (keys) {
  const single = keys.querySelector("input");
  single.checked = !localStorage.getItem(SINGLE);
  single.addEventListener("change", () => {
    if (single.checked) localStorage.removeItem(SINGLE);
    else localStorage.setItem(SINGLE, "yes");
  });
  const button = document.getElementById("show-keys");
  button.hidden = false;
  button.addEventListener("click", () => keys.showModal());
}

// Addresses say what was chosen, and nothing of the rest.
document.addEventListener("htmx:configRequest", (event) => {
  const given = event.detail.formData;
  for (const name of new Set(given.keys())) if (given.getAll(name).every((value) => !value)) given.delete(name);
  const columns = event.target.querySelectorAll("[name=show]").length;
  if (columns && given.getAll("show").length === columns) given.delete("show");
});

// ------------------------------------------------------------------------------- all rows of a list at once

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-all]")) return;
  for (const each of document.querySelectorAll("input[form=picks]")) each.checked = event.target.checked;
});
const offerAll = () => {
  for (const each of document.querySelectorAll("[data-all]")) each.hidden = false;
};
offerAll();
document.addEventListener("htmx:afterSwap", offerAll);

// ------------------------------------------------------------------------------------------------ find

function open() {
  find.focus();
  find.select();
  find.dispatchEvent(new Event("find"));
}

function choose(option) {
  for (const each of options()) each.setAttribute("aria-selected", String(each === option));
  if (option) {
    find.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else find.removeAttribute("aria-activedescendant");
}

function show(shown) {
  found.hidden = !shown;
  find.setAttribute("aria-expanded", String(shown));
  if (!shown) choose(null);
}

const options = () => [...found.querySelectorAll("[role=option]")];

if (find) {
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", "found"], ["aria-expanded", "false"]])
    find.setAttribute(name, value);
  found.addEventListener("htmx:afterSwap", () => {
    options().forEach((each, at) => (each.id = `found-${at}`));
    show(document.activeElement === find && found.childElementCount > 0);
  });
  find.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.findIndex((each) => each.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" && !found.hidden) choose(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp" && !found.hidden) choose(all[at > 0 ? at - 1 : all.length - 1]);
    else if (event.key === "Enter" && at >= 0 && !found.hidden) all[at].click();
    else return;
    event.preventDefault();
  });
  find.form.addEventListener("focusout", (event) => {
    if (!find.form.contains(event.relatedTarget)) show(false);
  });
}

// ------------------------------------------------------------------------- forms: sent once, and nothing lost

const lost = document.getElementById("lost");
const reachable = () => fetch(lost.dataset.probe, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(8000) });
const posts = (form) => form?.getAttribute("method") === "post"; // a field of the form may be called method, or action
const kept = (form) => nameOf(new URL(form.getAttribute("action") || "", location.href).pathname);
const nameOf = (path) => `typed by ${document.body.dataset.user} ${path}`;
const fields = (form) => [...form.elements].filter((each) => each.name && !["hidden", "password", "submit"].includes(each.type) && each.autocomplete !== "one-time-code" && !each.closest("[data-derived]"));
const changed = (each) => (each.type === "checkbox" ? each.checked : "whole" in each.dataset || each.value !== each.defaultValue);

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

for (const done of document.querySelectorAll("[data-done]")) sessionStorage.removeItem(nameOf(done.dataset.done));
// What comes back is said to be that: whoever opens a form the next day does not send what they forgot.
for (const form of document.querySelectorAll("main form[method=post]")) {
  if (form.querySelector("[aria-invalid], [role=alert]")) continue; // the server has given back what was typed
  for (const [name, value] of JSON.parse(sessionStorage.getItem(kept(form)) || "[]")) {
    for (const field of fields(form).filter((each) => each.name === name)) {
      if (field.type === "checkbox" ? field.checked : field.value === value) continue;
      if (field.type === "checkbox") field.checked = true;
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
