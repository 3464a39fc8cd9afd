"""What of an order is to be invoiced: what was supplied and stands on no invoice yet, to the minor unit.

Each amount is a share of what was agreed, cumulative over units; charges follow the goods. So the invoices of an order add up
to what was agreed and not canceled, whatever was sent when.
"""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from orderline.core.orders.billed import Billed, sum_taxes, tax_lines
from orderline.core.orders.priced import Charge
from orderline.core.orders.state import AgreedLine, Order
from orderline.core.tenders.sums import canceled_of, line_share, priced_lines
from orderline.values.money import share_so_far, split_minor


def invoice_due(order: Order) -> tuple[Billed, ...]:
    """What the next invoice states: lines, then charges. Nothing: there is nothing to invoice."""
    known = {(each.line, each.charge): each for each in order.billed}
    nothing = Billed()
    due: list[Billed] = []
    for agreed in priced_lines(order):
        gone = gone_of(order, agreed)
        before = known.get((agreed.line, ""), nothing)
        if gone or before.quantity:
            due.append(_less(_line_so_far(order, agreed, gone), before))
    came_back = is_less_supplied(due)
    charges = _charges_so_far(order)
    if came_back:
        told = {each.charge for each in charges}
        charges += [Billed(charge=each.charge) for each in order.billed if each.charge and each.charge not in told]
    for each in charges:
        more = _less(each, known.get((0, each.charge), nothing))
        # what was added to an order since may lower the share of what has left: it is not taken back for that
        if came_back or not _is_less(more, each):
            due.append(more)
    left = tuple(each for each in due if not each.is_nothing)
    return left if any(each.total_minor or each.discount_minor for each in left) else ()


def is_less_supplied(due: Sequence[Billed]) -> bool:
    """Has less left than stands on invoices? So it is when a hand-over was recorded by mistake."""
    return any(each.quantity < 0 for each in due)


def gone_of(order: Order, agreed: AgreedLine) -> int:
    """Units of an agreed line that have been supplied."""
    line = order.line_of(agreed.line)
    return min(line.units.gone, agreed.quantity) if line is not None else 0


def _line_so_far(order: Order, agreed: AgreedLine, gone: int) -> Billed:
    taxes = tuple(tax.of(share_so_far(tax.amount_minor, gone, agreed.quantity)) for tax in agreed.taxes)
    total = line_share(agreed, gone)
    discount = share_so_far(_discount_net(order, agreed), gone, agreed.quantity)
    net = total - sum(tax.amount_minor for tax in taxes)
    return Billed(line=agreed.line, quantity=gone, net_minor=net, discount_minor=discount, taxes=taxes)


def _discount_net(order: Order, agreed: AgreedLine) -> int:
    """What was taken off the price, without tax."""
    tax = sum(each.amount_minor for each in agreed.taxes)
    if not order.agreement.taxes_included or not tax or agreed.total_minor <= 0:
        return agreed.discount_minor
    return share_so_far(agreed.discount_minor, agreed.total_minor - tax, agreed.total_minor)


class _Part(NamedTuple):
    """How much of the goods has left: `done` of `whole`, in money, or in units where all is free."""

    done: int
    whole: int


def _part(order: Order) -> _Part:
    lines = priced_lines(order)
    done = sum(line_share(agreed, gone_of(order, agreed)) for agreed in lines)
    whole = sum(line_share(agreed, agreed.quantity - canceled_of(order, agreed)) for agreed in lines)
    if whole:
        return _Part(done, whole)
    units = sum(gone_of(order, agreed) for agreed in lines)
    return _Part(units, sum(agreed.quantity - canceled_of(order, agreed) for agreed in lines))


def _charges_so_far(order: Order) -> list[Billed]:
    """The charges of each kind, as far as they belong to goods that have left."""
    part = _part(order)
    if not order.agreement.charges or not part.done:
        return []
    by_kind: dict[str, list[Charge]] = {}
    for charge in order.agreement.charges:
        by_kind.setdefault(charge.kind, []).append(charge)
    so_far = [_charge_so_far(order, kind, charges, part) for kind, charges in by_kind.items()]
    goods = sum(line_share(agreed, gone_of(order, agreed)) for agreed in priced_lines(order))
    return _within(so_far, goods)


def _within(charges: list[Billed], goods_minor: int) -> list[Billed]:
    """Charges whose discounts come to no more than the goods and the other charges: nothing is owed for them, not less."""
    most = goods_minor + sum(each.total_minor for each in charges if each.total_minor > 0)
    off = [max(0, -each.total_minor) for each in charges]
    if sum(off) <= most:
        return charges
    return [
        _lessened(each, share, whole) if whole else each
        for each, share, whole in zip(charges, split_minor(most, off), off, strict=True)
    ]


def _lessened(discount: Billed, share: int, whole: int) -> Billed:
    taxes = tuple(tax.of(share_so_far(tax.amount_minor, share, whole)) for tax in discount.taxes)
    return replace(discount, net_minor=-share - sum(tax.amount_minor for tax in taxes), taxes=taxes)


def _charge_so_far(order: Order, kind: str, charges: Sequence[Charge], part: _Part) -> Billed:
    amount = sum(charge.amount_minor for charge in charges)
    whole = sum_taxes([tax for charge in charges for tax in charge.taxes])
    total = amount if order.agreement.taxes_included else amount + sum(whole.values())
    taxes = {key: share_so_far(each, part.done, part.whole) for key, each in whole.items()}
    return Billed(
        charge=kind, net_minor=share_so_far(total, part.done, part.whole) - sum(taxes.values()), taxes=tax_lines(taxes)
    )


def _less(so_far: Billed, before: Billed) -> Billed:
    taxes = sum_taxes(so_far.taxes)
    for key, amount in sum_taxes(before.taxes, -1).items():
        taxes[key] = taxes.get(key, 0) + amount
    return Billed(
        line=so_far.line,
        charge=so_far.charge,
        quantity=so_far.quantity - before.quantity,
        net_minor=so_far.net_minor - before.net_minor,
        discount_minor=so_far.discount_minor - before.discount_minor,
        taxes=tax_lines(taxes),
    )


def _is_less(more: Billed, so_far: Billed) -> bool:
    return more.total_minor * (1 if so_far.total_minor >= 0 else -1) < 0
