// The station works without this file. It counts by scanning, reads barcodes by the camera, and has the browser keep the pages that
// were opened.
"use strict";

// ------------------------------------------------------------------------------------------------ pages that are kept

if ("serviceWorker" in navigator) {
  const { worker } = document.getElementById("later").dataset;
  navigator.serviceWorker.register(worker, { scope: "/station" }).catch(() => {}); // not over plain HTTP, and not in every browser
  navigator.serviceWorker.ready.then((ready) => {
    const made = [...document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src]")];
    const files = made.map((each) => each.href || each.src);
    ready.active.postMessage({ files, page: navigator.serviceWorker.controller ? "" : location.href });
  });
}

// ------------------------------------------------------------------------------------------------ counting

{
  const form = document.querySelector("form[data-counting]");
  const name = form && `counted by ${document.body.dataset.user} ${new URL(form.action).pathname}`;
  const fields = () => [...form.elements].filter((each) => /^(lines|lots|counted_at)\.|^rest$/.test(each.name));
  let last = null;

  const remember = () => {
    const said = fields().map((each) => [each.name, each.type === "checkbox" ? each.checked : each.value]);
    localStorage.setItem(name, JSON.stringify(said));
  };

  const timed = (field) => {
    const at = form.elements[field.name.replace("lines.", "counted_at.")];
    if (at && at !== field) at.value = new Date(Date.now() + Number(localStorage.getItem("clock") || 0)).toISOString();
  };

  // One more of what was scanned; false: it is not counted here.
  function scanned(code) {
    const lines = [...form.querySelectorAll("[data-sku]")];
    const line = lines.find((each) => [each.dataset.sku, each.dataset.gtin].some((one) => one && one.toLowerCase() === code.toLowerCase()));
    const of = line ?? (last && "tracked" in last.dataset ? last : null); // a lot is of the product that was scanned before
    if (!of) return false;
    last = of;
    const lots = of.querySelector("textarea");
    const field = of.querySelector("input[inputmode]");
    if (lots && !line) lots.value = `${lots.value.trim()}\n${code}`.trim();
    if (field) field.value = Number(field.value || 0) + 1;
    (field ?? lots).dispatchEvent(new Event("input", { bubbles: true }));
    for (const each of lines) each.classList.toggle("is-last", each === of);
    of.scrollIntoView({ block: "nearest" });
    return true;
  }

  if (form) {
    for (const [field, value] of JSON.parse(localStorage.getItem(name) || "[]")) {
      const each = form.elements[field];
      if (each?.type === "checkbox") each.checked = value;
      else if (each && !each.value) each.value = value;
    }
    form.addEventListener("input", (event) => {
      if (event.target.name.startsWith("lines.")) timed(event.target);
      remember();
    });
    form.addEventListener("submit", (event) => {
      const scan = document.getElementById("scan");
      if (!event.submitter?.hasAttribute("formaction")) return;
      event.preventDefault();
      const code = scan.value.trim();
      const good = !code || scanned(code);
      document.getElementById("scan-wrong")?.remove();
      scan.toggleAttribute("aria-invalid", !good);
      if (good) {
        scan.value = "";
        scan.dispatchEvent(new Event("input", { bubbles: true }));
      } else {
        const told = Object.assign(document.createElement("p"), { className: "wrong", id: "scan-wrong", textContent: JSON.parse(document.getElementById("later").dataset.words).uncounted.replace("%(code)s", () => code) });
        told.setAttribute("role", "alert");
        scan.closest(".scan").append(told);
        scan.select();
      }
      scan.focus();
    });
  }
  window.addEventListener("kept:done", ({ detail }) => localStorage.removeItem(`counted by ${document.body.dataset.user} ${detail.path}`));
}

// ------------------------------------------------------------------------------------------------ the camera

{
  const button = document.querySelector("[data-camera]");
  const field = document.getElementById("scan");
  if (button && field && navigator.mediaDevices) {
    const SAME_FOR = 1_500; // as long as a barcode stays before the camera, it is one piece
    const WIDE = 960; // as much of a picture tells a barcode apart
    const view = Object.assign(document.createElement("video"), { className: "view", muted: true, playsInline: true });
    const seen = JSON.parse(sessionStorage.getItem("camera") || '{"code": "", "at": 0}');
    let stream = null;

    const end = () => {
      for (const track of stream?.getTracks() ?? []) track.stop();
      stream = null;
      view.remove();
      button.setAttribute("aria-pressed", "false");
    };

    // Where the browser reads no barcodes itself, ZXing does; it is fetched when it is first needed.
    const ours = async () => {
      const script = Object.assign(document.createElement("script"), { src: button.dataset.camera });
      await new Promise((done, failed) => {
        script.addEventListener("load", done);
        script.addEventListener("error", failed);
        document.head.append(script);
      });
      const reader = new ZXing.MultiFormatReader();
      const picture = document.createElement("canvas");
      const drawn = picture.getContext("2d", { willReadFrequently: true });
      return {
        async detect() {
          const scale = Math.min(1, WIDE / view.videoWidth);
          Object.assign(picture, { width: view.videoWidth * scale, height: view.videoHeight * scale });
          drawn.drawImage(view, 0, 0, picture.width, picture.height);
          const dots = new ZXing.HybridBinarizer(new ZXing.HTMLCanvasElementLuminanceSource(picture));
          return [{ rawValue: reader.decodeWithState(new ZXing.BinaryBitmap(dots)).getText() }]; // it throws where there is none
        },
      };
    };

    const look = async (detector) => {
      while (stream) {
        const [found] = await detector.detect(view).catch(() => []);
        if (found && stream) {
          const again = found.rawValue === seen.code && Date.now() - seen.at < SAME_FOR;
          Object.assign(seen, { code: found.rawValue, at: Date.now() });
          sessionStorage.setItem("camera", JSON.stringify(seen));
          if (!again) {
            field.value = found.rawValue;
            field.form.requestSubmit(field.closest(".scanned").querySelector("button:not([type=button])"));
          }
        }
        await new Promise(requestAnimationFrame);
      }
    };

    const begin = async () => {
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        view.srcObject = stream;
        field.closest(".scan").append(view);
        button.setAttribute("aria-pressed", "true");
        sessionStorage.setItem("camera", JSON.stringify(seen)); // it goes on when the page is shown anew
        await view.play();
        await look("BarcodeDetector" in window ? new BarcodeDetector() : await ours());
      } catch {
        end(); // no camera, or it may not be used: codes are typed
        field.focus();
      }
    };

    button.hidden = false;
    button.addEventListener("click", () => {
      if (!stream) return void begin();
      sessionStorage.removeItem("camera");
      end();
    });
    window.addEventListener("pagehide", end);
    if (sessionStorage.getItem("camera")) begin();
  }
}
