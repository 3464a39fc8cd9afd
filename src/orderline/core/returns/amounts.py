"""What a return is worth: shares of what was paid, to the minor unit, whatever the sequence of partial returns.

Source: domain model 6.3. refund(k of n) = share of the money that is not canceled, for all units credited so far, less
what was credited; so that the steps add up to the whole. Tax goes back at the rates and amounts of the sale.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from orderline.core.credits.sold import CARD_SPENT
from orderline.core.documents.due import gone_of
from orderline.core.orders.billed import sum_taxes
from orderline.core.orders.credited import Credit, CreditCharge, CreditLine, Destination
from orderline.core.orders.priced import TaxLine
from orderline.core.orders.state import AgreedLine, LineKind, Order
from orderline.core.returns.state import Return, ReturnItem, ReturnMoney, ShippingRefund
from orderline.core.tenders.sums import canceled_of, credited_minor, net_agreed_minor, priced_lines
from orderline.values.money import share_so_far, split_minor

SHIPPING: Final = "shipping"
RETURN: Final = "return"
RECOVERED: Final = "recovered"
RESTOCKING: Final = "restocking"
RETURN_LABEL: Final = "return_label"
CONDITION: Final = "condition"
MILLION: Final = 1_000_000


class Worth(msgspec.Struct, frozen=True):
    """Units of a line with the money for them, tax apart."""

    line: int
    quantity: int
    net_minor: int
    taxes: tuple[TaxLine, ...]

    @property
    def total_minor(self) -> int:
        """With tax."""
        return self.net_minor + sum(tax.amount_minor for tax in self.taxes)


def worth_of(order: Order, line: int, quantity: int) -> Worth:
    """The money of the next `quantity` units of a line that are credited, with the tax in it or on it."""
    agreed = next(each for each in order.agreement.lines if each.line == line)
    done = min(agreed.quantity - canceled_of(order, agreed), _credited_units(order, line) + quantity)
    credited = order.credited_of(line)
    lessened = [each for each in credited if not each.quantity]

    def part(amount: int, given: Callable[[CreditLine], int]) -> int:
        # of all units, so that it does not matter whether others were canceled before or are canceled later
        so_far = share_so_far(amount, done, agreed.quantity) - sum(given(each) for each in credited if each.quantity)
        if not lessened:
            return so_far
        left = share_so_far(amount, gone_of(order, agreed), agreed.quantity) - sum(map(given, credited))
        return max(0, min(left, so_far - _allowed(credited, done, given)))

    price, price_taxes = price_of(order, agreed)
    total = part(price, lambda each: each.total_minor)
    taxes = [tax.of(part(tax.amount_minor, lambda each, at=at: tax_at(each, at))) for at, tax in enumerate(price_taxes)]
    return Worth(line, quantity, total - sum(tax.amount_minor for tax in taxes), tuple(taxes))


def tax_at(credited: CreditLine, place: int) -> int:
    """The tax at a place among those of the line."""
    return credited.taxes[place].amount_minor if place < len(credited.taxes) else 0


def _allowed(credited: Sequence[CreditLine], done: int, given: Callable[[CreditLine], int]) -> int:
    """What allowances have taken off the money of the first `done` units, in whatever order they were given and credited."""
    units = total = 0
    for each in credited:
        units += each.quantity
        if not each.quantity and each.over:
            total += share_so_far(given(each), min(each.over, max(0, done - units)), each.over)
    return total


def price_of(order: Order, agreed: AgreedLine) -> tuple[int, tuple[TaxLine, ...]]:
    """What was paid for a line, with tax, and the tax in it: its total less its share of discounts on the whole order.

    Discounts are shared by the totals of the lines, their tax by the tax of the same name; largest remainder. A line all of
    which was credited keeps what was given for it, whatever lines are agreed later; the others share what is left.
    """
    settled = _settled(order)
    if agreed.line in settled:
        return settled[agreed.line]
    discounts = [each for each in order.agreement.charges if each.amount_minor < 0]
    if not discounts or agreed.exchanged:  # what is sent in exchange is priced by itself
        return agreed.total_minor, agreed.taxes
    every = [each for each in priced_lines(order) if not each.exchanged]
    lines = [each for each in every if each.line not in settled]
    at = next(index for index, each in enumerate(lines) if each.line == agreed.line)
    included = order.agreement.taxes_included
    whole = sum(c.amount_minor + (0 if included else sum(t.amount_minor for t in c.taxes)) for c in discounts)
    whole -= sum(settled[each.line][0] - each.total_minor for each in every if each.line in settled)
    totals = [each.total_minor for each in lines]
    price = agreed.total_minor + (split_minor(whole, totals)[at] if any(totals) else 0)
    taxes: list[TaxLine] = []
    for tax in agreed.taxes:
        lessened = sum(t.amount_minor for c in discounts for t in c.taxes if t.name == tax.name)
        lessened -= sum(_tax_settled(settled, each, tax.name) for each in every if each.line in settled)
        weights = [sum(t.amount_minor for t in each.taxes if t.name == tax.name) for each in lines]
        share = split_minor(lessened, weights)[at] if lessened and any(weights) and min(weights) >= 0 else 0
        taxes.append(tax.of(tax.amount_minor + share))
    return price, tuple(taxes)


_Price = tuple[int, tuple[TaxLine, ...]]


def _settled(order: Order) -> dict[int, _Price]:
    """What was given for the lines all of which was credited, with the tax in it; nothing, where all is agreed as it was."""
    given: dict[int, _Price] = {}
    for agreed in priced_lines(order) if order.credits and len(order.agreements) > 1 else ():
        units = _credited_units(order, agreed.line)
        if units == agreed.quantity:
            credited = order.credited_of(agreed.line)
            taxes = tuple(
                tax.of(sum(c.taxes[at].amount_minor for c in credited if at < len(c.taxes)))
                for at, tax in enumerate(agreed.taxes)
            )
            given[agreed.line] = sum(each.total_minor for each in credited), taxes
    return given


def _tax_settled(settled: dict[int, _Price], agreed: AgreedLine, name: str) -> int:
    given = sum(tax.amount_minor for tax in settled[agreed.line][1] if tax.name == name)
    return given - sum(tax.amount_minor for tax in agreed.taxes if tax.name == name)


def credit_for(order: Order, returned: Return, items: Sequence[ReturnItem], by: str) -> Credit:
    """The credit for items of a return: the goods, what of the shipping goes back with them, less what is kept back."""
    lines: list[CreditLine] = []
    fees: list[CreditCharge] = []
    given = order
    for item in items:
        worth = worth_of(given, item.line, item.quantity)
        lines.append(CreditLine(worth.line, worth.quantity, worth.net_minor, worth.taxes))
        given = with_credited(given, lines[-1])
        fees += fees_of(item, worth.total_minor)
    labels = {item.terms.label_fee_minor for item in items if item.terms.label_fee_minor}
    first = all(item.money is not ReturnMoney.CREDITED for item in returned.items)
    if labels and first:
        fees.append(CreditCharge(RETURN_LABEL, max(labels)))
    charges = shipping_of(order, items)
    whole = sum(each.total_minor for each in (*lines, *charges))
    # Never more than is left of the order, and no fee beyond what it is kept back from.
    room = max(0, net_agreed_minor(order) - credited_minor(order))
    kept = _within(fees, whole)
    total = whole - sum(each.total_minor for each in kept)
    if total > room:
        kept = (*kept, CreditCharge("credited_already", total - room))
        total = room
    return Credit(
        number=len(order.credits) + 1,
        reason=RETURN,
        total_minor=total,
        lines=tuple(lines),
        charges=charges,
        fees=tuple(kept),
        destination=returned.destination,
        refers_to=f"return {returned.number}",
        by=by,
    )


def credit_back(order: Order, number: int, items: Sequence[ReturnItem], by: str) -> Credit:
    """What takes a credit back for items whose goods never came: its part of their lines, less its part of the fees."""
    given = order.credits[number - 1]
    lines: list[CreditLine] = []
    for item in items:
        line = next(each for each in given.lines if each.line == item.line and each.quantity >= item.quantity)
        taxes = tuple(_negative(t, share_so_far(t.amount_minor, item.quantity, line.quantity)) for t in line.taxes)
        lines.append(
            CreditLine(item.line, -item.quantity, -share_so_far(line.net_minor, item.quantity, line.quantity), taxes)
        )
    whole = sum(each.total_minor for each in given.lines)
    back = -sum(each.total_minor for each in lines)
    fees_kept = sum(fee.total_minor for fee in given.fees if fee.kind != CARD_SPENT)  # cards follow by themselves
    kept = share_so_far(fees_kept, back, whole) if whole else 0
    fees = (CreditCharge(RESTOCKING, -kept),) if kept else ()
    return Credit(
        number=len(order.credits) + 1,
        reason=RECOVERED,
        total_minor=kept - back,
        lines=tuple(lines),
        fees=fees,
        refers_to=given.refers_to,
        by=by,
    )


def _negative(tax: TaxLine, amount_minor: int) -> TaxLine:
    return tax.of(-amount_minor)


def bonus_of(items: Sequence[ReturnItem], credit: Credit) -> int:
    """What is given on top when the money becomes store credit, in minor units."""
    if credit.destination is not Destination.STORE_CREDIT or not items:
        return 0
    return credit.total_minor * min(item.terms.bonus_ppm for item in items) // MILLION


def fees_of(item: ReturnItem, total_minor: int) -> list[CreditCharge]:
    """What the terms of an item keep back of its money."""
    fees: list[CreditCharge] = []
    restocking = total_minor * item.terms.fee_ppm // MILLION + item.terms.fee_minor
    if restocking:
        fees.append(CreditCharge(RESTOCKING, restocking))
    worn = item.terms.deducted_ppm.get(item.grade, 0) if item.grade is not None else 0
    if worn:
        fees.append(CreditCharge(CONDITION, total_minor * worn // MILLION))
    return fees


def shipping_of(order: Order, items: Sequence[ReturnItem]) -> tuple[CreditCharge, ...]:
    """The shipping charges that go back with items: none, their share by value, or all with the last of the goods."""
    charges = [each for each in order.agreement.charges if each.kind == SHIPPING and each.amount_minor > 0]
    if not charges:
        return ()
    before = [each for credit in order.credits for each in credit.charges if each.kind == SHIPPING]
    goods = [each for each in priced_lines(order) if each.kind is not LineKind.SERVICE]
    live = {each.line: each.quantity - canceled_of(order, each) for each in goods}
    back = {line: _credited_units(order, line) for line in live}
    for item in items:
        back[item.line] = back.get(item.line, 0) + item.quantity
    ways = {item.terms.shipping for item in items}
    if ShippingRefund.WHEN_ALL in ways and all(back[line] >= units for line, units in live.items()):
        share, whole = 1, 1
    elif ShippingRefund.PRORATED in ways:
        prorated = {item.line: item for item in items if item.terms.shipping is ShippingRefund.PRORATED}
        whole = sum(_value(each, live[each.line]) for each in goods)
        share = sum(_value(each, min(live[each.line], back[each.line])) for each in goods if each.line in prorated)
    else:
        return ()
    if not whole:
        return ()
    # of a dearer way than the standard one, the law has no more given back than that costs
    most = [item.terms.shipping_most_minor for item in items]
    paid = sum(each.amount_minor + (0 if order.agreement.taxes_included else _tax(each.taxes)) for each in charges)
    if most and None not in most and (limit := max(each or 0 for each in most)) < paid:
        share, whole = share * limit, whole * paid
    net = sum(each.amount_minor - _inside(order, each.taxes) for each in charges)
    taxes = sum_taxes([tax for each in charges for tax in each.taxes])
    given_net = sum(each.net_minor for each in before)
    back_net = max(0, share_so_far(net, share, whole) - given_net)
    back_taxes: list[TaxLine] = []
    for tax, amount in taxes.items():
        given = sum(t.amount_minor for each in before for t in each.taxes if t.of(0) == tax)
        back_taxes.append(tax.of(max(0, share_so_far(amount, share, whole) - given)))
    if not back_net and not any(tax.amount_minor for tax in back_taxes):
        return ()
    return (CreditCharge(SHIPPING, back_net, tuple(back_taxes)),)


def _value(agreed: AgreedLine, units: int) -> int:
    return agreed.total_minor * units // agreed.quantity


def _tax(taxes: tuple[TaxLine, ...]) -> int:
    return sum(tax.amount_minor for tax in taxes)


def _inside(order: Order, taxes: tuple[TaxLine, ...]) -> int:
    return sum(tax.amount_minor for tax in taxes) if order.agreement.taxes_included else 0


def _credited_units(order: Order, line: int) -> int:
    return sum(each.quantity for each in order.credited_of(line))


def with_credited(order: Order, line: CreditLine) -> Order:
    """The order as if that had been credited, so that the next item of the same line takes the next share."""
    trial = Credit(number=len(order.credits) + 1, reason=RETURN, total_minor=line.total_minor, lines=(line,))
    return msgspec.structs.replace(order, credits=(*order.credits, trial))


def _within(fees: Sequence[CreditCharge], most: int) -> tuple[CreditCharge, ...]:
    """Fees by kind, lessened together to what there is."""
    kinds = list(dict.fromkeys(fee.kind for fee in fees))
    sums = [sum(fee.total_minor for fee in fees if fee.kind == kind) for kind in kinds]
    if sum(sums) > most:
        sums = split_minor(most, sums)
    return tuple(CreditCharge(kind, amount) for kind, amount in zip(kinds, sums, strict=True) if amount)
