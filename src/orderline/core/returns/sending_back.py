"""Goods of a return that go back to the customer, since they are not taken: the way out, once more.

Their units are shipped and delivered again in a parcel of the order that names the return; money is not touched.
Source: domain model 2 (returned -> shipped) and 7 (denied: return to customer).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from orderline.core.context import Context
from orderline.core.moves import Bucket, Move, StockBucket
from orderline.core.orders.events import MovedItem, ParcelLabeled, ParcelPacked, ShipmentHandedOver, UnitsMoved
from orderline.core.orders.guards import check_text, occurred
from orderline.core.orders.parcels import LineQuantity
from orderline.core.orders.state import Order, Part, derived_id
from orderline.core.returns import commands as c
from orderline.core.returns.decide import MOST_LINES
from orderline.core.returns.events import ItemStep, ReturnProgressed
from orderline.core.returns.exchanging import follow_exchange
from orderline.core.returns.grading import some_of
from orderline.core.returns.refusals import ReturnRefusal as R
from orderline.core.returns.repairing import fee_is_open
from orderline.core.returns.shelves import ARRIVAL, SHELF_OF, cause_of, post_goods
from orderline.core.returns.state import Custody, ReturnItem, ReturnMoney
from orderline.core.returns.steps import check_follows, current_order, open_return, stocked_line
from orderline.core.stock.lot_rules import check_moving
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import ParcelId, ShipmentId

# No money is given for these: the goods are still the customer's.
_NOT_PAID: Final = frozenset({ReturnMoney.DENIED, ReturnMoney.UPHELD, ReturnMoney.RECOVERED})
# Goods that nobody has put away for sale, nor out of the house.
_STILL_HERE: Final = frozenset({StockBucket.QUALITY_CONTROL, StockBucket.DAMAGED})
# What came to be repaired goes back in any case, mended or not.
_SERVICED: Final = frozenset({Custody.RECEIVED, Custody.UNREPAIRED, Custody.UNREPAIRABLE, Custody.REPAIRED})


class _Leaving(NamedTuple):
    """Units of an item that leave a location."""

    location: str
    line: int
    quantity: int


def may_go_back(item: ReturnItem) -> bool:
    """Are its goods the customer's still, and on their way or here?"""
    if item.terms.service:
        return item.custody in _SERVICED
    if item.money not in _NOT_PAID:
        return False
    if item.custody is Custody.DISPOSED:
        return item.disposition is not None and SHELF_OF[item.disposition] in _STILL_HERE
    return item.custody in (Custody.IN_TRANSIT, Custody.RECEIVED, Custody.GRADED)


def decide_send_back(draft: Draft, command: c.SendBackReturn, context: Context) -> None:
    """Goods go back to the customer: from where they are, or at once where they were not let in.

    Refused RETURN_ITEM_STATE: they are neither on their way nor here. RETURN_NOT_SENDABLE: money was given for them or may
    be yet, or they were put away. RETURN_FEE_OPEN: their repair is not paid for. RETURN_QUANTITY: fewer are there;
    RETURN_DISPOSITION: the shelf has fewer.
    """
    order, returned = open_return(draft, command, context)
    at = occurred(command.occurred_at, context)
    carrier = check_text(command.carrier, "carrier", 60)
    tracking = check_text(command.tracking_number, "tracking_number", 100)
    reason = check_text(command.reason, "reason", 500)
    able = [each for each in returned.items if may_go_back(each)]
    sent = command.sent or tuple(c.SentBackInput(item=each.item, quantity=each.quantity) for each in able)
    if not 0 < len(sent) <= MOST_LINES:
        states = sorted({each.custody.value for each in returned.items})
        raise Refused(R.RETURN_ITEM_STATE, field="sent", value=states, allowed=[Custody.RECEIVED.value])
    steps: list[ItemStep] = []
    leaving: list[_Leaving] = []
    for index, each in enumerate(sent):
        field = f"sent[{index}]"
        item, quantity = some_of(returned, each.item, each.quantity, Custody.SENT_BACK, steps, field)
        _check_goes_back(item, f"{field}.item")
        if fee_is_open(order, item):
            unblock = "customer: pay for the repair"
            raise Refused(R.RETURN_FEE_OPEN, field=f"{field}.item", value=item.item, unblock=unblock)
        steps.append(ItemStep(item=item.item, quantity=quantity, custody=Custody.SENT_BACK))
        line, _ = stocked_line(order, item.line, field)
        if item.custody is Custody.IN_TRANSIT:
            continue  # it was not let in: whoever brought it takes it back
        _off_the_shelf(draft, order, command, item, line.sku, each, field, at, context)
        leaving.append(_Leaving(item.location, line.line, quantity))
    _hand_over(draft, order, returned.number, leaving, (carrier, tracking), at)
    told = ReturnProgressed(number=returned.number, steps=tuple(steps), at=at, by=context.actor.name, reason=reason)
    draft.tell(order.id, told)
    follow_exchange(draft, order, returned.number, context)


