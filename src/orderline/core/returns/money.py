"""What somebody decides of the money of returns: given now, denied, or settled where it does not go with the goods.

Source: domain model 3 (money) and 7 (alarm matrix).
"""

from collections.abc import Sequence
from typing import Final

from orderline.core.context import Context
from orderline.core.limits import check_money
from orderline.core.orders.guards import check_text
from orderline.core.orders.settle import settle
from orderline.core.orders.state import Order
from orderline.core.returns import commands as c
from orderline.core.returns.concerns import Concern, concern_of
from orderline.core.returns.exchanging import follow_exchange
from orderline.core.returns.recovering import take_back
from orderline.core.returns.refusals import ReturnRefusal as R
from orderline.core.returns.repairing import take_over
from orderline.core.returns.settling import grant, settle_return
from orderline.core.returns.state import Custody, Grade, Return, ReturnItem, ReturnMoney
from orderline.core.returns.steps import (
    HERE,
    check_no_service,
    free_units,
    is_spoken_for,
    item_of,
    open_return,
    progress,
    stocked_line,
)
from orderline.core.world import Draft
from orderline.values.failures import Refused

_NOT_GIVEN: Final = (ReturnMoney.NOT_DUE, ReturnMoney.DENIED, ReturnMoney.RECOVERED, ReturnMoney.UPHELD)
# What somebody may say of money that does not go with where the goods are: of which concerns, and what was said before.
SETTLED_FROM: Final[dict[ReturnMoney, tuple[frozenset[Concern], frozenset[ReturnMoney]]]] = {
    ReturnMoney.RECOVERED: (frozenset({Concern.CLAIM_BACK}), frozenset({ReturnMoney.CREDITED})),
    ReturnMoney.WAIVED:    (frozenset({Concern.CLAIM_BACK}), frozenset({ReturnMoney.CREDITED})),
    ReturnMoney.UPHELD:    (frozenset({Concern.DISPUTE, Concern.LATE_MONEY}),
                            frozenset({ReturnMoney.DENIED, ReturnMoney.RECOVERED})),
}  # fmt: skip


def decide_credit(draft: Draft, command: c.CreditReturn, context: Context) -> None:
    """Give the money now. What was to be repaired is not the customer's any more.

    Refused RETURN_ITEM_STATE: it was given, or the goods are not to come at all. RETURN_QUANTITY: units that never came
    have been asked for in another return since. MONEY_LIMIT: it is more than whoever gives it may.
    """
    order, returned = open_return(draft, command, context)
    reason = check_text(command.reason, "reason", 500, required=True)
    chosen = _undecided(returned, command.items, _NOT_GIVEN)
    _check_free(order, chosen)
    take_over(draft, order, returned.number, chosen, context, reason)
    if command.keep:
        progress(draft, order, returned.number, chosen, context, keep=True)
    grant(draft, order, returned.number, chosen, context, reason)
    given = draft.world.order(order.id).credits[len(order.credits) :]
    check_money(context.limits, "credits", sum(each.total_minor for each in given), order.currency)
    settle_return(draft, order, returned.number, context)


def decide_deny(draft: Draft, command: c.DenyReturn, context: Context) -> None:
    """Give none. Refused RETURN_ITEM_STATE: it was given; RETURN_STATUTORY: the law gives the right to it."""
    order, returned = open_return(draft, command, context)
    reason = check_text(command.reason, "reason", 500, required=True)
    chosen = _undecided(returned, command.items, (ReturnMoney.NOT_DUE,))
    check_no_service(chosen)
    lawful = [each.item for each in chosen if each.terms.statutory and not _unsealed(each)]
    if lawful:
        raise Refused(R.RETURN_STATUTORY, field="items", value=lawful, unblock="nobody: the law gives the right to it")
    progress(draft, order, returned.number, chosen, context, money=ReturnMoney.DENIED, reason=reason)
    follow_exchange(draft, order, returned.number, context)


def _unsealed(item: ReturnItem) -> bool:
    """Was a seal broken that the right to give it back depends on?"""
    return item.terms.sealed and item.grade not in (None, Grade.AS_NEW)


def decide_settle_expired(draft: Draft, command: c.SettleExpired, context: Context) -> None:
    """Decide of money that does not go with where the goods are.

    Refused RETURN_ITEM_STATE: that is not so of these items, or not for this word.
    """
    order, returned = open_return(draft, command, context)
    reason = check_text(command.reason, "reason", 500, required=True)
    if command.money not in SETTLED_FROM:
        raise Refused(R.RETURN_ITEM_STATE, field="money", value=command.money, allowed=list(SETTLED_FROM))
    concern, moneys = SETTLED_FROM[command.money]
    named_ = [item_of(returned, number) for number in command.items] or list(returned.items)
    chosen = [e for e in named_ if e.money in moneys and concern_of(e.custody, e.money, keep=e.terms.keep) in concern]
    if not chosen:
        allowed = sorted(each.value for each in concern)
        raise Refused(R.RETURN_ITEM_STATE, field="items", value=list(command.items), allowed=allowed)
    if command.money is ReturnMoney.RECOVERED:
        take_back(draft, order, returned.number, chosen, context, reason, charge=command.charge)
        return
    progress(draft, order, returned.number, chosen, context, money=command.money, reason=reason)
    settle(draft, order.id, context)


def _check_free(order: Order, items: Sequence[ReturnItem]) -> None:
    """Nobody else may wait for units that these items have not brought."""
    wanted: dict[int, int] = {}
    for each in items:
        if each.custody not in HERE and not is_spoken_for(each):
            wanted[each.line] = wanted.get(each.line, 0) + each.quantity
    for number, quantity in wanted.items():
        line, _ = stocked_line(order, number, "items")
        free = free_units(order, line)
        if quantity > free:
            raise Refused(R.RETURN_QUANTITY, field="items", value=quantity, line=number, available=max(0, free))


def _undecided(returned: Return, named: Sequence[int], money: Sequence[ReturnMoney]) -> list[ReturnItem]:
    ended = (Custody.DECLINED, Custody.WITHDRAWN, Custody.SENT_BACK)
    chosen = [item_of(returned, number) for number in dict.fromkeys(named)]
    if not named:
        chosen = [each for each in returned.items if each.money in money and each.custody not in ended]
    wrong = [each.item for each in chosen if each.money not in money or each.custody in ended]
    if wrong or not chosen:
        raise Refused(R.RETURN_ITEM_STATE, field="items", value=wrong, allowed=[each.value for each in money])
    return chosen
