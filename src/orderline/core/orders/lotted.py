"""Of which lots the units of an order are: named when they are taken, the first to expire where nobody has named them."""

from msgspec.structs import replace

from orderline.core.moves import SHELF, Bucket, Move, StockBucket
from orderline.core.orders.events import MovedItem, UnitsMoved
from orderline.core.orders.parcel_lots import lots_free
from orderline.core.orders.state import FulfillmentItem, Order
from orderline.core.stock.lots import UNKNOWN, LotUnits, ShelfLots, added, first_of, less, proposed

_BACK = (Move.UNPICK, Move.CANCEL)
_UNSENT = (Move.UNSHIP, Move.UNSHIP_LATE)


def with_lots(shelves: ShelfLots, order: Order | None, event: UnitsMoved) -> UnitsMoved:
    """A move with the lots of tracked SKUs that it takes from a shelf, or puts back there.

    What leaves for the customer is what was picked first; what goes back is what was picked last.
    """
    assert order is not None, "units move after their order was placed"
    items: list[MovedItem] = []
    taken: dict[tuple[str, str], dict[str, int]] = {}
    inside: dict[int, tuple[LotUnits, ...]] = {}
    for item in event.items:
        line = order.line_of(item.line)
        assert line is not None
        shelf = (StockBucket.SELLABLE, event.shelf) if event.shelf else SHELF.get((event.move, item.source))
        if shelf is None or not shelves.tracks(line.sku):
            items.append(item)
            continue
        source = shelf[0]
        lots = item.lots
        if event.move in _UNSENT:
            if item.line not in inside:
                inside[item.line] = tuple(reversed(_sent(order, event, item.line)))
            lots = lots or first_of(inside[item.line], item.quantity)
            inside[item.line] = less(inside[item.line], lots)
            short = item.quantity - sum(each.quantity for each in lots)
            lots = added(lots, [LotUnits(UNKNOWN, short)]) if short else lots
            items.append(replace(item, lots=lots))
            continue
        if not lots and source is StockBucket.PICKED:
            if item.line not in inside:
                inside[item.line] = _inside(order, event, item)
            held = inside[item.line]
            lots = first_of(reversed(held) if event.move in _BACK else held, item.quantity)
            inside[item.line] = less(held, lots)
            short = item.quantity - sum(each.quantity for each in lots)
            if short:
                lots = (*lots, *proposed(shelves.of(line.sku, event.location), source, short))
        elif not lots and source is StockBucket.SELLABLE:
            gone = taken.setdefault((line.sku, source), {})
            lots = proposed(shelves.of(line.sku, event.location), source, item.quantity, gone, on=event.at.date())
        for each in lots:
            gone = taken.setdefault((line.sku, source), {})
            gone[each.lot] = gone.get(each.lot, 0) + each.quantity
        items.append(replace(item, lots=lots) if lots else item)
    return replace(event, items=tuple(items))


def item_lots(item: FulfillmentItem, moved: MovedItem, move: Move) -> FulfillmentItem:
    """A fulfillment item after lots of it moved: those picked for it, and those that have left."""
    match move:
        case Move.PICK:
            return replace(item, lots=added(item.lots, moved.lots))
        case Move.UNPICK | Move.CANCEL:
            return replace(item, lots=less(item.lots, moved.lots))
        case Move.SHIP | Move.SHIP_LATE:
            return replace(item, lots=less(item.lots, moved.lots), sent=added(item.sent, moved.lots))
        case Move.UNSHIP:
            return replace(item, lots=added(item.lots, moved.lots), sent=less(item.sent, moved.lots))
        case Move.UNSHIP_LATE:
            return replace(item, sent=less(item.sent, moved.lots))
        case _:
            return item


def _sent(order: Order, event: UnitsMoved, line: int) -> tuple[LotUnits, ...]:
    """The lots of a line that have left its location."""
    fulfillment = order.fulfillment_of(event.fulfillment) if event.fulfillment is not None else None
    items = fulfillment.items if fulfillment is not None else ()
    return next((each.sent for each in items if each.line == line), ())


def _inside(order: Order, event: UnitsMoved, item: MovedItem) -> tuple[LotUnits, ...]:
    """The lots of a line at its location; of units that are not packed, those in no parcel first."""
    fulfillment = order.fulfillment_of(event.fulfillment) if event.fulfillment is not None else None
    if fulfillment is None:
        return ()
    held = next((each.lots for each in fulfillment.items if each.line == item.line), ())
    if item.source is not Bucket.PICKED or not held:
        return held
    free = lots_free(order, fulfillment, item.line)
    return (*less(held, free), *free)