def _check_goes_back(item: ReturnItem, field: str) -> None:
    check_follows(item, Custody.SENT_BACK, field)
    if not may_go_back(item):
        raise Refused(
            R.RETURN_NOT_SENDABLE, field=field, value=item.item, money=item.money, disposition=item.disposition,
            unblock="support: deny its money first" if item.money is ReturnMoney.NOT_DUE else "",
        )  # fmt: skip


def _off_the_shelf(
    draft: Draft,
    order: Order,
    command: c.SendBackReturn,
    item: ReturnItem,
    sku: str,
    each: c.SentBackInput,
    field: str,
    at: datetime,
    context: Context,
) -> None:
    """Take goods from where they stand at their location. Refused RETURN_DISPOSITION: fewer stand there by now."""
    source = _stands(item)
    if source is not StockBucket.IN_SERVICE:
        level = draft.world.level(sku, item.location)
        available = level.damaged if source is StockBucket.DAMAGED else level.quality_control
        if each.quantity > available:
            raise Refused(
                R.RETURN_DISPOSITION, field=f"{field}.quantity", value=each.quantity, sku=sku, available=available
            )
    way = (source, StockBucket.IN_TRANSIT_OUT)
    lots = check_moving(
        draft, sku, item.location, each.lots, each.quantity, way, context, f"{field}.lots", assumes=True
    )
    post_goods(draft, sku, item.location, way, lots, at, cause_of(order, command.number))


def _stands(item: ReturnItem) -> StockBucket:
    """The bucket that goods which are here stand in: the customer's own on no shelf."""
    if item.terms.service:
        return StockBucket.IN_SERVICE
    if item.custody is Custody.DISPOSED and item.disposition is not None:
        return SHELF_OF[item.disposition]
    return ARRIVAL


def _hand_over(
    draft: Draft, order: Order, number: int, leaving: Sequence[_Leaving], named: tuple[str, str], at: datetime
) -> None:
    """One parcel for each location that goods leave and fulfillment order that they were once sent with."""
    units: dict[tuple[str, int], dict[int, int]] = {}
    taken: dict[tuple[int, int], int] = {}
    for each in leaving:
        left = each.quantity
        for fulfillment in current_order(draft, order).fulfillments:
            there = sum(item.units.returned for item in fulfillment.items if item.line == each.line)
            key = (fulfillment.number, each.line)
            some = min(left, there - taken.get(key, 0))
            if some > 0:
                taken[key] = taken.get(key, 0) + some
                parcel = units.setdefault((each.location, fulfillment.number), {})
                parcel[each.line] = parcel.get(each.line, 0) + some
                left -= some
        assert not left, "what came back was sent once"
    for (location, fulfillment), lines in units.items():
        _send(draft, order, number, location, fulfillment, lines, named, at)


def _send(
    draft: Draft,
    order: Order,
    returned: int,
    location: str,
    fulfillment: int,
    lines: dict[int, int],
    named: tuple[str, str],
    at: datetime,
) -> None:
    now = current_order(draft, order)
    parcel, shipment = len(now.parcels) + 1, len(now.shipments) + 1
    carrier, tracking = named
    draft.tell(
        order.id,
        ParcelPacked(
            id=ParcelId(derived_id(order.id, Part.PARCEL, parcel)),
            number=parcel,
            fulfillment=fulfillment,
            items=tuple(LineQuantity(line, quantity) for line, quantity in lines.items()),
            at=at,
            returned=returned,
        ),
    )
    if tracking:
        labeled = ParcelLabeled(parcel=parcel, carrier=carrier, service="", tracking_number=tracking, at=at)
        draft.tell(order.id, labeled)
    draft.tell(
        order.id,
        ShipmentHandedOver(
            id=ShipmentId(derived_id(order.id, Part.SHIPMENT, shipment)),
            number=shipment,
            fulfillment=fulfillment,
            location=location,
            parcels=(parcel,),
            at=at,
            carrier=carrier,
        ),
    )
    draft.tell(
        order.id,
        UnitsMoved(
            move=Move.SEND_BACK,
            items=tuple(MovedItem(line, Bucket.RETURNED, Bucket.SHIPPED, some) for line, some in lines.items()),
            at=at,
            fulfillment=fulfillment,
            location=location,
            reason=f"return {returned}",
        ),
    )
