"""Does an order of a company need somebody's yes? By the company's rules: amount, goods, role, and what a buyer may spend."""

from datetime import timedelta
from typing import Final

from orderline.core.approvals.state import APPROVAL, Approval, ApprovalAsked, Step
from orderline.core.companies.state import ApprovalRule, Buyer, Company
from orderline.core.context import Context
from orderline.core.holds.rules import new_hold
from orderline.core.orders.commands import HoldInput
from orderline.core.orders.events import HoldPlaced
from orderline.core.orders.state import Order
from orderline.core.world import Draft
from orderline.values.ids import OrderId
from orderline.values.patterns import fits

SPENDING_LIMIT: Final = "spending_limit"
APPROVER: Final = "approver"
APPROVAL_HOLD: Final = "approval"


def ask_for_approval(draft: Draft, company: Company, order_id: OrderId, context: Context) -> None:
    """Hold the order until all steps of all rules that fit have been taken, in their order."""
    order = draft.world.order(order_id)
    assert order.company is not None
    buyer = company.buyer_of(order.company.buyer)
    rules = rules_for(company, buyer, order)
    if not rules:
        return
    steps = tuple(dict.fromkeys(role for rule in rules for role in rule.steps))
    names = ", ".join(rule.name for rule in rules)
    number = order.holds_placed + 1
    due_at = context.now + timedelta(hours=min(rule.within_hours for rule in rules))
    reason = f"by {names}: {', '.join(steps)} must say yes"
    hold = HoldInput(type=APPROVAL_HOLD, reason=reason[:500], due_at=due_at)
    draft.tell(order_id, HoldPlaced(new_hold(hold, number, context)))
    approval = Approval(
        id=order.number,
        order=order_id,
        company=company.id,
        amount_minor=order.agreement.total_minor,
        currency=order.currency,
        asked_by=order.company.buyer or context.actor.name,
        rules=tuple(rule.name for rule in rules),
        steps=tuple(Step(role=role) for role in steps),
        due_at=due_at,
        hold=number,
        sent_by=context.actor.name,
    )
    draft.tell_record(APPROVAL, approval.id, ApprovalAsked(approval=approval))


def rules_for(company: Company, buyer: Buyer | None, order: Order) -> list[ApprovalRule]:
    """The rules that fit an order: all that a rule says must."""
    total = order.agreement.total_minor
    roles = buyer.roles if buyer is not None else ()
    found = [
        rule
        for rule in company.terms.approvals
        if total > rule.above_minor
        and (not rule.roles or any(role in rule.roles for role in roles))
        and (not rule.skus or any(fits(line.sku, rule.skus) for line in order.agreement.lines))
    ]
    if buyer is not None and buyer.limit_minor is not None and total > buyer.limit_minor:
        found.append(ApprovalRule(name=SPENDING_LIMIT, steps=(APPROVER,)))
    return found
