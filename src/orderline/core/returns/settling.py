"""The money of returns: credited when it is due, and what follows for the order's money and for exchanges."""

from collections.abc import Sequence
from typing import Final

from orderline.core.context import Context
from orderline.core.credits.calling_back import less_spent
from orderline.core.credits.granting import grant_credit
from orderline.core.orders.settle import settle
from orderline.core.orders.state import Order
from orderline.core.returns.amounts import bonus_of, credit_for
from orderline.core.returns.exchanging import follow_exchange
from orderline.core.returns.state import Custody, Grade, RefundAt, ReturnItem, ReturnMoney
from orderline.core.returns.steps import HERE, current_order, current_return, progress
from orderline.core.world import Draft

DUE_FROM: Final[dict[RefundAt, frozenset[Custody]]] = {
    RefundAt.APPROVED: frozenset({Custody.APPROVED, Custody.IN_TRANSIT, *HERE}),
    RefundAt.IN_TRANSIT: frozenset({Custody.IN_TRANSIT, *HERE}),
    RefundAt.RECEIVED: HERE,
    RefundAt.GRADED: frozenset({Custody.GRADED, Custody.DISPOSED}),
}


def settle_return(draft: Draft, order: Order, number: int, context: Context) -> None:
    """Credit what is due by where the goods are now, and let the order's money and what is sent in exchange follow."""
    returned = current_return(draft, order, number)
    due = [each for each in returned.items if is_due(each)]
    if due:
        grant(draft, order, number, due, context, "")
    settle(draft, order.id, context)
    follow_exchange(draft, order, number, context)


def grant(draft: Draft, order: Order, number: int, items: Sequence[ReturnItem], context: Context, reason: str) -> None:
    """Credit items, all of them in one credit."""
    now = current_order(draft, order)
    credit = less_spent(draft, now, credit_for(now, now.returns[number - 1], items, context.actor.name))
    grant_credit(draft, order.id, credit, bonus_of(items, credit), context)
    money = ReturnMoney.CREDITED
    progress(draft, order, number, items, context, money=money, reason=reason, credit=credit.number)


def is_due(item: ReturnItem) -> bool:
    """Is the money of an item due by its terms, and not decided yet?"""
    if item.terms.service:
        return False  # it is repaired, and goes back
    if item.terms.sealed and item.grade not in (None, Grade.AS_NEW):
        return False  # the seal was broken, and with it the right: somebody decides
    return item.money is ReturnMoney.NOT_DUE and item.custody in DUE_FROM[item.terms.refund_at]
