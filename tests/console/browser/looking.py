"""Looking at a page as a person with a certain screen does, and at what a person does not see: what axe and the browser say of it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect

HERE: Final = Path(__file__).parent
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What moves without being asked to is seen as a shift; what a keystroke or a click has moved is not.
MOST_SHIFT: Final = 0.01
_WATCH: Final = """
  window.seen = {shift: 0, violations: []};
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) if (!each.hadRecentInput) window.seen.shift += each.value;
  }).observe({type: "layout-shift", buffered: true});
  document.addEventListener("securitypolicyviolation", (event) => {
    window.seen.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
  });
"""
_ASK: Final = """async (run) => {
  // What is said of the first rows of a list holds for those below, which are made alike.
  const found = await axe.run({exclude: [["tbody tr:nth-child(n + 9)"]]}, {resultTypes: ["violations"], runOnly: run});
  return found.violations.flatMap((rule) => rule.nodes.map((node) => {
    const why = [...node.any, ...node.all, ...node.none][0];
    return `${rule.id}: ${node.target.join(" ")}: ${why ? why.message : ""}`;
  }));
}"""


@dataclass(frozen=True)
class Screen:
    """A kind of device in a kind of light."""

    name: str
    width: int
    height: int
    scheme: Literal["light", "dark"]


# How long anything on a page is waited for; a machine may be slow, and two other browsers beside this one.
PATIENCE_MS: Final = 20_000
expect.set_options(timeout=PATIENCE_MS)
DESK: Final = Screen("desk", 1440, 900, "light")
PHONE: Final = Screen("phone", 390, 844, "dark")
SCREENS: Final = (DESK, PHONE)


class Eyes:
    """One browser window. user: who has signed in; "": nobody."""

    def __init__(self, browser: Browser, url: str, screen: Screen, *, scripts: bool = True) -> None:
        self.screen = screen
        self.user = ""
        self._context = browser.new_context(
            base_url=url,
            viewport={"width": screen.width, "height": screen.height},
            has_touch=screen.width < 600,
            color_scheme=screen.scheme,
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        self._context.set_default_timeout(PATIENCE_MS)
        self._context.add_init_script(_WATCH)
        self.page: Page = self._context.new_page()
        self._heard: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._heard.append(f"{self.page.url}: {error}"))

    @property
    def context(self) -> Any:
        """The window's own cookies and connection."""
        return self._context

    def faults(self) -> list[str]:
        """What is wrong with the page that is open, in the light and in the dark."""
        self.page.evaluate(_axe())
        found = self._ask({"type": "tag", "values": RULES})
        self.page.emulate_media(color_scheme="light" if self.screen.scheme == "dark" else "dark")
        found += [f"in the other light, {each}" for each in self._ask({"type": "rule", "values": ["color-contrast"]})]
        self.page.emulate_media(color_scheme=self.screen.scheme)
        too_wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if too_wide:
            widest = self.page.evaluate(
                "[...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1"
                " || e.getBoundingClientRect().left < -1).map((e) => e.outerHTML.slice(0, 90))"
            )
            found.append(f"the page is {too_wide} pixels too wide: {widest[:4]}")
        seen = self.page.evaluate("window.seen")
        if seen["shift"] > MOST_SHIFT:
            found.append(f"the page has shifted by {seen['shift']:.3f}")
        return [f"{self.screen.name} {self.page.url}: {each}" for each in [*found, *seen["violations"]]] + self.wrong()

    def forgive_shifts(self) -> None:
        """What has moved so far was asked for: on a slow machine an answer comes later than the browser takes for one."""
        self.page.evaluate("window.seen.shift = 0")

    def wrong(self) -> list[str]:
        """What the browser has complained of since it was asked before."""
        heard, self._heard = self._heard, []
        return heard

    def focused(self) -> str:
        """What has the focus, in words: its text, or the name of its field."""
        return str(
            self.page.evaluate(
                "(() => { const e = document.activeElement; return (e.getAttribute('aria-label') || e.name || e.innerText || e.tagName).trim(); })()"
            )
        )

    def close(self) -> None:
        """Close the window."""
        self._context.close()

    def _ask(self, run: object) -> list[str]:
        return list(self.page.evaluate(_ASK, run))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._heard.append(f"{self.page.url}: {message.text}")


@cache
def _axe() -> str:
    return (HERE / "axe.min.js").read_text(encoding="utf-8")


def go_to(eyes: Eyes, name: str, most: int = 120) -> None:
    """Tab until what is named so has the focus."""
    for _ in range(most):
        try:
            if eyes.focused() == name:
                return
            eyes.page.keyboard.press("Tab")
        except Error:  # another page comes just now
            eyes.page.wait_for_load_state()
    raise AssertionError(f"{name} is not come to by keys")
