"""What of an order is its sellers': their goods as they were invoiced, less what was credited, lost in disputes and kept as commission.

Each figure is worked out from how the order stands, and what is posted is the difference to what was posted before: so parts
add up to the whole, and what is undone is taken back to the minor unit, whatever came in between.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from orderline.core.disputes.events import DisputeTold
from orderline.core.disputes.state import DisputeStage
from orderline.core.ledger.events import CreditGranted, DocumentIssued
from orderline.core.ledger.rules import Cause, entries
from orderline.core.ledger.state import Account, Entry
from orderline.core.orders.billed import Billed
from orderline.core.orders.credited import Credit
from orderline.core.orders.state import AgreedLine, Order
from orderline.core.sellers.terms import SellerTerms, Side
from orderline.values.money import share_so_far, split_minor

A = Account
MILLION: Final = 1_000_000
SHIPPING: Final = "shipping"


class SellerShare(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What of a line is its seller's, in minor units without tax: goods + shipping - commission = due.

    goods_minor: as invoiced, less what was credited of it. lost_minor: what disputes that were lost have taken of goods and
    shipping; it is off both already.
    """

    line: int
    seller: str
    goods_minor: int
    shipping_minor: int = 0
    commission_minor: int
    lost_minor: int = 0

    @property
    def due_minor(self) -> int:
        """What the seller is owed for it."""
        return self.goods_minor + self.shipping_minor - self.commission_minor


class _Part(NamedTuple):
    """How much was lost in disputes: `done` of `whole`, of what the customer was to pay."""

    done: int
    whole: int

    def of(self, amount: int) -> int:
        return share_so_far(amount, self.done, self.whole) if self.done else 0


def has_sellers(order: Order) -> bool:
    """Was anything sold for others?"""
    return any(agreed.seller is not None for agreed in order.agreement.lines)


def shares_of(order: Order) -> tuple[SellerShare, ...]:
    """What is whose, line by line; lines that are on no invoice are nobody's yet."""
    agreed = {each.line: each for each in order.agreement.lines}
    billed = [each for each in order.billed if each.line and (each.quantity or each.net_minor or each.discount_minor)]
    own = [(each, agreed[each.line]) for each in billed if each.line in agreed and agreed[each.line].seller is not None]
    if not own:
        return ()
    credits_ = [each for each in order.credits if not each.goodwill]
    shipping = _shipping(order, credits_, billed)
    lost = _lost(order, credits_)
    return tuple(
        _share(order.currency, each, line, line.seller, credits_, shipping.get(each.line, 0), lost)
        for each, line in own
        if line.seller is not None
    )


def shares_due(order: Order) -> tuple[Entry, ...]:
    """The entries that bring what was posted for the sellers of an order to what is theirs."""
    books = order.books
    owed: dict[str, int] = {}
    commissions: dict[str, int] = {}
    if books is not None:
        for each in books.balances:
            if each.account is A.SELLER_PAYABLE:
                owed[each.sub] = owed.get(each.sub, 0) + each.amount_minor
            elif each.account is A.COMMISSIONS:
                commissions[each.sub] = commissions.get(each.sub, 0) + each.amount_minor
    for share in shares_of(order):
        owed[share.seller] = owed.get(share.seller, 0) + share.due_minor
        commissions[share.seller] = commissions.get(share.seller, 0) + share.commission_minor
    sellers = list(dict.fromkeys((*owed, *commissions)))
    credit = [(A.SELLER_PAYABLE, seller, owed.get(seller, 0)) for seller in sellers]
    credit += [(A.COMMISSIONS, seller, commissions.get(seller, 0)) for seller in sellers]
    debit = [(A.SELLER_GOODS, seller, owed.get(seller, 0) + commissions.get(seller, 0)) for seller in sellers]
    return entries(Cause.SELLER_SHARED, debit, credit)


# The facts that change what is whose, and the document or dispute they are known by.
SHARED_BY: Final = (DocumentIssued, CreditGranted, DisputeTold)


def told_by(event: DocumentIssued | CreditGranted | DisputeTold) -> str:
    """What a posting for sellers refers to."""
    match event:
        case DocumentIssued():
            return event.document.number
        case CreditGranted():
            return event.credit.refers_to
        case DisputeTold():
            return event.reference


def _share(
    currency: str, billed: Billed, line: AgreedLine, terms: SellerTerms, credits_: Iterable[Credit], shipping: int, lost: _Part
) -> SellerShare:  # fmt: skip
    given = [each for credit in credits_ for each in credit.lines if each.line == line.line]
    back = sum(each.quantity for each in given)
    goods = billed.net_minor - sum(each.net_minor for each in given)
    if terms.discounts is Side.MERCHANT and billed.quantity:
        goods += billed.discount_minor - share_so_far(billed.discount_minor, back, billed.quantity)
    gone = lost if terms.chargebacks is Side.SELLER else _Part(0, 0)
    lost_goods, lost_shipping = gone.of(goods), gone.of(shipping)
    goods -= lost_goods
    fixed = terms.fixed_minor.get(currency, 0) if back < billed.quantity and goods > 0 else 0
    # Rounded in favor of the seller; what is sold never costs its seller anything.
    commission = min(share_so_far(goods, terms.rate_ppm, MILLION) + fixed, max(0, goods))
    return SellerShare(
        line=line.line, seller=terms.seller, goods_minor=goods, shipping_minor=shipping - lost_shipping,
        commission_minor=commission, lost_minor=lost_goods + lost_shipping,
    )  # fmt: skip


def _shipping(order: Order, credits_: Iterable[Credit], billed: list[Billed]) -> dict[int, int]:
    """What was paid for shipping, without tax, by line: by what was invoiced for the goods."""
    paid = sum(each.net_minor for each in order.billed if each.charge == SHIPPING)
    paid -= sum(each.net_minor for credit in credits_ for each in credit.charges if each.kind == SHIPPING)
    weights = [max(0, each.net_minor) for each in billed]
    if not any(weights):
        weights = [max(0, each.quantity) for each in billed]
    if not paid or not any(weights):
        return {}
    sellers = {
        each.line for each in order.agreement.lines if each.seller is not None and each.seller.shipping is Side.SELLER
    }
    parts = zip(billed, split_minor(paid, weights), strict=True)
    return {each.line: part for each, part in parts if each.line in sellers}


def _lost(order: Order, credits_: Iterable[Credit]) -> _Part:
    """What disputes that were lost have taken, of all that was invoiced and not credited."""
    lost = sum(each.amount_minor for each in order.disputes if each.stage is DisputeStage.LOST)
    if not lost:
        return _Part(0, 0)
    whole = sum(each.total_minor for each in order.billed) - sum(
        each.total_minor for credit in credits_ for each in (*credit.lines, *credit.charges)
    )
    return _Part(max(0, min(lost, whole)), whole)
