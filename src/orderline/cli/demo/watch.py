"""The demo as it is seen while it runs: drawn anew on a terminal, plain lines elsewhere."""

import sys
from collections import deque
from time import monotonic
from typing import Any, Final

import msgspec
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from orderline.cli.demo.play import Tally
from orderline.cli.order_view import PHASE_COLORS
from orderline.cli.output import console, say
from orderline.cli.plain import count, plain
from orderline.cli.words import tell
from orderline.core.orders.status import Phase
from orderline.engine.sealing import Entry
from orderline.store.census import Census, Recent

# As an order goes through them, and not in their precedence.
PHASES: Final = (
    Phase.ACCEPTED, Phase.ROUTING, Phase.WAITING_SUPPLY, Phase.HELD, Phase.BLOCKED, Phase.IN_WORK, Phase.PARTLY_SHIPPED,
    Phase.SHIPPED, Phase.PARTLY_DELIVERED, Phase.EXCEPTION, Phase.DELIVERED, Phase.CANCELED,
)  # fmt: skip
BAR: Final = 40
# Beside what has happened last: head, phases, lines between them, and room for what the scenes have told.
TAKEN: Final = 2 + len(PHASES) + 2 + 3
PLAIN_EVERY_S: Final = 5.0
RATE_OVER_S: Final = 4.0


class Watch:
    """Shows how far the day is; `with Watch(...) as watch: watch.show(...)` as often as there is something new."""

    def __init__(self, total: int, *, began: float) -> None:
        self._total = total
        self._began = began
        self._to = console(stderr=True)
        self._live = Live(console=self._to, refresh_per_second=6, transient=True) if sys.stderr.isatty() else None
        self._last_line = 0.0
        self._rates: deque[tuple[float, int]] = deque()

    def __enter__(self) -> "Watch":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._live is not None:
            self._live.stop()

    def note(self, text: str) -> None:
        """A line that stays."""
        if self._live is not None:
            self._to.print(text)
        else:
            say(text)

    def show(self, tally: Tally, clock_s: float, census: Census, recent: list[Recent]) -> None:
        """Draw the present moment; elsewhere than on a terminal, say a line now and then."""
        now = monotonic()
        rate = self._rate(now, tally.sent)
        if self._live is not None:
            self._live.update(self._drawn(tally, clock_s, census, recent, rate))
        elif now - self._last_line >= PLAIN_EVERY_S:
            self._last_line = now
            say(self._line(tally, clock_s, census, rate))

    def _rate(self, now: float, sent: int) -> float:
        self._rates.append((now, sent))
        while now - self._rates[0][0] > RATE_OVER_S:
            self._rates.popleft()
        (then, before) = self._rates[0]
        return (sent - before) / (now - then) if now > then else 0.0

    def _line(self, tally: Tally, clock_s: float, census: Census, rate: float) -> str:
        phases = ", ".join(f"{plain(each)} {census.phases[each]}" for each in PHASES if census.phases.get(each))
        took = monotonic() - self._began
        return f"{took:5.0f} s  {_clock(clock_s)}  {tally.sent:,} of {self._total:,} sent, {rate:.0f}/s: {phases or 'nothing yet'}"

    def _drawn(self, tally: Tally, clock_s: float, census: Census, recent: list[Recent], rate: float) -> RenderableType:
        head = Text.assemble(
            (f"{_clock(clock_s)}  ", "bold"), f"{tally.sent:,} of {self._total:,} orders sent, {rate:.0f} a second, ",
            f"after {monotonic() - self._began:.0f} s\n",
            f"{tally.repeated} sent twice · {count(tally.cancels, 'cancellation')} · {count(tally.quoted, 'quote')} · ",
            f"{count(sum(census.jobs.values()), 'job')} waiting",
            overflow="ellipsis", no_wrap=True,
        )  # fmt: skip
        bars = Table.grid(padding=(0, 1))
        most = max([*census.phases.values(), 1])
        for phase in PHASES:
            number = census.phases.get(phase.value, 0)
            color = PHASE_COLORS.get(phase.value, "cyan")
            bars.add_row(plain(phase.value), Text(f"{number:>6,}"), Text("█" * (number * BAR // most), style=color))
        told = Table.grid(padding=(0, 1))
        for each in self._told(recent)[: max(1, self._to.height - TAKEN)]:
            told.add_row(*each)
        return Group(head, Text(), bars, Text(), told)

    def _told(self, recent: list[Recent]) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        for each in recent:
            entry = msgspec.json.decode(each.body, type=Entry)
            for event in entry.events[:2]:
                text = Text(tell(event, each.currency), overflow="ellipsis", no_wrap=True)
                rows.append((f"{entry.at:%H:%M:%S}", Text(each.number, style="bold"), text))
        return rows


def _clock(day_s: float) -> str:
    """The time of the played day, or of the one after."""
    hours, minutes = divmod(int(day_s) // 60, 60)
    return f"{hours % 24:02}:{minutes:02}{' next day' if hours >= 24 else ''}"
