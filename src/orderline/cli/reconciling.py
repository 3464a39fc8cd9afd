"""`orderline ledger reconcile`: paid against shipped against collected, and the orders in which these differ."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from orderline.cli.inputs import DAY
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, instant, plain

if TYPE_CHECKING:
    from orderline.store.reading.reconciliation import ReconciledDay

MOST: Final = 1_000
DAYS: Final = 31


@click.command()
@click.option("--entity", default="main", show_default=True, help="Whose books.")
@click.option("--since", type=DAY, help="From this day on; 31 days before the last one, when not given.")
@click.option("--until", type=DAY, help="Until this day, included; until now, when not given.")
@click.option("--csv", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the days into this file.")
@json_option
def reconcile(entity: str, since: datetime | None, until: datetime | None, file: Path | None, as_json: bool) -> None:
    """Compare what was paid, shipped and collected, by day, channel and provider; list the orders that differ."""
    from orderline.cli.sources import reading
    from orderline.store.reading.reconciliation import load_days, load_open_orders
    from orderline.store.reconciling import load_differences

    last = until.date() if until is not None else datetime.now(UTC).date() + timedelta(days=1)
    first = since.date() if since is not None else last - timedelta(days=DAYS)
    with reading() as source:
        days = load_days(source, entity, since=first, until=last)
        orders = load_open_orders(source, entity, until=last, most=MOST)
        unlike = load_differences(source, is_open=True, most=MOST)
    if file is not None:
        _write(file, days)
    if as_json:
        emit({"days": days, "open_orders": orders, "payment_differences": unlike})
        return
    if not days:
        say(f"Nothing was posted in the books of {entity} in these days.")
    else:
        table(_HEADS, [*map(_row, days)], right=(3, 4, 5, 6))
    if orders:
        say("")
        rows = [
            (each.number, each.channel, plain(each.kind), amount(each.amount_minor, each.currency),
             instant(each.since), each.next_step) for each in orders
        ]  # fmt: skip
        table(("order", "channel", "what", "amount", "since", "when it stays so"), rows, right=(3,))
        if len(orders) == MOST:
            say("There may be more: GET /v1/ledger/open-orders lists them all.")
    else:
        say("No order's money is open.")
    if unlike:
        say(f"{len(unlike)} payments are not known alike by us and their providers: `orderline payment differences`.")


_HEADS: Final = ("day", "channel", "provider", "paid", "shipped", "open", "collected")


def _row(day: "ReconciledDay") -> tuple[str, ...]:
    figures = (day.paid_minor, day.shipped_minor, day.open_minor, day.collected_minor)
    return (str(day.day), day.channel, day.provider, *(amount(figure, day.currency) for figure in figures))


def _write(file: Path, days: "list[ReconciledDay]") -> None:
    """A row per day, channel and provider, amounts in minor units."""
    from orderline.store.reading.reconciliation import ReconciledDay

    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(ReconciledDay.__struct_fields__)
        writer.writerows([_cell(each) for each in msgspec.structs.astuple(day)] for day in days)
    say(f"{len(days)} rows are in {file}.")


def _cell(value: object) -> object:
    """Nothing that a spreadsheet would take for a formula."""
    if isinstance(value, date | int):
        return value
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
