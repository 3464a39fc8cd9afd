"""Money that was given ahead, for goods that never came: who is trusted with it, and how it is claimed back.

Source: domain model 7 (instant refund, advance exchange, claw back). Where it stands against the goods: `concerns`.
"""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.credits.state import PROVIDER
from orderline.core.ledger.events import CreditGranted
from orderline.core.orders.commands import TenderInput
from orderline.core.orders.settle import settle
from orderline.core.orders.state import Order, Tender
from orderline.core.returns.amounts import credit_back
from orderline.core.returns.state import RefundAt, ReturnItem, ReturnMoney, ReturnTerms, Unsent
from orderline.core.returns.steps import current_order, progress
from orderline.core.tenders.paying_again import add_tender, guard_release, missing_minor
from orderline.core.tenders.rules import TERMS
from orderline.core.world import Draft

_AHEAD: Final = frozenset({RefundAt.APPROVED, RefundAt.IN_TRANSIT})


def chargeable(order: Order) -> Tender | None:
    """The means of payment that can be charged again without the customer: one whose provider keeps it for us."""
    found = (
        each for each in order.tenders
        if each.token and each.captured_minor and not each.declined and not each.given_up
        and each.provider not in (PROVIDER, TERMS)
    )  # fmt: skip
    return next(found, None)


def guarded(order: Order, terms: ReturnTerms) -> ReturnTerms:
    """Terms as they hold for an order: money is given ahead where it can be claimed back, if the rule asks for that."""
    if not terms.guarantee or terms.keep or terms.refund_at not in _AHEAD or chargeable(order) is not None:
        return terms
    return replace(terms, refund_at=RefundAt.RECEIVED)


def claim_unsent(draft: Draft, order: Order, number: int, items: Sequence[ReturnItem], context: Context) -> None:
    """The goods of these items never came. Where their money was given and their terms say what then, that is done."""
    given = [each for each in items if each.money is ReturnMoney.CREDITED]
    waived = [each for each in given if each.terms.unsent is Unsent.WAIVE]
    if waived:
        progress(draft, order, number, waived, context, money=ReturnMoney.WAIVED, reason="by the terms of the return")
    owed = [each for each in given if each.terms.unsent is Unsent.CHARGE]
    if owed:
        take_back(draft, order, number, owed, context, "the goods never came", charge=True)


def take_back(
    draft: Draft, order: Order, number: int, items: Sequence[ReturnItem], context: Context, reason: str, *, charge: bool
) -> None:
    """Take credits back, each as far as it was for these items: the customer owes it again.

    charge: ask for it at once, of the means of payment that the order was paid with; a receivable, where there is none.
    """
    for credited in sorted({each.credit for each in items}):
        some = [each for each in items if each.credit == credited]
        credit = credit_back(current_order(draft, order), credited, some, context.actor.name)
        draft.tell(order.id, CreditGranted(credit, context.now))
    progress(draft, order, number, items, context, money=ReturnMoney.RECOVERED, reason=reason)
    settle(draft, order.id, context)
    if charge:
        charge_missing(draft, order, context)
    guard_release(draft, current_order(draft, order), context)


def charge_missing(draft: Draft, order: Order, context: Context) -> None:
    """Ask for what is missing of the means of payment that the order was paid with, where it can be charged again."""
    current = current_order(draft, order)
    tender, missing = chargeable(current), missing_minor(current)
    if tender is not None and missing:
        again = TenderInput(
            provider=tender.provider, method=tender.method, token=tender.token, amount_minor=missing, state="requested"
        )
        add_tender(draft, current, again, None, context)
