// Pages work without this file. It adds keys, and finding while one types.
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
