"""The end of the demo: what became of the day, and what can be tried now."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import Final

from rich.table import Table
from rich.text import Text

from orderline.cli.demo.play import Tally
from orderline.cli.demo.scenes import Told
from orderline.cli.demo.summary import Summary
from orderline.cli.output import console
from orderline.cli.plain import amount, count, plain
from orderline.cli.ports import Stage

KEY_FILE: Final = "admin.key"


def print_summary(summary: Summary, tally: Tally, told: Sequence[Told], took_s: float) -> None:
    """One line per kind of fate, and what went on beside."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right", style="bold")
    grid.add_column(overflow="fold")

    def line(number: int, text: str, example: str = "") -> None:
        shown = f"  (for example {summary.examples[example]})" if example in summary.examples else ""
        grid.add_row(f"{number:,}", f"{text}{shown}")

    money = summary.money
    line(
        summary.orders,
        f"orders accepted, {summary.units:,} units; the first {tally.first_s or 0:.1f} s after the command",
    )
    line(
        summary.phases.get("delivered", 0),
        f"delivered whole, {summary.delivered_units:,} units in {summary.parcels:,} parcels",
    )
    line(summary.split, "served in more than one shipment", "split_and_rerouted")
    line(
        summary.rerouted,
        f"had units that a location could not find; {summary.rerouted_delivered:,} of them delivered from elsewhere",
        "rerouted",
    )
    line(summary.pickups, "for pickup in a store")
    line(
        summary.canceled_orders,
        f"canceled whole, {summary.canceled_units:,} units canceled; {count(summary.cancels_too_late, 'cancellation')} came too late",
    )
    line(
        summary.cancels_denied, "kept units that a location had begun to work on when their cancellation was asked for"
    )
    line(summary.lost_parcels, "parcels lost by the carrier", "lost")
    line(summary.backordered, "wait for supply", "backordered")
    line(
        summary.unfillable,
        "have units that a location could not find and no other has: a person decides",
        "unfillable",
    )
    line(summary.held, "held for somebody to decide", "held")
    line(summary.declined, "with a declined payment", "declined")
    for code, number in sorted(summary.refused.items()):
        line(number, f"refused: {plain(code.lower())}")
    line(summary.answered_again, "sent a second time and answered with the first answer, byte for byte")
    if summary.answered_differently:
        line(summary.answered_differently, "sent a second time and answered DIFFERENTLY")
    line(summary.taken_ids_refused, "refused, because the id was used with other content before")
    to = console()
    to.print(Text(f"\nThe day is over after {took_s:.0f} s\n", style="bold"))
    to.print(grid)
    to.print(Text("\nWhat went on beside\n", style="bold"))
    beside = Table.grid(padding=(0, 2, 0, 0))
    beside.add_column(style="bold", no_wrap=True)
    beside.add_column(overflow="fold")
    for each in told:
        beside.add_row(each.scene, each.text)
    to.print(beside)
    captured, voided = amount(money.captured_minor, money.currency), amount(money.voided_minor, money.currency)
    refunded, left = amount(money.refunded_minor, money.currency), amount(money.open_minor, money.currency)
    to.print(f"\n{captured} captured, {voided} voided, {refunded} refunded, {left} authorized and open")
    phases = ", ".join(f"{plain(phase)} {number:,}" for phase, number in summary.phases.items())
    to.print(f"By phase: {phases}\n")


def say_what_to_try(stage: Stage, tries: Sequence[tuple[str, str]], kept: Path | None) -> None:
    """Where it goes on running, and what to try there: lines that can be pasted into another terminal."""
    data = quote(str(stage.data_dir / "data"))
    here = Path(sys.executable).parent / "orderline"
    found = shutil.which("orderline")
    known = found is not None and here.exists() and Path(found).samefile(here)
    to = console()
    head = f"\nIt goes on running at {stage.base_url}. To try, in another terminal:\n"
    to.print(Text(head, style="bold"), soft_wrap=True)
    to.print(f"  export ORDERLINE_DATA_DIR={data}", soft_wrap=True)
    if not known:
        to.print(f"  export PATH={quote(str(here.parent))}:$PATH", soft_wrap=True)
    for why, arguments in tries:
        to.print(Text(f"  # {why}", style="bright_black"), soft_wrap=True)
        to.print(f"  orderline {arguments}", soft_wrap=True)
    browser = f"  # all of it in a browser: open the path that this prints at {stage.base_url}, and choose a password"
    to.print(Text(browser, style="bright_black"), soft_wrap=True)
    to.print("  orderline user invite ana --admin", soft_wrap=True)
    to.print(Text("  # all of it is HTTP", style="bright_black"), soft_wrap=True)
    key = f"$(cat {data}/{KEY_FILE})"
    to.print(f'  curl -s -H "Authorization: Bearer {key}" "{stage.base_url}/v1/decisions?limit=2"', soft_wrap=True)
    end = (
        f"What is stored stays in {stage.data_dir}." if kept else "What is stored is removed then; --data-dir keeps it."
    )
    to.print(f"\nCtrl-C ends it. {end}", soft_wrap=True)


def say_where_kept(stage: Stage) -> None:
    """Where what was stored is to be looked at once the demo is over."""
    data = quote(str(stage.data_dir / "data"))
    console().print(f"\nTo go on with it: export ORDERLINE_DATA_DIR={data}, then orderline serve.", soft_wrap=True)


__all__ = ["print_summary", "say_what_to_try", "say_where_kept"]
