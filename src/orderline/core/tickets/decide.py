"""Rules of tickets. A till tells what has happened: goods have left or come, whatever the record says.

Conflicts are decided for the till. A sale of units that the record does not have finds them first; one of units that
were allocated leaves the shelf oversold, which is told, and the orders promised last are routed elsewhere. A sale from
before a count that has come in since is in that count already: the shelf is not lowered twice.
"""

from typing import Final

import msgspec

from orderline.core.context import Context
from orderline.core.holds.rules import RETURNED_IN_STORE, new_hold
from orderline.core.moves import Bucket, Move, StockBucket
from orderline.core.orders.commands import HoldInput
from orderline.core.orders.events import HoldPlaced, MovedItem, UnitsMoved
from orderline.core.orders.guards import check_text, occurred
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import Order
from orderline.core.stock.checks import check_code, check_location, check_stocked
from orderline.core.stock.commands import AdjustStock
from orderline.core.stock.decide import adjust
from orderline.core.stock.events import StockAdjusted
from orderline.core.stock.since import written_off
from orderline.core.tickets.commands import TakeTicket, TicketLineInput
from orderline.core.tickets.evolve import TICKET
from orderline.core.tickets.refusals import TicketRefusal as R
from orderline.core.tickets.state import Condition, Ticket, TicketKind, TicketLine, TicketTaken
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.quantity import check_quantity

MOST_LINES: Final = 500
LAST_SEQUENCE: Final = 2**53
SOLD_BEFORE_COUNT: Final = "sold_before_count"
_RETURNED: Final = {
    Condition.SELLABLE: "returned_in_store",
    Condition.DAMAGED: "returned_damaged",
    Condition.TO_INSPECT: "returned_for_qc",
}


def decide_take_ticket(draft: Draft, command: TakeTicket, context: Context) -> None:
    """Take a ticket in, all of it or nothing; it has its effect once.

    Refused TICKET_NUMBER: its till or number can't be one; TICKET_KNOWN: it was taken in, with the same content;
    TICKET_DIFFERS: so it was, with other content; TICKET_LINES: no line, or too many.
    Refused RETURN_NOT_DELIVERED: fewer units of the order's line are with the customer than come back.
    """
    check_location(draft.world, command.location)
    check_code(command.till, "till")
    if ":" in command.till or not 0 <= command.sequence <= LAST_SEQUENCE:
        allowed = f"a till without a colon, a sequence from 0 to {LAST_SEQUENCE}"
        raise Refused(
            R.TICKET_NUMBER, field="sequence", value=f"{command.till[:60]}:{command.sequence}", allowed=allowed
        )
    at = occurred(command.occurred_at, context)
    known = draft.world.records.get(("ticket", command.ticket))
    if isinstance(known, Ticket):
        raise Refused(_known_as(known, command), field="sequence", value=command.sequence, till=command.till)
    if not 0 < len(command.lines) <= MOST_LINES:
        raise Refused(R.TICKET_LINES, field="lines", value=len(command.lines), allowed=f"1 to {MOST_LINES} lines")
    lines: list[TicketLine] = []
    for index, line in enumerate(command.lines):
        check_stocked(draft.world, line.sku, f"lines[{index}].sku")
        check_quantity(line.quantity, field=f"lines[{index}].quantity")
        if line.kind is TicketKind.RETURN:
            lines.append(_take_back(draft, command, line, index, context))
        else:
            lines.append(_sell(draft, command, line, context))
    draft.tell_record(
        TICKET,
        command.ticket,
        TicketTaken(
            id=command.ticket,
            location=command.location,
            till=command.till,
            sequence=command.sequence,
            lines=tuple(lines),
            at=at,
            reference=check_text(command.reference, "reference", 200),
        ),
    )


def _known_as(known: Ticket, command: TakeTicket) -> R:
    """The same ticket again, or another one under its number? The time counts only where the till tells it."""
    told = [msgspec.structs.asdict(line) for line in command.lines]
    kept = [msgspec.structs.asdict(msgspec.structs.replace(line, before_count=0)) for line in known.lines]
    same_lines = told == [{name: each[name] for name in TicketLineInput.__struct_fields__} for each in kept]
    same_time = command.occurred_at is None or command.occurred_at == known.at
    return R.TICKET_KNOWN if same_lines and same_time and command.reference == known.reference else R.TICKET_DIFFERS


