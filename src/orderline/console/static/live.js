// What has changed elsewhere: a page that is looked at asks again for the part that shows it. Without scripts, whoever looks reloads.
"use strict";

{
  const live = () => [...document.querySelectorAll("[data-live]")];
  let source = null;
  let seen = "";

  function listen() {
    const topics = [...new Set(live().map((element) => element.dataset.live))];
    if (source || document.hidden || topics.length === 0) return;
    const query = new URLSearchParams(topics.map((topic) => ["of", topic]));
    if (seen) query.set("seen", seen);
    source = new EventSource(`/changes?${query}`);
    source.addEventListener("seen", (event) => (seen = event.lastEventId));
    source.addEventListener("changed", (event) => {
      seen = event.lastEventId;
      for (const element of live().filter((each) => each.dataset.live === event.data)) {
        if ("tell" in element.dataset) element.hidden = false;
        else htmx.trigger(element, "changed");
      }
    });
  }

  function rest() {
    source?.close();
    source = null;
  }

  // A page that nobody sees keeps no connection: a browser has few for one server.
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
  window.addEventListener("pagehide", rest);
  window.addEventListener("pageshow", listen);
}
