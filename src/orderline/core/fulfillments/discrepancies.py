"""What a location has packed or sent that it was not to: its work was taken away, or its order is closed.

Nothing of the order moves by it: its units stand elsewhere by now, or have come to their end. What has happened is kept with
what is not true any more because of it, and with who acts next.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.holds.rules import LATE_SHIPMENT, new_hold
from orderline.core.orders.commands import HoldInput
from orderline.core.orders.events import HoldPlaced
from orderline.core.orders.guards import check_fulfillment, check_text, occurred
from orderline.core.orders.state import LineQuantity, Order
from orderline.core.records import Record, RecordCommand, RecordEvent, RecordKey, RecordKind, Window
from orderline.core.stock.commands import AdjustStock
from orderline.core.stock.decide import adjust
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

SETTLE_WITHIN: Final = timedelta(days=2)
SENT_UNASKED: Final = "sent_unasked"  # the reason of stock that has left without an order


class DiscrepancyRefusal(StrEnum):
    DISCREPANCY_UNKNOWN = "DISCREPANCY_UNKNOWN"
    DISCREPANCY_SETTLED = "DISCREPANCY_SETTLED"


R = DiscrepancyRefusal


class DiscrepancyState(StrEnum):
    """Whether somebody has seen to it."""

    OPEN = "open"
    SETTLED = "settled"


class Cause(StrEnum):
    """Why the location was not to send anything."""

    WITHDRAWN = "withdrawn"
    ORDER_CLOSED = "order_closed"


NEXT_STEPS: Final = {
    Cause.WITHDRAWN: "stop the parcel, or take the same units back where they are to be sent from now; then settle it, with"
    " what has left taken from the shelf",
    Cause.ORDER_CLOSED: "charge for what was sent, or have it sent back; then settle it, with what has left taken from the"
    " shelf",
}


class SentLine(msgspec.Struct, frozen=True):
    """Units that were packed. value_minor: what they were agreed to cost, which nobody has been charged for them now."""

    line: int
    sku: str
    quantity: int
    value_minor: int


class TakenUnits(msgspec.Struct, frozen=True):
    """Units of a SKU that were taken from a shelf."""

    sku: str
    quantity: int


class Discrepancy(Record, frozen=True, kw_only=True):
    """lines: what was packed, as far as the location has said. left: it was handed over.

    taken: units that were taken from the shelf, which had them still.
    """

    id: str
    order: OrderId
    order_number: str
    fulfillment: int
    location: str
    cause: Cause
    state: DiscrepancyState
    next_step: str
    currency: str
    reported_at: datetime
    due_at: datetime
    lines: tuple[SentLine, ...] = ()
    tracking_numbers: tuple[str, ...] = ()
    left: bool = False
    note: str = ""
    settled_by: str = ""
    taken: tuple[TakenUnits, ...] = ()


class DiscrepancyFound(RecordEvent, frozen=True, kw_only=True, tag="discrepancy_found"):
    """A location works on what was taken away from it."""

    discrepancy: Discrepancy


class DiscrepancyGrew(RecordEvent, frozen=True, kw_only=True, tag="discrepancy_grew"):
    """It has said more of it. due_at: somebody has seen to what was known, and is to see to this as well until then."""

    lines: tuple[SentLine, ...] = ()
    tracking_numbers: tuple[str, ...] = ()
    left: bool = False
    due_at: datetime | None = None


class DiscrepancyEnded(RecordEvent, frozen=True, kw_only=True, tag="discrepancy_ended"):
    """Somebody has seen to it."""

    by: str
    note: str
    taken: tuple[TakenUnits, ...] = ()


AnyDiscrepancyEvent = DiscrepancyFound | DiscrepancyGrew | DiscrepancyEnded


class ReportDiscrepancy(RecordCommand, frozen=True, gc=False, kw_only=True, tag="report_discrepancy"):
    """A location has told of work that it has no more."""

    id: str
    order: OrderId
    fulfillment: int
    cause: Cause
    lines: tuple[LineQuantity, ...] = ()
    tracking_numbers: tuple[str, ...] = ()
    left: bool = False
    occurred_at: datetime | None = None

    def records(self) -> Iterable[RecordKey]:
        """The discrepancy."""
        return (("discrepancy", self.id),)

    def orders(self) -> Iterable[OrderId]:
        """The order."""
        return (self.order,)


class SettleDiscrepancy(RecordCommand, frozen=True, gc=False, kw_only=True, tag="settle_discrepancy"):
    """Somebody has seen to it. take_from_stock: what has left is taken from the shelf, as far as it is there still."""

    discrepancy: str
    note: str
    take_from_stock: bool = False

    def records(self) -> Iterable[RecordKey]:
        """The discrepancy."""
        return (("discrepancy", self.discrepancy),)

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        """Where it has left from."""
        known = world.records.get(("discrepancy", self.discrepancy))
        found = known if isinstance(known, Discrepancy) and self.take_from_stock else None
        return [(each.sku, found.location) for each in found.lines] if found is not None else ()


def decide_report(draft: Draft, command: ReportDiscrepancy, context: Context) -> None:
    """Keep it, and stop what would send the same units twice."""
    order = draft.world.order(command.order)
    location = check_fulfillment(order, command.fulfillment).location
    lines = _lines(order, command.lines)
    numbers = tuple(number[:100] for number in command.tracking_numbers if number)
    known = draft.world.records.get(("discrepancy", command.id))
    if isinstance(known, Discrepancy):
        due_at = context.now + SETTLE_WITHIN if known.state is DiscrepancyState.SETTLED else None
        grew = DiscrepancyGrew(lines=lines, tracking_numbers=numbers, left=command.left, due_at=due_at)
        draft.tell_record(DISCREPANCY, command.id, grew)
        if due_at is not None:
            _hold(draft, order, command.id, location, context)
        return
    found = Discrepancy(
        id=command.id,
        order=order.id,
        order_number=order.number,
        fulfillment=command.fulfillment,
        location=location,
        cause=command.cause,
        state=DiscrepancyState.OPEN,
        next_step=NEXT_STEPS[command.cause],
        currency=order.currency,
        reported_at=occurred(command.occurred_at, context),
        due_at=context.now + SETTLE_WITHIN,
        lines=lines,
        tracking_numbers=numbers,
        left=command.left,
    )
    draft.tell_record(DISCREPANCY, command.id, DiscrepancyFound(discrepancy=found))
    _hold(draft, order, command.id, location, context)


def decide_settle(draft: Draft, command: SettleDiscrepancy, context: Context) -> None:
    """Refused DISCREPANCY_UNKNOWN, DISCREPANCY_SETTLED."""
    found = draft.world.records.get(("discrepancy", command.discrepancy))
    if not isinstance(found, Discrepancy):
        raise Refused(R.DISCREPANCY_UNKNOWN, field="discrepancy", value=command.discrepancy[:100])
    if found.state is DiscrepancyState.SETTLED:
        raise Refused(R.DISCREPANCY_SETTLED, field="discrepancy", value=found.id, settled_by=found.settled_by)
    note = check_text(command.note, "note", 1_000, required=True)
    units = {each.sku: each.quantity for each in found.taken}
    sent: dict[str, int] = {}
    for each in found.lines if command.take_from_stock else ():
        sent[each.sku] = sent.get(each.sku, 0) + each.quantity
    for sku, quantity in sent.items():
        there = min(quantity - units.get(sku, 0), draft.world.level(sku, found.location).sellable)
        if there > 0:
            units[sku] = units.get(sku, 0) + there
            gone = AdjustStock(
                sku=sku, location=found.location, quantity=there, reason=SENT_UNASKED, reference=found.order_number
            )
            adjust(draft, gone, context, assumes=True)
    taken = tuple(TakenUnits(sku, quantity) for sku, quantity in sorted(units.items()))
    draft.tell_record(DISCREPANCY, found.id, DiscrepancyEnded(by=context.actor.name, note=note, taken=taken))


def _hold(draft: Draft, order: Order, id_: str, location: str, context: Context) -> None:
    """Nothing is sent from elsewhere before somebody has looked."""
    if order.closed_at is None and not any(hold.type == LATE_SHIPMENT for hold in order.holds):
        reason = f"work that was taken away goes on at {location}: see the discrepancy {id_}"
        asked = HoldInput(type=LATE_SHIPMENT, reason=reason, blocks=("allocate", "release"))
        draft.tell(order.id, HoldPlaced(new_hold(asked, order.holds_placed + 1, context)))


def evolve_discrepancy(found: Discrepancy | None, event: AnyDiscrepancyEvent) -> Discrepancy:
    """The discrepancy after an event."""
    match event:
        case DiscrepancyFound():
            return event.discrepancy
        case DiscrepancyGrew():
            assert found is not None
            numbers = tuple(dict.fromkeys((*found.tracking_numbers, *event.tracking_numbers)))
            lines, left = (*found.lines, *event.lines), found.left or event.left
            grown = replace(found, lines=lines, tracking_numbers=numbers, left=left)
            if event.due_at is None:
                return grown
            return replace(grown, state=DiscrepancyState.OPEN, due_at=event.due_at)
        case DiscrepancyEnded():
            assert found is not None
            return replace(
                found, state=DiscrepancyState.SETTLED, note=event.note, settled_by=event.by, taken=event.taken
            )


def _lines(order: Order, items: tuple[LineQuantity, ...]) -> tuple[SentLine, ...]:
    agreed = {line.line: line for line in order.agreement.lines}
    return tuple(
        SentLine(each.line, line.sku, each.quantity, line.total_minor * each.quantity // line.quantity)
        for each in items
        if (line := agreed.get(each.line)) is not None
    )


def _window(found: Discrepancy) -> Window:
    is_open = found.state is DiscrepancyState.OPEN
    return Window(found.state, found.location, "operations" if is_open else "", found.due_at if is_open else None)


DISCREPANCY: Final = RecordKind("discrepancy", Discrepancy, AnyDiscrepancyEvent, evolve_discrepancy, _window)
RULES: Final = {ReportDiscrepancy: decide_report, SettleDiscrepancy: decide_settle}
