"""The loops that decisions on fulfillment orders share: which units, out of which buckets, back to where."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from orderline.core.moves import Bucket, Move, StockBucket
from orderline.core.orders.events import FulfillmentProgressed, MovedItem, UnitsMoved
from orderline.core.orders.guards import check_line
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Execution, FulfillmentItem, FulfillmentOrder, LineQuantity, Negotiation, Order
from orderline.core.stock.events import StockAdjusted
from orderline.core.world import Draft
from orderline.values.failures import Refused

OPEN_AT_LOCATION: Final = (Bucket.RELEASED, Bucket.ALLOCATED)


def open_units(fulfillment: FulfillmentOrder) -> int:
    """Units the location still has to pick."""
    return sum(item.units.allocated + item.units.released for item in fulfillment.items)


def asked_back_of(fulfillment: FulfillmentOrder) -> dict[int, int]:
    """Units by line that the location was asked to let go of and has not answered about."""
    if fulfillment.negotiation is not Negotiation.CANCEL_REQUESTED:
        return {}
    return {each.line: each.quantity for each in fulfillment.asked_back}


def items_of(
    fulfillment: FulfillmentOrder, buckets: Sequence[Bucket], wanted: dict[int, int] | None = None
) -> list[MovedItem]:
    """What stands in the buckets, taken from the first ones first; `target` is left as the source.

    wanted: units by line; all there are, when None.
    Refused QUANTITY_NOT_AVAILABLE: a line has fewer units in these buckets than wanted.
    """
    items: list[MovedItem] = []
    for item in fulfillment.items:
        left = _all_in(item, buckets) if wanted is None else wanted.get(item.line, 0)
        for bucket in buckets:
            quantity = min(left, item.units.of(bucket))
            if quantity:
                items.append(MovedItem(item.line, bucket, bucket, quantity))
                left -= quantity
        if left:
            raise Refused(
                R.QUANTITY_NOT_AVAILABLE,
                line=item.line,
                bucket=buckets[0],
                value=(wanted or {}).get(item.line, 0),
                available=_all_in(item, buckets),
            )
    known = {item.line for item in fulfillment.items}
    for line, quantity in (wanted or {}).items():
        if line not in known:
            raise Refused(R.QUANTITY_NOT_AVAILABLE, line=line, bucket=buckets[0], value=quantity, available=0)
    return items


def where_units_return(fulfillment: FulfillmentOrder, taken: Sequence[MovedItem]) -> list[MovedItem]:
    """Units that leave a location keep a claim on its pool: somebody else there may serve them, or routing waits."""
    return [MovedItem(i.line, i.source, Bucket.POOLED, i.quantity, fulfillment.pool) for i in taken]


def move_items(
    draft: Draft,
    order: Order,
    fulfillment: FulfillmentOrder,
    move: Move,
    items: Sequence[MovedItem],
    at: datetime,
    *,
    reason: str = "",
    shelf: str = "",
    exclude: bool = False,
) -> None:
    """Tell that units of a fulfillment order moved, at its location."""
    draft.tell(
        order.id,
        UnitsMoved(
            move=move,
            items=tuple(items),
            at=at,
            fulfillment=fulfillment.number,
            location=fulfillment.location,
            reason=reason,
            shelf=shelf,
            exclude=exclude,
        ),
    )


def progress(
    draft: Draft,
    order: Order,
    fulfillment: FulfillmentOrder,
    at: datetime,
    *,
    execution: Execution | None = None,
    negotiation: Negotiation | None = None,
    reason: str = "",
    asked_back: tuple[LineQuantity, ...] = (),
) -> None:
    """Tell that work or negotiation went on, when it did."""
    if execution is fulfillment.execution:
        execution = None
    if negotiation is fulfillment.negotiation and asked_back == fulfillment.asked_back:
        negotiation = None
    if execution is None and negotiation is None:
        return
    draft.tell(
        order.id,
        FulfillmentProgressed(
            fulfillment=fulfillment.number,
            at=at,
            execution=execution,
            negotiation=negotiation,
            reason=reason,
            asked_back=asked_back,
        ),
    )


def _all_in(item: FulfillmentItem, buckets: Sequence[Bucket]) -> int:
    return sum(item.units.of(bucket) for bucket in buckets)


def find_on_shelf(
    draft: Draft, order: Order, fulfillment: FulfillmentOrder, items: Sequence[MovedItem], at: datetime, reason: str
) -> None:
    """What was taken was there: units that the record does not have on the shelf are found first, for `reason`."""
    taken: dict[str, int] = {}
    for item in items:
        sku = check_line(order, item.line).sku
        taken[sku] = taken.get(sku, 0) + item.quantity
    for sku, quantity in taken.items():
        missing = quantity - draft.world.level(sku, fulfillment.location).sellable
        if missing > 0:
            draft.tell_stock(
                StockAdjusted(
                    sku=sku,
                    location=fulfillment.location,
                    source=StockBucket.ADJUSTMENT,
                    target=StockBucket.SELLABLE,
                    quantity=missing,
                    at=at,
                    reason=reason,
                    reference=order.number,
                )
            )


def check_not_taken_away(fulfillment: FulfillmentOrder) -> None:
    """Refused FULFILLMENT_NOT_OPEN: all its units were taken away to be served elsewhere; none is left in it."""
    ended = fulfillment.negotiation in (Negotiation.CANCEL_ACCEPTED, Negotiation.WITHDRAWN)
    if ended and not any(item.units.total() for item in fulfillment.items):
        raise Refused(R.FULFILLMENT_NOT_OPEN, value=fulfillment.number, negotiation=fulfillment.negotiation)
