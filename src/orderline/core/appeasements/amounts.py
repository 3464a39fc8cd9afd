"""What may be given of an order without goods coming back: no more than is left of what was paid for what has left.

Tax goes with it as it was charged, at the rates of the sale. Only units that are gone bear it, so that what is canceled or
sent later does not change what was left.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from orderline.core.appeasements.refusals import AppeasementRefusal as A
from orderline.core.appeasements.state import REASONS
from orderline.core.changes.actions import Appease
from orderline.core.context import Context
from orderline.core.documents.due import gone_of
from orderline.core.orders.billed import sum_taxes
from orderline.core.orders.credited import Credit, CreditCharge, CreditLine, Destination
from orderline.core.orders.guards import check_line
from orderline.core.orders.priced import TaxLine
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Order, SoldAs
from orderline.core.returns.amounts import SHIPPING, price_of, tax_at
from orderline.core.tenders.sums import credited_minor, net_agreed_minor, priced_lines
from orderline.values.failures import Refused
from orderline.values.money import MAX_MINOR, share_so_far, split_minor

_NOT_OURS: Final = (SoldAs.DONATION, SoldAs.GIFT_CARD)  # money that was passed on, or is owed


class Room(msgspec.Struct, frozen=True):
    """What is left of a line or of shipping, with tax, and the tax in it by its place; over: units that bear it."""

    left_minor: int
    taxes: tuple[TaxLine, ...]
    over: int = 0


def credit_of(order: Order, action: Appease, by: str, context: Context) -> Credit:
    """The credit that an appeasement is.

    Refused APPEASEMENT_REASON_UNKNOWN, LINE_UNKNOWN, LINE_REPEATED; AMOUNT_OUT_OF_RANGE: nothing, or less, is named.
    Refused APPEASEMENT_NOTHING_LEFT: less than that is left of what was paid for what has left.
    """
    if action.why not in REASONS:
        raise Refused(A.APPEASEMENT_REASON_UNKNOWN, field="why", value=action.why[:60], allowed=list(REASONS))
    wanted = _wanted(order, action)
    lines = [_line(order, number, amount) for number, amount in wanted.items() if amount]
    charges = _shipping(order, action.shipping_minor)
    total = sum(each.total_minor for each in (*lines, *charges))
    left = max(0, net_agreed_minor(order) - credited_minor(order))
    if total > left:
        raise Refused(A.APPEASEMENT_NOTHING_LEFT, field="amount_minor", value=total, available=left)
    return Credit(
        number=len(order.credits) + 1,
        reason=action.why,
        total_minor=total,
        lines=tuple(lines),
        charges=charges,
        destination=action.destination,
        by=by,
        given_at=context.now,
        goodwill=REASONS[action.why],
    )


def taken_back(order: Order, given: Credit, by: str, context: Context) -> Credit | None:
    """The mirror of an appeasement; None: units that bore it were credited since, it was taken back, or is store credit."""
    again = given.total_minor <= 0 or any(each.undoes == given.number for each in order.credits)
    again = again or given.destination is Destination.STORE_CREDIT
    since = {line.line for credit in order.credits[given.number :] for line in credit.lines if line.quantity}
    shipped = given.charges and any(credit.charges for credit in order.credits[given.number :])
    if again or shipped or any(line.line in since for line in given.lines):
        return None
    return replace(
        given,
        number=len(order.credits) + 1,
        total_minor=-given.total_minor,
        lines=tuple(
            replace(each, net_minor=-each.net_minor, taxes=_negative(each.taxes)) for each in given.lines
        ),
        charges=tuple(
            replace(each, net_minor=-each.net_minor, taxes=_negative(each.taxes)) for each in given.charges
        ),
        by=by,
        document="",
        account="",
        given_at=context.now,
        undoes=given.number,
    )  # fmt: skip


def given_minor(order: Order) -> int:
    """What was given on an order so far, less what was taken back, in minor units."""
    return sum(each.total_minor for each in order.credits if each.given_at is not None)


def room_of(order: Order, number: int) -> Room:
    """What is left of a line: of its units that are gone, less all that was credited for it."""
    agreed = next((each for each in priced_lines(order) if each.line == number), None)
    if agreed is None or agreed.sold_as in _NOT_OURS:
        return Room(0, ())
    gone = gone_of(order, agreed)
    price, taxes = price_of(order, agreed)
    credited = order.credited_of(number)
    over = gone - sum(each.quantity for each in credited)
    left = share_so_far(price, gone, agreed.quantity) - sum(each.total_minor for each in credited)
    billed = next((each for each in order.billed if each.line == number), None)
    if billed is not None:
        left = min(left, billed.total_minor - sum(each.total_minor for each in credited))
    if over <= 0 or left <= 0:
        return Room(0, ())
    in_it = tuple(
        replace(tax, amount_minor=max(0, share_so_far(tax.amount_minor, gone, agreed.quantity) - given))
        for at, tax in enumerate(taxes)
        for given in [sum(tax_at(each, at) for each in credited)]
    )
    return Room(left, in_it, over)


def shipping_room(order: Order) -> Room:
    """What is left of the charges for shipping; nothing, before the first of the goods has left."""
    charges = [each for each in order.agreement.charges if each.kind == SHIPPING and each.amount_minor > 0]
    if not charges or not any(line.units.gone for line in order.lines):
        return Room(0, ())
    before = [each for credit in order.credits for each in credit.charges if each.kind == SHIPPING]
    included = order.agreement.taxes_included
    taxes = sum_taxes([tax for each in charges for tax in each.taxes])
    given = sum_taxes([tax for each in before for tax in each.taxes])
    total = sum(each.amount_minor for each in charges) + (0 if included else sum(taxes.values()))
    left = total - sum(each.total_minor for each in before)
    return Room(max(0, left), tuple(tax.of(max(0, amount - given.get(tax, 0))) for tax, amount in taxes.items()))


def _wanted(order: Order, action: Appease) -> dict[int, int]:
    """The amount of each line: as named, and what is given on the order as a whole by what is left of each."""
    wanted: dict[int, int] = {}
    amounts = [each.amount_minor for each in action.lines]
    whole = sum(amounts) + action.amount_minor + action.shipping_minor
    if min([0, *amounts, action.amount_minor, action.shipping_minor]) < 0 or not 0 < whole <= MAX_MINOR:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field="amount_minor", value=whole, allowed=f"from 1 to {MAX_MINOR}")
    for index, each in enumerate(action.lines):
        check_line(order, each.line)
        if each.line in wanted:
            raise Refused(R.LINE_REPEATED, field=f"lines[{index}].line", value=each.line)
        wanted[each.line] = each.amount_minor
    if not action.amount_minor:
        return wanted
    rooms = {each.line: room_of(order, each.line).left_minor - wanted.get(each.line, 0) for each in priced_lines(order)}
    rooms = {line: room for line, room in rooms.items() if room > 0}
    if action.amount_minor > sum(rooms.values()):
        raise Refused(
            A.APPEASEMENT_NOTHING_LEFT, field="amount_minor", value=action.amount_minor,
            available=sum(rooms.values()), unblock="goods that have left",
        )  # fmt: skip
    for line, amount in zip(rooms, split_minor(action.amount_minor, list(rooms.values())), strict=True):
        wanted[line] = wanted.get(line, 0) + amount
    return wanted


def _line(order: Order, number: int, amount: int) -> CreditLine:
    room = room_of(order, number)
    if amount > room.left_minor:
        raise Refused(
            A.APPEASEMENT_NOTHING_LEFT, field="lines", value=amount, line=number, available=room.left_minor,
            unblock="goods that have left",
        )  # fmt: skip
    taxes = _share(room, amount)
    return CreditLine(number, 0, amount - sum(tax.amount_minor for tax in taxes), taxes, room.over)


def _shipping(order: Order, amount: int) -> tuple[CreditCharge, ...]:
    if not amount:
        return ()
    room = shipping_room(order)
    if amount > room.left_minor:
        raise Refused(
            A.APPEASEMENT_NOTHING_LEFT, field="shipping_minor", value=amount, available=room.left_minor,
            unblock="goods that have left",
        )  # fmt: skip
    taxes = _share(room, amount)
    return (CreditCharge(SHIPPING, amount - sum(tax.amount_minor for tax in taxes), taxes),)


def _share(room: Room, amount: int) -> tuple[TaxLine, ...]:
    return tuple(
        replace(each, amount_minor=share_so_far(each.amount_minor, amount, room.left_minor)) for each in room.taxes
    )


def _negative(taxes: Sequence[TaxLine]) -> tuple[TaxLine, ...]:
    return tuple(replace(each, amount_minor=-each.amount_minor) for each in taxes)
