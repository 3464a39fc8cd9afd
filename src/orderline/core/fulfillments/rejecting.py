"""A location can't serve units: they go back to routing, or, where the customer gave them up, are canceled."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

import msgspec

from orderline.core.context import Context
from orderline.core.fulfillments.moving import (
    OPEN_AT_LOCATION,
    asked_back_of,
    items_of,
    move_items,
    open_units,
    progress,
)
from orderline.core.moves import Bucket, Move
from orderline.core.orders.events import MovedItem
from orderline.core.orders.guards import (
    check_fulfillment,
    check_line,
)
from orderline.core.orders.reclaim import places_again, shared, wait_for_supply
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Execution, FulfillmentOrder, LineQuantity, Negotiation, Order
from orderline.core.world import Draft
from orderline.values.failures import Refused


def reject(
    draft: Draft,
    order: Order,
    fulfillment: FulfillmentOrder,
    wanted: dict[int, int] | None,
    reason: str,
    shelf: str,
    at: datetime,
    context: Context,
) -> None:
    """Send units back to routing. wanted: units by line; everything not yet picked, when None.

    Units that the location was asked to let go of are canceled instead: nobody wants them any more.
    """
    taken = items_of(fulfillment, OPEN_AT_LOCATION, wanted)
    if not taken:
        raise Refused(R.FULFILLMENT_NOT_OPEN, value=fulfillment.number, execution=fulfillment.execution)
    asked = asked_back_of(fulfillment)
    let_go, back = _let_go(taken, asked)
    for part, where in _by_record(draft, order, fulfillment, let_go, shelf):
        move_items(draft, order, fulfillment, Move.CANCEL, part, at, reason=reason, shelf=where)
    parts = _by_record(draft, order, fulfillment, back, shelf)
    send_back(draft, order, fulfillment, Move.REJECT, parts, at, context, reason=reason, exclude=True)
    current = draft.world.order(order.id)
    left = check_fulfillment(current, fulfillment.number)
    if open_units(left) or any(item.units.picked or item.units.packed for item in left.items):
        if asked:
            _still_asked(draft, order, left, asked, at)
        return
    negotiation = None if left.negotiation is Negotiation.ACCEPTED else Negotiation.REJECTED
    progress(
        draft,
        order,
        left,
        at,
        execution=Execution.INCOMPLETE
        if any(i.units.total() > i.units.canceled for i in left.items)
        else Execution.CANCELED,
        negotiation=Negotiation.CANCEL_ACCEPTED if asked else negotiation,
        reason=reason,
    )


def send_back(
    draft: Draft,
    order: Order,
    fulfillment: FulfillmentOrder,
    move: Move,
    parts: Sequence[tuple[Sequence[MovedItem], str]],
    at: datetime,
    context: Context,
    *,
    reason: str,
    exclude: bool = False,
) -> None:
    """Take units away from their location: each goes where a location is left to serve it, or waits for supply.

    That is the pool they were claimed in, or the channel's next one, as things stand after the units have left.
    parts: items, and where on the shelf their units are thought to be.
    """
    trial = Draft(draft.world, draft.now)
    loose = [
        ([msgspec.structs.replace(item, target=Bucket.UNPLANNED) for item in items], where) for items, where in parts
    ]
    for items, where in loose:
        move_items(trial, order, fulfillment, move, items, at, shelf=where, exclude=exclude)
    wanted = [(item.line, fulfillment.pool, item.quantity) for items, _ in loose for item in items]
    places = iter(places_again(draft.world, order.id, wanted))
    trial.roll_back()
    waiting: list[MovedItem] = []
    for items, where in loose:
        moved = shared(items, list(islice(places, len(items))))
        move_items(draft, order, fulfillment, move, moved, at, reason=reason, shelf=where, exclude=exclude)
        waiting += moved
    wait_for_supply(draft, order.id, waiting, context)


def _let_go(taken: list[MovedItem], asked: dict[int, int]) -> tuple[list[MovedItem], list[MovedItem]]:
    """Split units into those asked back (`asked` is what remains of that), now canceled, and the others."""
    let_go: list[MovedItem] = []
    back: list[MovedItem] = []
    for item in taken:
        quantity = min(item.quantity, asked.get(item.line, 0))
        if quantity:
            asked[item.line] -= quantity
            let_go.append(MovedItem(item.line, item.source, Bucket.CANCELED, quantity))
        if item.quantity > quantity:
            back.append(MovedItem(item.line, item.source, item.target, item.quantity - quantity))
    return let_go, back


def _still_asked(draft: Draft, order: Order, left: FulfillmentOrder, asked: dict[int, int], at: datetime) -> None:
    """What the location is still asked to let go of; when that is nothing, it has the rest to do."""
    still = tuple(LineQuantity(line, quantity) for line, quantity in asked.items() if quantity)
    negotiation = Negotiation.CANCEL_REQUESTED if still else Negotiation.ACCEPTED
    progress(draft, order, left, at, negotiation=negotiation, asked_back=still)


def _by_record(
    draft: Draft, order: Order, fulfillment: FulfillmentOrder, items: list[MovedItem], shelf: str
) -> list[tuple[list[MovedItem], str]]:
    """Units by whether the record has them on the shelf: only those can go missing there, or be damaged."""
    if not shelf:
        return [(items, "")] if items else []
    there: list[MovedItem] = []
    beyond: list[MovedItem] = []
    left: dict[str, int] = {}
    for item in items:
        sku = check_line(order, item.line).sku
        sellable = left.setdefault(sku, draft.world.level(sku, fulfillment.location).sellable)
        quantity = min(item.quantity, sellable)
        left[sku] -= quantity
        if quantity:
            there.append(msgspec.structs.replace(item, quantity=quantity))
        if item.quantity > quantity:
            beyond.append(msgspec.structs.replace(item, quantity=item.quantity - quantity))
    return [(part, where) for part, where in ((there, shelf), (beyond, "")) if part]
