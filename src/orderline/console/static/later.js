// What is done at a station is kept on the device before it is sent, each with a key of its own, and sent in order, again and again,
// until there is a verdict. So nothing is lost with the connection, and nothing is done twice. Without this file forms are sent as they are.
"use strict";

{
  const box = document.getElementById("later");
  const words = JSON.parse(box.dataset.words);
  const fill = (text, places) => text.replace(/%\((\w+)\)s/g, (_, name) => places[name]);
  const user = document.body.dataset.user;
  const OURS = `later ${user} `;
  const PATIENCE = 20_000;
  const fresh = new Set(); // made on this page, with a connection: what became of them is told by the page itself
  let landing = "";
  let busy = false;
  let anew = false;

  // ---------------------------------------------------------------------------------------------- what is kept

  const draw = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const keep = (each) => localStorage.setItem(OURS + each.id, JSON.stringify(each));
  const drop = (each) => localStorage.removeItem(OURS + each.id);
  const names = () => Object.keys(localStorage).filter((name) => name.startsWith("later "));
  const all = () => names().filter((name) => name.startsWith(OURS)).sort().map((name) => JSON.parse(localStorage.getItem(name)));
  const waiting = () => all().filter((each) => !each.verdict);
  const sentTo = (form) => new URL(form.getAttribute("action") || "", location.href).pathname;
  const now = () => Date.now() + Number(localStorage.getItem("clock") || 0);

  function take(form, submitter) {
    const given = [...new FormData(form, submitter)].filter(([name, value]) => !["csrf", "later"].includes(name) && typeof value === "string");
    const said = JSON.stringify(given);
    const code = "counting" in form.dataset ? "" : (new FormData(form).get("code") ?? "").trim();
    // Each scan is a piece of its own; a button that is tapped twice is meant once, and another thing said by the same form is another.
    const twin = code ? null : waiting().find((each) => each.key === form.elements.key.value);
    if (twin && twin.said === said) return twin;
    const key = code || twin ? draw() : form.elements.key.value;
    const number = Number(all().at(-1)?.id.split(" ")[0] ?? 0) + 1;
    const each = {
      id: `${String(number).padStart(9, "0")} ${draw().slice(0, 8)}`,
      key, said, code, at: new Date(now()).toISOString(), tried: 0, page: location.pathname + location.search.replace(/[?&](done|order)=[^&]*/g, ""),
      path: sentTo(form),
      fields: given.filter(([name]) => name !== "key"),
      label: form.dataset.later, about: document.querySelector("[data-about]")?.dataset.about ?? "",
    };
    keep(each);
    return each;
  }

  // ---------------------------------------------------------------------------------------------- sending it

  // One page after the other: what is sent twice has one effect, but verdicts are easier to read once.
  const alone = (run) => (navigator.locks ? navigator.locks.request(`later ${user}`, run) : run());

  async function drain() {
    anew = busy; // what has come meanwhile is looked at once more
    if (busy) return;
    if (!navigator.onLine) return away(true);
    busy = true;
    try {
      await alone(async () => {
        for (let each; (each = waiting()[0]); ) if (!(await settle(each))) break;
      });
    } finally {
      busy = false;
    }
    paint();
    if (anew) return drain();
    if (landing && waiting().length === 0 && !document.getElementById("scan")?.value) leave(landing);
  }

  async function settle(each) {
    const verdict = await ask(each);
    if (!verdict) {
      fresh.delete(each.id);
      return false;
    }
    const here = fresh.delete(each.id);
    sessionStorage.removeItem(`typed by ${user} ${each.path}`);
    if (verdict.verdict === "done") window.dispatchEvent(new CustomEvent("kept:done", { detail: each }));
    if (verdict.verdict === "done") landing = here ? verdict.to : landing || location.href;
    if (here && verdict.verdict === "done") drop(each);
    else if (here && waiting().length === 1 && tell(each, verdict)) drop(each);
    else keep({ ...each, verdict });
    paint();
    return true;
  }

  async function ask(each, again = false) {
    keep({ ...each, tried: each.tried + 1 });
    const csrf = document.querySelector("[name=csrf]").value;
    const body = new URLSearchParams([...each.fields, ["key", each.key], ["csrf", csrf], ["later", "yes"]]);
    let answer;
    try {
      answer = await fetch(each.path, { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
    } catch {
      away(true);
      return null;
    }
    away(false);
    if (answer.headers.has("date")) localStorage.setItem("clock", Date.parse(answer.headers.get("date")) - Date.now());
    if (answer.ok && answer.headers.get("content-type").startsWith("application/json")) return answer.json();
    if (answer.status >= 500 || answer.status === 429) return null; // it may pass
    if (!again && (answer.type === "opaqueredirect" || answer.status === 403)) return (await renewed()) ? ask(each, true) : null;
    if (answer.type === "opaqueredirect") return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return { verdict: "refused", told: page.querySelector("h1")?.textContent ?? String(answer.status), advice: page.querySelector("main p")?.textContent ?? "" };
  }

  // The session may be another than when the page was made: forms then carry another secret, or somebody has to sign in.
  async function renewed() {
    try {
      const answer = await fetch("/station-away", { cache: "no-store" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      signedOut = page.body.dataset.user !== user;
      if (signedOut) return false;
      const csrf = page.querySelector("[name=csrf]").value;
      for (const field of document.querySelectorAll("[name=csrf]")) field.value = csrf;
      return true;
    } catch {
      return false;
    }
  }
  let signedOut = false;

  function away(is) {
    lost.hidden = !is;
    document.body.classList.toggle("is-away", is);
  }

  // The page itself says what came of it, as it does without scripts.
  function leave(to) {
    landing = "";
    if (new URL(to, location.href).pathname === location.pathname) location.replace(to);
    else location.assign(to);
  }

  function tell(each, verdict) {
    const there = [...document.forms].filter((one) => posts(one) && "later" in one.dataset && sentTo(one) === each.path);
    const form = there.find((one) => one.elements.key.value === each.key) ?? there[0];
    if (!form) return false;
    const scan = form.querySelector("#scan");
    say(form, verdict.told, verdict.verdict === "stale" ? each.page : "");
    if (scan) {
      scan.value ||= each.code;
      scan.select();
    }
    return true;
  }

  function say(form, text, again = "") {
    const scan = form.querySelector("#scan");
    for (const each of document.querySelectorAll("main .wrong, main p.done")) each.remove();
    scan?.removeAttribute("aria-invalid");
    if (!text) return;
    const told = Object.assign(document.createElement("p"), { className: "wrong", id: scan ? "scan-wrong" : "", textContent: text });
    told.setAttribute("role", "alert");
    if (again) told.append(" ", Object.assign(document.createElement("a"), { href: again, textContent: words.again }));
    if (!scan) return void form.prepend(told);
    scan.setAttribute("aria-invalid", "true");
    scan.setAttribute("aria-describedby", "scan-wrong");
    scan.closest(".scan").append(told);
  }

  // ---------------------------------------------------------------------------------------------- what is shown

  function paint() {
    const kept = all();
    const others = new Set(names().map((name) => name.split(" ")[1]).filter((name) => name !== user));
    const open = kept.filter((each) => !each.verdict && !fresh.has(each.id));
    const parts = [];
    if (open.length) parts.push(`${signedOut ? words.signed_out : words.waiting}: ${open.length}`);
    for (const state of ["refused", "stale", "done"]) {
      const some = kept.filter((each) => each.verdict?.verdict === state).length;
      if (some) parts.push(`${words[state]}: ${some}`);
    }
    if (others.size) parts.push(fill(words.others, { people: [...others].join(", ") }));
    const told = box.querySelector("[role=status]");
    if (told.textContent !== parts.join(" · ")) told.textContent = parts.join(" · ");
    judge(kept.filter((each) => each.verdict));
    box.querySelector("[data-waiting]").replaceChildren(...open.reverse().map(row));
    box.querySelector("details").hidden = open.length === 0;
    box.hidden = parts.length === 0;
    box.querySelector("[data-sign-in]").hidden = !signedOut;
    mark();
  }

  // Made anew rather than changed: what grows from below would move.
  function judge(kept) {
    const before = box.querySelector(".verdicts");
    const made = before.cloneNode(true);
    made.querySelector("[data-verdicts]").replaceChildren(...kept.reverse().map(row));
    made.querySelector("[data-clear]").hidden = kept.filter((each) => each.verdict.verdict === "done").length < 2;
    made.hidden = kept.length === 0;
    if (!made.isEqualNode(before)) before.replaceWith(made);
  }

  function row(each) {
    const item = document.createElement("li");
    const state = each.verdict?.verdict ?? "waiting";
    const add = (tag, text, more = {}) => item.appendChild(Object.assign(document.createElement(tag), { textContent: text, ...more }));
    if (each.verdict) add("span", words[state], { className: `badge ${{ done: "delivered", refused: "blocked", stale: "held" }[state]}` });
    add("strong", [each.label, each.code].filter(Boolean).join(" "));
    add("span", [each.about, new Date(each.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })].filter(Boolean).join(", "), { className: "quiet" });
    if (each.verdict?.told) add("p", [each.verdict.told, each.verdict.advice].filter(Boolean).join(" "));
    if (state === "refused" || state === "stale") add("a", words.open, { href: each.page });
    const button = (text) => add("button", text, { type: "button", className: "plain" });
    if (each.verdict) button(words.dismiss).addEventListener("click", () => (drop(each), paint()));
    else if (!each.tried) button(words.back).addEventListener("click", () => (drop(each), paint()));
    return item;
  }

  // What waits is told at its line, so that nobody picks it again.
  const lines = () => [...document.querySelectorAll("main [data-sku][data-open]")];
  const isOf = (line, code) => [line.dataset.sku, line.dataset.gtin].some((each) => each && each.toLowerCase() === code.toLowerCase());
  const pieces = (line) => {
    const form = document.querySelector("main form[data-later] #scan")?.form;
    return form ? waiting().filter((each) => each.code && each.path === sentTo(form) && isOf(line, each.code)).length : 0;
  };

  function mark() {
    for (const line of lines()) {
      const some = fresh.size ? 0 : pieces(line);
      let told = line.querySelector(".waits");
      if (!told && some) told = line.querySelector(".what").appendChild(Object.assign(document.createElement("span"), { className: "waits" }));
      if (told) told.textContent = some ? `${words.waiting}: ${some}` : "\u00a0"; // its place stays
    }
  }

  // A wrong piece is to be noticed while it is in the hand. The server decides all the same, when it hears of it.
  function doubt(code) {
    if (!code || !lines().length) return "";
    const found = lines().filter((line) => isOf(line, code));
    if (!found.length) return lines().some((line) => "tracked" in line.dataset) ? "" : fill(words.unknown, { code });
    const more = found.reduce((sum, line) => sum + Number(line.dataset.open) - pieces(line), 0);
    return more < 0 ? fill(words.enough, { code }) : "";
  }

  // ---------------------------------------------------------------------------------------------- events

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !posts(form) || !("later" in form.dataset) || event.submitter?.hasAttribute("formaction")) return;
    const scan = form.querySelector("#scan");
    if (scan && !scan.value.trim() && !("counting" in form.dataset)) {
      event.preventDefault();
      return void scan.focus();
    }
    let each;
    try {
      each = take(form, event.submitter);
    } catch {
      return; // the device keeps nothing: it is sent the plain way
    }
    event.preventDefault();
    say(form, "");
    sessionStorage.removeItem(kept(form));
    if (navigator.onLine && lost.hidden && waiting().every((one) => fresh.has(one.id) || one.id === each.id)) fresh.add(each.id);
    if (each.code) {
      scan.value = "";
      scan.focus();
    }
    paint();
    const hint = () => waiting().some((one) => one.id === each.id) && !fresh.has(each.id) && say(form, doubt(each.code));
    hint();
    drain().then(hint);
  }, true);

  box.addEventListener("click", (event) => {
    if (!event.target.closest("[data-clear]")) return;
    for (const each of all()) if (each.verdict?.verdict === "done") drop(each);
    paint();
  });
  window.addEventListener("online", drain);
  window.addEventListener("pageshow", () => (paint(), drain()));
  window.addEventListener("storage", (event) => {
    if (event.key?.startsWith(OURS) && JSON.parse(event.newValue)?.verdict) away(false); // another page of this person's was answered
    paint();
  });
  document.addEventListener("visibilitychange", () => document.hidden || drain());
  setInterval(() => !document.hidden && waiting().length && drain(), 10_000);
  box.before(lost);
  if (!navigator.onLine) away(true);
  paint();
}
