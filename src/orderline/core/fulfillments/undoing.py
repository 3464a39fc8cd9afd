"""Work undone before it is handed over: out of the parcel, back onto the shelf. The mirror of packing and picking.

Source: domain model, law L7: undo is the mirror posting of what was posted.
"""

from collections.abc import Mapping

from orderline.core.context import Context
from orderline.core.fulfillments.moving import items_of, move_items, progress
from orderline.core.moves import Bucket, Move
from orderline.core.orders.commands import OrderCommand
from orderline.core.orders.events import MovedItem, ParcelTracked
from orderline.core.orders.guards import check_fulfillment, check_lines, check_text, occurred, ongoing_order
from orderline.core.orders.parcels import WAITING
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Execution, LineQuantity, ParcelState
from orderline.core.shipments.labels import may_be_voided, request_void
from orderline.core.world import Draft
from orderline.values.failures import Refused


class UnpackUnits(OrderCommand, frozen=True, gc=False, kw_only=True, tag="unpack_units"):
    """Take parcels apart that have not been handed over; all of the fulfillment order, when none is named.

    Their units are picked again, and their labels go back to the carrier.
    """

    fulfillment: int
    parcels: tuple[int, ...] = ()
    reason: str = ""


class UnpickUnits(OrderCommand, frozen=True, gc=False, kw_only=True, tag="unpick_units"):
    """Put picked units back onto the shelf; all that are picked and not packed, when no line is named."""

    fulfillment: int
    lines: tuple[LineQuantity, ...] = ()
    reason: str = ""


def decide_unpack(draft: Draft, command: UnpackUnits, context: Context, *, keep_labels: bool = False) -> None:
    """keep_labels: others still go by them.

    Refused PARCEL_NOT_PACKED: a named parcel does not wait at this fulfillment order, or none does.
    """
    order = ongoing_order(draft.world, command)
    fulfillment = check_fulfillment(order, command.fulfillment)
    here = {p.number: p for p in order.parcels if p.fulfillment == fulfillment.number and p.state in WAITING}
    named = command.parcels or tuple(here)
    unknown = [number for number in named if number not in here]
    if unknown or not named or len(set(named)) < len(named):
        value = unknown[0] if unknown else list(named)
        raise Refused(R.PARCEL_NOT_PACKED, field="parcels", value=value, allowed=list(here))
    at, reason = occurred(None, context), check_text(command.reason, "reason", 500)
    units: dict[int, int] = {}
    for number in named:
        for item in here[number].items:
            units[item.line] = units.get(item.line, 0) + item.quantity
    moved = [MovedItem(line, Bucket.PACKED, Bucket.PICKED, quantity) for line, quantity in units.items()]
    move_items(draft, order, fulfillment, Move.UNPACK, moved, at, reason=reason)
    for number in named:
        draft.tell(order.id, ParcelTracked(parcel=number, state=ParcelState.VOIDED, at=at))
        if not keep_labels and may_be_voided(here[number]) and not here[number].voiding:
            request_void(draft, order, here[number], reason, context)


def decide_unpick(draft: Draft, command: UnpickUnits, context: Context) -> None:
    """Refused QUANTITY_NOT_AVAILABLE: fewer units are picked and not packed; NOTHING_TO_DO: none are."""
    order = ongoing_order(draft.world, command)
    fulfillment = check_fulfillment(order, command.fulfillment)
    wanted: Mapping[int, int] | None = None
    if command.lines:
        wanted = {line.line: quantity for line, quantity in check_lines(order, command.lines)}
    items = items_of(fulfillment, (Bucket.PICKED,), dict(wanted) if wanted is not None else None)
    if not items:
        raise Refused(R.NOTHING_TO_DO, field="lines", value=[])
    moved = [MovedItem(each.line, Bucket.PICKED, Bucket.RELEASED, each.quantity) for each in items]
    reason = check_text(command.reason, "reason", 500)
    move_items(draft, order, fulfillment, Move.UNPICK, moved, context.now, reason=reason)
    left = sum(i.units.picked + i.units.packed + i.units.gone for i in fulfillment.items)
    if left == sum(each.quantity for each in items):
        progress(draft, order, fulfillment, context.now, execution=Execution.OPEN)
