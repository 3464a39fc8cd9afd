"""Which lots and serial numbers are in which parcel: as the packer says, else those that were picked first."""

from collections.abc import Iterable, Sequence

from orderline.core.orders.parcels import WAITING, LineQuantity, Parcel, PickedLot
from orderline.core.orders.state import FulfillmentOrder, Order
from orderline.core.stock.lots import LotRefusal as R
from orderline.core.stock.lots import LotUnits, first_of, less
from orderline.values.failures import Refused


def lots_packed(order: Order, fulfillment: FulfillmentOrder, items: Sequence[LineQuantity], named: Sequence[PickedLot],
                field: str) -> tuple[PickedLot, ...]:  # fmt: skip
    """The lots of a parcel, of those that are picked and in no other parcel; none where nobody knows any.

    Refused LOTS_REQUIRED: those named for a line are not as many as its units. LOT_NOT_HERE: one was not picked for it.
    """
    found: list[PickedLot] = []
    for item in _by_line(items):
        free = lots_free(order, fulfillment, item.line)
        said = [each for each in named if each.line == item.line]
        if not said:
            found.extend(PickedLot(item.line, each.lot, each.quantity) for each in first_of(free, item.quantity))
            continue
        units = sum(each.quantity for each in said)
        if units != item.quantity or min(each.quantity for each in said) < 1:
            raise Refused(R.LOTS_REQUIRED, field=field, value=units, allowed=f"lots of {item.quantity} units")
        there = {each.lot: each.quantity for each in free}
        for each in said:
            there[each.lot] = there.get(each.lot, 0) - each.quantity
            if there[each.lot] < 0:
                raise Refused(R.LOT_NOT_HERE, field=field, value=each.lot, allowed=[lot.lot for lot in free][:20])
        found.extend(said)
    stray = next((each.line for each in named if all(each.line != item.line for item in items)), None)
    if stray is not None:
        raise Refused(R.LOTS_REQUIRED, field=field, value=stray, allowed=[item.line for item in items])
    return tuple(found)


def _by_line(items: Iterable[LineQuantity]) -> list[LineQuantity]:
    units: dict[int, int] = {}
    for item in items:
        units[item.line] = units.get(item.line, 0) + item.quantity
    return [LineQuantity(line, quantity) for line, quantity in units.items()]


def lots_free(order: Order, fulfillment: FulfillmentOrder, line: int) -> tuple[LotUnits, ...]:
    """The lots of a line that are picked and in no parcel that waits."""
    held = next((item.lots for item in fulfillment.items if item.line == line), ())
    here = (p for p in order.parcels if p.fulfillment == fulfillment.number and p.state in WAITING) if held else ()
    return less(held, (LotUnits(each.lot, each.quantity) for p in here for each in p.lots if each.line == line))


def lots_leaving(
    fulfillment: FulfillmentOrder, parcels: Iterable[Parcel], *, sent: bool = False
) -> dict[tuple[int, int], tuple[LotUnits, ...]]:
    """The lots of parcels by number and line; of lines of which the lots of all units are known and still there.

    sent: of parcels that are to be here again.
    """
    held = {item.line: item.sent if sent else item.lots for item in fulfillment.items}
    held = {line: lots for line, lots in held.items() if lots}
    found: dict[tuple[int, int], tuple[LotUnits, ...]] = {}
    unknown: set[int] = set()
    for parcel in parcels if held else ():
        for item in parcel.items:
            there = held.get(item.line, ())
            dates = {each.lot: each.expires_on for each in there}
            own = tuple(LotUnits(e.lot, e.quantity, dates.get(e.lot)) for e in parcel.lots if e.line == item.line)
            left = less(there, own)
            if _units(own) != item.quantity or _units(there) - _units(left) != item.quantity:
                unknown.add(item.line)
            held[item.line] = left
            found[parcel.number, item.line] = own
    return {key: own for key, own in found.items() if key[1] not in unknown}


def _units(lots: Iterable[LotUnits]) -> int:
    return sum(each.quantity for each in lots)