def _sell(draft: Draft, command: TakeTicket, line: TicketLineInput, context: Context) -> TicketLine:
    at = occurred(command.occurred_at, context)
    missed = written_off(draft.world, command.occurred_at, line.sku, command.location)
    before = min(line.quantity, missed)
    if before:
        draft.tell_stock(
            StockAdjusted(
                sku=line.sku,
                location=command.location,
                source=StockBucket.ADJUSTMENT,
                target=StockBucket.CUSTOMER,
                quantity=before,
                at=at,
                reason=SOLD_BEFORE_COUNT,
                reference=command.ticket,
            )
        )
    if line.quantity > before:
        _adjust(draft, command, line, line.quantity - before, "sold_in_store", context)
    return TicketLine(kind=line.kind, sku=line.sku, quantity=line.quantity, before_count=before, lots=line.lots)


def _take_back(draft: Draft, command: TakeTicket, line: TicketLineInput, index: int, context: Context) -> TicketLine:
    if line.order is not None:
        _return_units(draft, command, line, index, context)
    _adjust(draft, command, line, line.quantity, _RETURNED[line.condition], context)
    return TicketLine(**msgspec.structs.asdict(line))


def _return_units(draft: Draft, command: TakeTicket, line: TicketLineInput, index: int, context: Context) -> None:
    """Units of an order are back, at a counter. What becomes of the money is for a person, by a hold."""
    assert line.order is not None
    order = draft.world.orders.get(line.order)
    if order is None:
        raise Refused(OrderRefusal.ORDER_UNKNOWN, field=f"lines[{index}].order", value=str(line.order))
    if order.closed_at is not None:
        raise Refused(OrderRefusal.ORDER_CLOSED, value=order.number, closed_at=order.closed_at)
    bought = order.line_of(line.line)
    if bought is None or bought.sku != line.sku:
        allowed = [each.line for each in order.lines if each.sku == line.sku]
        raise Refused(OrderRefusal.LINE_UNKNOWN, field=f"lines[{index}].line", value=line.line, allowed=allowed)
    there = _delivered(order, line.line)
    if sum(there.values()) < line.quantity:
        raise Refused(
            R.RETURN_NOT_DELIVERED,
            field=f"lines[{index}].quantity",
            value=line.quantity,
            available=sum(there.values()),
        )
    at = occurred(command.occurred_at, context)
    left = line.quantity
    for fulfillment, delivered in there.items():
        quantity = min(left, delivered)
        if quantity:
            item = MovedItem(line.line, Bucket.DELIVERED, Bucket.RETURNED, quantity)
            draft.tell(
                order.id,
                UnitsMoved(
                    move=Move.RETURN, items=(item,), at=at, fulfillment=fulfillment, location=command.location,
                    reason=f"ticket {command.ticket}",
                ),
            )  # fmt: skip
            left -= quantity
    reason = f"{line.quantity} x {line.sku} came back to {command.location} (ticket {command.ticket}): settle the money"
    asked = HoldInput(type=RETURNED_IN_STORE, reason=reason, line=line.line)
    draft.tell(order.id, HoldPlaced(new_hold(asked, order.holds_placed + 1, context)))


def _delivered(order: Order, line: int) -> dict[int, int]:
    """Units of a line that are with the customer, by the fulfillment order they came with."""
    return {
        fulfillment.number: item.units.delivered
        for fulfillment in order.fulfillments
        for item in fulfillment.items
        if item.line == line and item.units.delivered
    }


def _adjust(
    draft: Draft, command: TakeTicket, line: TicketLineInput, quantity: int, reason: str, context: Context
) -> None:
    adjusted = AdjustStock(
        sku=line.sku, location=command.location, quantity=quantity, reason=reason, reference=command.ticket,
        occurred_at=command.occurred_at, lots=line.lots,
    )  # fmt: skip
    adjust(draft, adjusted, context, assumes=True)


RULES: Final = {TakeTicket: decide_take_ticket}
