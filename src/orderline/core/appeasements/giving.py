"""Give money within limits and budgets, and take it back: each counted where it is decided, under the same locks."""

from typing import Final

from msgspec.structs import replace

from orderline.core.appeasements.amounts import credit_of, given_minor, taken_back
from orderline.core.appeasements.refusals import AppeasementRefusal as A
from orderline.core.appeasements.state import (
    BUDGET,
    AppeasementLimits,
    Budget,
    BudgetCounted,
    Giving,
    Period,
    spent_key,
)
from orderline.core.changes.actions import Appease
from orderline.core.context import Context
from orderline.core.credits.granting import grant_credit
from orderline.core.ledger.events import CreditGranted
from orderline.core.orders.credited import Credit
from orderline.core.orders.state import Order
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

_BY: Final = "by:"
NOBODY: Final = Giving()


def give(draft: Draft, order_id: OrderId, action: Appease, giving: Giving, context: Context) -> None:
    """Grant what is given, and count it.

    Refused as `amounts.credit_of`. Refused APPEASEMENT_LIMIT: more than who gives it may, or than a budget has left; facts
    say which. An approver's yes goes beyond both, and counts as well.
    """
    order = draft.world.order(order_id)
    credit = credit_of(order, action, giving.by or context.actor.name, context)
    counted = _counted_on(draft, order, giving)
    if not giving.approved:
        check_limit(order, credit.total_minor, giving.limits)
        for budget in counted:
            _check_budget(budget, order, credit, giving.limits, context)
    credit = replace(credit, counted=tuple(each.id for each in counted))
    grant_credit(draft, order_id, credit, 0, context)
    _count(draft, order, credit)


def take_back(draft: Draft, order_id: OrderId, number: int, giving: Giving, context: Context) -> bool:
    """Take an appeasement back: the customer owes it again. False: it can't be, any more."""
    order = draft.world.order(order_id)
    given = order.credits[number - 1]
    back = taken_back(order, given, giving.by or context.actor.name, context)
    if back is None:
        return False
    known = {each for each in given.counted if ("appeasement_budget", each) in draft.world.records}
    back = replace(back, counted=tuple(each for each in given.counted if each in known))
    draft.tell(order_id, CreditGranted(back, context.now))
    _count(draft, order, back)
    return True


def check_limit(order: Order, amount_minor: int, limits: AppeasementLimits | None) -> None:
    """Refused APPEASEMENT_LIMIT: with this, more is given on the order than who gives may by themselves."""
    if limits is None or not limits.per_order:
        return
    limit = limits.per_order.get(order.currency, 0)
    so_far = given_minor(order)
    if so_far + amount_minor > limit:
        raise Refused(
            A.APPEASEMENT_LIMIT, field="amount_minor", value=amount_minor, limit="per_order", allowed=max(0, limit - so_far),
            unblock="approver",
        )  # fmt: skip


def _counted_on(draft: Draft, order: Order, giving: Giving) -> list[Budget]:
    """The budgets that there are; those of persons are begun when they first give. Test orders spend nothing."""
    found: list[Budget] = []
    for id_ in () if order.is_test else giving.budgets:
        known = draft.world.records.get((BUDGET.name, id_))
        if isinstance(known, Budget):
            found.append(known)
        elif id_.startswith(_BY):
            found.append(Budget(id=id_, period=Period.DAY, amounts={}, spent={}))
    return found


def _check_budget(
    budget: Budget, order: Order, credit: Credit, limits: AppeasementLimits | None, context: Context
) -> None:
    amounts, name = budget.amounts, budget.id
    if budget.id.startswith(_BY):
        amounts, name = (limits.per_day if limits is not None else {}), "per_day"
    if not amounts:
        return
    limit = amounts.get(order.currency, 0)
    spent = budget.spent.get(spent_key(budget.period, order.currency, context.now), 0)
    if spent + credit.total_minor > limit:
        raise Refused(
            A.APPEASEMENT_LIMIT, field="amount_minor", value=credit.total_minor, limit=name, allowed=max(0, limit - spent),
            unblock="approver",
        )  # fmt: skip


def _count(draft: Draft, order: Order, credit: Credit) -> None:
    at = order.credits[credit.undoes - 1].given_at if credit.undoes else credit.given_at
    assert at is not None, "an appeasement says when it was given"
    for id_ in credit.counted:
        counted = BudgetCounted(
            id=id_, order=str(order.id), credit=credit.number, currency=order.currency, amount_minor=credit.total_minor,
            at=at,
        )  # fmt: skip
        draft.tell_record(BUDGET, id_, counted)
