// The text of rules: to the line of a fault by a click, and what was typed before is said to be that.
"use strict";
const rules = document.getElementById("rules");

rules.addEventListener("click", (event) => {
  const fault = event.target.closest("[data-line]");
  if (!fault) return;
  const text = document.getElementById("text");
  const before = text.value.split("\n").slice(0, fault.dataset.line - 1);
  const begin = before.join("\n").length + (before.length ? 1 : 0);
  const end = text.value.indexOf("\n", begin);
  text.focus();
  text.setSelectionRange(begin, end < 0 ? text.value.length : end);
  text.scrollTop = (fault.dataset.line - 4) * parseFloat(getComputedStyle(text).lineHeight);
});

// A form that has been read from the text is open where it was open before. What is typed while the server looks at something
// else is never written over: it is sent by itself, and comes back with what the form has said meanwhile.
const said = (id) => document.getElementById(id).value;
let opened = [];
let sent = "";
document.addEventListener("htmx:beforeRequest", () => (sent = said("text")));
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "text-side" && said("text") !== sent) event.detail.shouldSwap = false;
  opened = [...rules.querySelectorAll("details[open]")].map((each) => each.id);
});
document.addEventListener("htmx:afterSwap", (event) => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  if (event.detail.target.id === "form-side" && said("text") === sent && said("base") !== sent) document.getElementById("text").value = said("base");
  keep(rules);
});

const restored = document.querySelector("[data-restored]");
if (restored && rules.dataset.restored) {
  restored.hidden = false;
  restored.querySelector("[data-forget]").addEventListener("click", () => {
    forget(rules);
    location.reload();
  });
  document.addEventListener("DOMContentLoaded", () => document.getElementById("text").dispatchEvent(new Event("restored")));
}
