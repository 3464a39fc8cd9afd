"""Links between orders: what came of one order in another, with the units and the money that go over to it.

A link stands on the order that was there first and leads to the other. What it carries is told, and held against what
the order has; the units and amounts themselves are moved by the commands of each order.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from orderline.core.context import Context
from orderline.core.orders.commands import LinkOrders
from orderline.core.orders.events import OrderLinked
from orderline.core.orders.guards import check_text, known_order
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Link, Order
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.money import MAX_MINOR
from orderline.values.quantity import MAX_QUANTITY


class Carries(StrEnum):
    """Whether a link says how many units, or how much money, go over."""

    MUST = "must"
    MAY = "may"
    NEVER = "never"


class LinkRule(NamedTuple):
    """units, money: what a link carries. once: all links of the type together carry no more than the order has."""

    units: Carries
    money: Carries
    once: bool = False


M, Y, N = Carries.MUST, Carries.MAY, Carries.NEVER

LINKS: Final[dict[str, LinkRule]] = {
    # the other order ...                            units  money  once
    "reissue":      LinkRule(Y, Y, True),   # is this one placed anew, whole or in part
    "replacement":  LinkRule(M, Y),         # sends units in place of some that came damaged, wrong or not at all
    "exchange":     LinkRule(M, Y, True),   # has what the customer takes for units that come back
    "merge":        LinkRule(M, Y, True),   # has taken these units in
    "split":        LinkRule(M, Y, True),   # was made of these units
    "renewal":      LinkRule(Y, Y),         # is the next of a subscription
    "import_of":    LinkRule(N, N),         # is the same one, as another system has it
    "duplicate_of": LinkRule(N, N),         # is the one that counts
    "related":      LinkRule(Y, Y),         # has to do with it
}  # fmt: skip


def decide_link(draft: Draft, command: LinkOrders, context: Context) -> None:
    """Record an edge to another order.

    Refused LINK_TO_ITSELF, ORDER_UNKNOWN (either end), LINK_KNOWN: it is there already.
    Refused LINK_GOES_BACK: the other order leads here by the same type; nothing comes of what came of it.
    Refused FIELD_REQUIRED, LINK_CARRIES_NOTHING, QUANTITY_NOT_AVAILABLE, AMOUNT_OUT_OF_RANGE, CURRENCY_MISMATCH,
    LINK_NOT_POSSIBLE: the type, or what the order has, does not allow what is carried.
    """
    order = known_order(draft.world, command)
    if command.target == order.id:
        raise Refused(R.LINK_TO_ITSELF, field="target", value=str(command.target))
    target = draft.world.orders.get(command.target)
    if target is None:
        raise Refused(R.ORDER_UNKNOWN, field="target", value=str(command.target))
    if any(link.type == command.type and link.order == target.id for link in order.links):
        raise Refused(R.LINK_KNOWN, field="target", value=target.number, type=command.type)
    if command.type != "related" and any(link.type == command.type and link.order == order.id for link in target.links):
        raise Refused(R.LINK_GOES_BACK, field="target", value=target.number, type=command.type)
    if order.is_test is not target.is_test:
        raise Refused(R.LINK_NOT_POSSIBLE, field="target", value=target.number, reason="one of them is a test order")
    rule = LINKS[command.type]
    _check_units(order, command, rule)
    _check_money(order, target, command, rule)
    reason = check_text(command.reason, "reason", 500)
    link = Link(command.type, target.id, command.quantity, command.amount_minor, reason)
    draft.tell(order.id, OrderLinked(link))


def _check_units(order: Order, command: LinkOrders, rule: LinkRule) -> None:
    quantity = command.quantity
    if not 0 <= quantity <= MAX_QUANTITY:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field="quantity", value=quantity)
    _check_carried(command, "quantity", rule.units)
    has = sum(line.units.total() for line in order.lines)
    carried = sum(link.quantity for link in order.links if link.type == command.type) if rule.once else 0
    if quantity > has - carried:
        raise Refused(R.QUANTITY_NOT_AVAILABLE, field="quantity", value=quantity, available=max(0, has - carried))


def _check_money(order: Order, target: Order, command: LinkOrders, rule: LinkRule) -> None:
    amount = command.amount_minor
    _check_carried(command, "amount_minor", rule.money)
    has = order.agreement.total_minor
    carried = sum(link.amount_minor for link in order.links if link.type == command.type) if rule.once else 0
    if not 0 <= amount <= min(MAX_MINOR, max(0, has - carried)):
        allowed = f"from 0 to {max(0, has - carried)}"
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field="amount_minor", value=amount, allowed=allowed)
    if amount and order.currency != target.currency:
        raise Refused(R.CURRENCY_MISMATCH, field="amount_minor", value=target.currency, allowed=order.currency)


def _check_carried(command: LinkOrders, field: str, carries: Carries) -> None:
    value: int = getattr(command, field)
    if carries is Carries.MUST and not value:
        raise Refused(R.FIELD_REQUIRED, field=field, value=value, type=command.type)
    if carries is Carries.NEVER and value:
        raise Refused(R.LINK_CARRIES_NOTHING, field=field, value=value, type=command.type)
