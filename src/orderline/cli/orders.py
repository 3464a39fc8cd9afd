"""`orderline order`: look at orders."""

from typing import TYPE_CHECKING, Any

import click
import msgspec

from orderline.cli.output import console, emit, json_option
from orderline.cli.ports import Failure, installation
from orderline.values.ids import OrderId

if TYPE_CHECKING:
    from orderline.store.database import Database
    from orderline.store.showing import Shown


@click.group()
def order() -> None:
    """Look at orders."""


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
        shown = _shown(database, _one(database, reference))
    entries = [msgspec.json.decode(body, type=Entry) for body in shown.journal]
    if as_json:
        emit(_document(shown))
        return
    from orderline.cli.order_view import draw

    to = console(width=118 if svg else None)
    if svg:
        to.record = True
    draw(to, shown.order, shown.people, entries, actions=not no_actions)
    if svg:
        to.save_svg(svg, title=f"orderline order show {shown.order.number}")


def _one(database: "Database", reference: str) -> OrderId:
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


def _shown(database: "Database", order_id: OrderId) -> "Shown":
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
