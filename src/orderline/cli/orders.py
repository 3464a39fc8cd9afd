"""`orderline order`: look at orders. What changes them is in `order_changes`."""

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from orderline.cli.inputs import INSTANT
from orderline.cli.output import console, emit, json_option, say, table
from orderline.cli.plain import amount, plain
from orderline.cli.ports import Failure, installation, not_writable
from orderline.core.orders.status import Phase
from orderline.values.ids import OrderId

if TYPE_CHECKING:
    from orderline.store.database import Database
    from orderline.store.showing import Shown


@click.group()
def order() -> None:
    """Look at orders, and change them."""


@order.command()
@click.argument("reference")
@click.option("--no-actions", is_flag=True, help="Leave out what can be done with it.")
@click.option("--svg", type=click.Path(dir_okay=False, writable=True), help="Write the drawing to an SVG file as well.")
@json_option
def show(reference: str, no_actions: bool, svg: str | None, as_json: bool) -> None:
    """Draw one order: units, money, parcels, next step, timeline.

    REFERENCE is its number (SO-1001), its id, or the id that its channel gave it.
    """
    from orderline.engine.sealing import Entry

    with installation().database() as database:
        shown = shown_order(database, one_order(database, reference))
    entries = [msgspec.json.decode(body, type=Entry) for body in shown.journal]
    if as_json:
        emit(_document(shown))
        return
    from orderline.cli.order_view import draw

    to = console(width=118 if svg else None)
    if svg:
        to.record = True
    draw(to, shown.order, shown.people, entries, title=None if no_actions else installation().title)
    if svg:
        drawn = to.export_svg(title=f"orderline order show {shown.order.number}")
        # A picture that is looked at offline, and tells nobody that it is looked at, loads no fonts.
        picture = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
        try:
            Path(svg).write_text(picture, encoding="utf-8")
        except OSError as error:
            raise not_writable(Path(svg), error) from error


NARROW: Final = 100
PHASES = [phase.value for phase in Phase]


@order.command("list")
@click.option(
    "--phase", "phases", multiple=True, type=click.Choice(PHASES), help="Only in this phase; may be repeated."
)
@click.option("--channel", "channels", multiple=True, help="Only of this channel; may be repeated.")
@click.option("--sku", "skus", multiple=True, help="Only with this SKU; may be repeated.")
@click.option("--tag", "tags", multiple=True, help="Only with this tag; may be repeated.")
@click.option("--owner", "owners", multiple=True, help="Only those whose next step is owned by this one.")
@click.option("--due-before", type=INSTANT, help="Only those whose next step is due before this instant.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="The most to show.")
@json_option
def list_orders(
    phases: tuple[str, ...],
    channels: tuple[str, ...],
    skus: tuple[str, ...],
    tags: tuple[str, ...],
    owners: tuple[str, ...],
    due_before: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """Orders, the newest first, with where they stand and what is next."""
    _list({"phases": phases, "channels": channels, "skus": skus, "tags": tags, "owners": owners, "due_before": due_before},
          limit, as_json=as_json)  # fmt: skip


@order.command()
@click.argument("text")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="The most to show.")
@json_option
def find(text: str, limit: int, as_json: bool) -> None:
    """Orders by TEXT: a number, an external id, an email, a SKU, a tracking number, or how a name begins."""
    _list({"q": text}, limit, as_json=as_json)


def _list(asked: dict[str, Any], limit: int, *, as_json: bool) -> None:
    from orderline.cli.sources import reading
    from orderline.store.reading.listed import OrderFilter, OrderRow, Place
    from orderline.store.reading.listing import load_page

    rows: list[OrderRow] = []
    place: Place | None = None
    with reading() as source:
        while len(rows) < limit:
            page = load_page(source, OrderFilter(**asked), most=min(limit - len(rows), 200), after=place)
            rows.extend(page.items)
            place = page.place
            if place is None:
                break
    if as_json:
        emit({"items": rows, "more": place is not None})
        return
    if not rows:
        say("There is no such order." if any(asked.values()) else "There are no orders yet.")
        return
    # On a narrow terminal the day will do, and who bought it and how it is paid stands in `order show`.
    narrow = console().width < NARROW
    columns = {
        "number": [row.number for row in rows],
        "phase": [plain(row.status.phase) for row in rows],
        "payment": [plain(row.status.payment) for row in rows],
        "channel": [row.channel for row in rows],
        "placed": [f"{row.placed_at:{'%Y-%m-%d' if narrow else '%Y-%m-%d %H:%M'}}" for row in rows],
        "customer": [row.customer.name if row.customer else "" for row in rows],
        "total": [amount(row.total_minor, row.currency) for row in rows],
        "next": [f"{plain(row.next_step.what)}: {row.next_step.owner}" if row.next_step else "" for row in rows],
    }
    heads = [name for name in columns if not (narrow and name in ("payment", "customer"))]
    table(heads, zip(*(columns[name] for name in heads), strict=True), right=(heads.index("total"),))
    if place is not None:
        say("There may be more: --limit shows them.")


def one_order(database: "Database", reference: str) -> OrderId:
    from orderline.store.showing import find_orders

    found = find_orders(database, reference)
    if not found:
        raise Failure(
            f"There is no order {reference!r}.",
            "Give its number, its id or its external id; `orderline order find TEXT` searches.",
            code="ORDER_UNKNOWN",
            value=reference,
        )
    if len(found) > 1:
        ids = ", ".join(map(str, found))
        raise Failure(f"{len(found)} orders are called {reference!r}.", f"Give the id of one: {ids}.")
    return found[0]


def shown_order(database: "Database", order_id: OrderId) -> "Shown":
    from orderline.store.showing import show_order

    shown = show_order(database, order_id)
    if shown is None:
        raise Failure(f"There is no order {order_id}.", code="ORDER_UNKNOWN", value=str(order_id))
    return shown


def _document(shown: "Shown") -> dict[str, Any]:
    from orderline.core.orders.actions import actions_of
    from orderline.core.orders.next_step import next_step_of
    from orderline.core.orders.status import status_of

    status = status_of(shown.order)
    return {
        "order": shown.order,
        "status": status,
        "next_step": next_step_of(shown.order, status.phase),
        "actions": actions_of(shown.order),
        "people": list(shown.people.values()),
        "timeline": [msgspec.Raw(body.encode()) for body in shown.journal],
    }
