"""`orderline order change`, `propose`, `undo` and `undo-handover`: shown before it is done."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import click
import msgspec
from msgspec.structs import replace

from orderline.cli import order_changes as shown
from orderline.cli.agreeing import person, yes_option
from orderline.cli.decisions import draw_decision
from orderline.cli.inputs import minor_of, whole_of
from orderline.cli.order_changes import order, units_of
from orderline.cli.orders import one_order
from orderline.cli.output import json_option
from orderline.cli.ports import installation
from orderline.cli.records import run_shown
from orderline.core.changes import actions as a
from orderline.core.changes.commands import ChangeOrder, UndoChange
from orderline.core.decisions.asking import Asked, DecisionCause
from orderline.core.decisions.commands import DraftDecision
from orderline.core.decisions.links import DECISION_LINKS, hash_of, token_of
from orderline.core.orders.commands import LineInput
from orderline.core.orders.state import Charge
from orderline.core.shipments.undoing import UndoHandover
from orderline.values.ids import OrderId, new_id

if TYPE_CHECKING:
    from orderline.store.database import Database

__all__ = ["order"]


def _wanted(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what is to be agreed anew."""
    options = (
        click.option("--add", "added", multiple=True, metavar="SKU:UNITS:PRICE", help="One more line; price of a unit."),
        click.option("--remove", "removed", multiple=True, metavar="LINE:UNITS", help="Units less of a line."),
        click.option("--price", "prices", multiple=True, metavar="LINE:PRICE", help="Another price of a unit of a line."),
        click.option(
            "--charge", "charges", multiple=True, metavar="KIND:AMOUNT", help="One more charge; a discount below zero."
        ),
        click.option(
            "--waive", "waived", multiple=True, type=click.IntRange(1), help="A charge that is not asked for any more."
        ),
        click.option("--method", "methods", multiple=True, metavar="GROUP:METHOD", help="Another method for a group."),
        click.option("--pickup", "pickups", multiple=True, metavar="GROUP:LOCATION", help="Have a group collected there."),
        click.option("--move", "moves", multiple=True, metavar="FULFILLMENT[:LOCATION]", help="Serve it from elsewhere."),
        click.option(
            "--actions", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="A JSON file with a list of actions, as the API takes them: for addresses, taxes, gifts.",
        ),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@order.command()
@click.argument("reference")
@click.option("--reason", required=True, help="Why, for the customer and the record.")
@_wanted
@yes_option
@json_option
def change(reference: str, reason: str, yes: bool, as_json: bool, **wanted: Any) -> None:
    """Agree things of the order REFERENCE anew, all of them or none: shown with the money, done when agreed to."""
    shown.change(reference, partial(_change_set, reason=reason, **wanted), yes=yes, as_json=as_json)


@order.command()
@click.argument("reference")
@click.option("--reason", required=True, help="Why, for the customer and the record.")
@click.option("--to", type=click.Choice([Asked.CUSTOMER, Asked.APPROVER, Asked.CSR]), default=Asked.CUSTOMER,
              help="Who is asked; the customer by a link.")  # fmt: skip
@click.option("--note", default="", help="What is said beside the question.")
@_wanted
@yes_option
@json_option
def propose(reference: str, reason: str, to: str, note: str, yes: bool, as_json: bool, **wanted: Any) -> None:
    """Ask whether the order REFERENCE may be changed; silence leaves it as it is."""
    from orderline.store.secrets import secret_of

    id_, nonce = str(new_id()), token_hex(16)
    with installation().database() as database:
        order = one_order(database, reference)
        asked = _change_set(database, order, reason=reason, **wanted)
        if to == Asked.APPROVER and asked.giving is not None:
            asked = replace(asked, giving=replace(asked.giving, approved=True))
        hashed = hash_of(token_of(secret_of(database, DECISION_LINKS), id_, nonce))
    command = DraftDecision(
        decision=id_, order=order, cause=DecisionCause.CHANGE, change=asked, to=Asked(to), note=note,
        nonce=nonce, token_hash=hashed, by_hand=True,
    )  # fmt: skip
    run_shown(command, yes=yes, as_json=as_json, draw=draw_decision)


@order.command()
@click.argument("reference")
@click.option("--reason", required=True, help="Why, for the record.")
@yes_option
@json_option
def undo(reference: str, reason: str, yes: bool, as_json: bool) -> None:
    """Undo the last change of the order REFERENCE, as far as nothing of it has left."""
    from orderline.engine.giving import filled

    def make(database: "Database", id_: OrderId) -> UndoChange | ChangeOrder:
        return filled(database, UndoChange(order=id_, reason=reason), None, person().name)

    shown.change(reference, make, yes=yes, as_json=as_json)


@order.command("undo-handover")
@click.argument("reference")
@click.argument("fulfillment", type=click.IntRange(1))
@click.option(
    "--parcel", "parcels", multiple=True, type=click.IntRange(1), help="A parcel that is here; may be repeated."
)
@click.option("--reason", required=True, help="Why, for the record.")
@click.option("--to-shelf", is_flag=True, help="Unpack them as well, and put the units back onto the shelf.")
@yes_option
@json_option
def undo_handover(
    reference: str, fulfillment: int, parcels: tuple[int, ...], reason: str, to_shelf: bool, yes: bool, as_json: bool
) -> None:
    """Parcels of a FULFILLMENT of the order REFERENCE are here still: that they left was recorded by mistake.

    All that were handed over, without --parcel; none may have been scanned by the carrier.
    """

    def make(_: "Database", id_: OrderId) -> UndoHandover:
        return UndoHandover(order=id_, fulfillment=fulfillment, parcels=parcels, reason=reason, to_shelf=to_shelf)

    shown.change(reference, make, yes=yes, as_json=as_json)


def _change_set(
    database: "Database",
    id_: OrderId,
    *,
    reason: str,
    added: tuple[str, ...],
    removed: tuple[str, ...],
    prices: tuple[str, ...],
    charges: tuple[str, ...],
    waived: tuple[int, ...],
    methods: tuple[str, ...],
    pickups: tuple[str, ...],
    moves: tuple[str, ...],
    file: Path | None,
) -> ChangeOrder:
    from orderline.engine.giving import filled
    from orderline.store.working import read_orders

    of = read_orders(database, [id_])[id_]
    actions: list[a.ChangeAction] = _read(file) if file is not None else []
    for sku, units, price in (_parts(each, "--add", 3) for each in added):
        line = LineInput(sku=sku, quantity=whole_of(units, "--add"), unit_price_minor=minor_of(price, of, "--add"))
        actions.append(a.AddLine(line=line))
    actions += [a.RemoveUnits(line=each.line, quantity=each.quantity) for each in map(units_of, removed)]
    for line, price in (_parts(each, "--price", 2) for each in prices):
        actions.append(a.ChangePrice(line=whole_of(line, "--price"), unit_price_minor=minor_of(price, of, "--price")))
    for kind, price in (_parts(each, "--charge", 2) for each in charges):
        actions.append(a.AddCharge(charge=Charge(kind, minor_of(price, of, "--charge"))))
    actions += [a.WaiveCharge(number=each) for each in waived]
    for group, method in (_parts(each, "--method", 2) for each in methods):
        actions.append(a.ChangeMethod(group=whole_of(group, "--method"), method=method))
    for group, place in (_parts(each, "--pickup", 2) for each in pickups):
        actions.append(a.ChangePickup(group=whole_of(group, "--pickup"), pickup_location=place))
    for each in moves:
        number, _, to = each.partition(":")
        actions.append(a.MoveLocation(fulfillment=whole_of(number, "--move"), to=to))
    change = filled(database, ChangeOrder(order=of.id, reason=reason, actions=tuple(actions)), None, person().name)
    assert isinstance(change, ChangeOrder)
    return change


def _read(file: Path) -> list[a.ChangeAction]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[a.ChangeAction])
    except msgspec.DecodeError as error:
        raise click.ClickException(f"{file} is no list of actions: {error}.") from None


def _parts(text: str, option: str, count: int) -> list[str]:
    parts = text.rsplit(":", count - 1)
    if len(parts) != count or not all(parts):
        raise click.BadParameter(f"{text!r} is not {count} parts with colons between.", param_hint=f"'{option}'")
    return parts
