"""Who may take from whom, what an order line could give, and who gives first. Pure.

Source: domain model 4.3 (re-allocation): policy says who may take from whom, by tier, promised date and value.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from orderline.core.orders.state import STOCKED, Execution, FulfillmentOrder, Line, Negotiation, Order
from orderline.core.reallocations.state import OTHERS, PriorityClass, PriorityRules, Taken, TakingRule
from orderline.values.ids import OrderId

_NOT_ACCEPTED = (Negotiation.UNSUBMITTED, Negotiation.SUBMITTED)


class Share(msgspec.Struct, frozen=True):
    """Units that a line of an order may be asked to give."""

    order: OrderId
    line: int
    quantity: int


def class_of(classes: Sequence[PriorityClass], order: Order) -> str:
    """The first class that describes an order, or `others`."""
    for each in classes:
        if (
            (each.priority_from is None or order.priority >= each.priority_from)
            and (not each.tags or not set(each.tags).isdisjoint(order.tags))
            and (not each.channels or order.channel in each.channels)
        ):
            return each.id
    return OTHERS


def rule_for(rules: PriorityRules, taker: Order, line: Line, giver: Order, given: Line) -> TakingRule | None:
    """The first rule by which a line of one order may take from that of another; None: none lets it."""
    taking, giving = class_of(rules.classes, taker), class_of(rules.classes, giver)
    for rule in rules.takings:
        if rule.taker != taking or giving not in rule.givers:
            continue
        if rule.promised_later and not _later(promised(giver, given), promised(taker, line)):
            continue
        if rule.worth_less and not _worth_less(giver, given, taker, line):
            continue
        return rule
    return None


def left_of(rule: TakingRule, taken: Iterable[Taken], now: datetime) -> int | None:
    """How many more units the class may take of a SKU; None: no limit."""
    if rule.most_units is None:
        return None
    lately = (each for each in taken if each.taker == rule.taker and (now - each.at).days < rule.days)
    return max(0, rule.most_units - sum(each.units for each in lately))


def promised(order: Order, line: Line) -> datetime | None:
    """Until when a line was promised: by us, or by its channel."""
    own = next((each for each in order.promises if each.line == line.line and each.outcome is None), None)
    return own.window.latest_at if own is not None else order.group_of(line.group).promised_by


def unit_value(order: Order, line: Line) -> int:
    """What a unit of a line was sold for, in minor units."""
    agreed = next(each for each in order.agreement.lines if each.line == line.line)
    return agreed.total_minor // max(1, agreed.quantity)


def withdrawable(order: Order, line: int) -> list[FulfillmentOrder]:
    """Fulfillment orders with units of a line that no location has accepted, let alone begun."""
    return [
        each
        for each in order.fulfillments
        if each.negotiation in _NOT_ACCEPTED
        and each.execution is Execution.OPEN
        and not any(item.units.released or item.units.picked or item.units.packed for item in each.items)
        and any(item.line == line and item.units.allocated for item in each.items)
    ]


def can_give(order: Order, line: Line, pools: Collection[str]) -> int:
    """Units of a line that are claimed in these pools, or allocated there to work that was not accepted."""
    claimed = sum(share.quantity for share in line.claims if share.pool in pools)
    return claimed + sum(
        item.units.allocated
        for each in withdrawable(order, line.line)
        if each.pool in pools
        for item in each.items
        if item.line == line.line
    )


def choose(
    rules: PriorityRules,
    taker: Order,
    line: Line,
    others: Iterable[Order],
    wanted: int,
    pools: Collection[str],
    taken: Sequence[Taken],
    now: datetime,
) -> list[Share]:
    """Whom to ask for so many units: the lowest class first, there who was promised last, then who paid least.

    Fewer are found where rules or caps let no more be taken.
    """
    ranks = {each.id: rank for rank, each in enumerate(rules.classes)}
    found: list[tuple[tuple[int, bool, timedelta, int, timedelta], Share, TakingRule]] = []
    for giver in others:
        for given in giver.lines if giver.id != taker.id and not giver.is_test and giver.closed_at is None else ():
            units = can_give(giver, given, pools) if given.sku == line.sku and given.kind in STOCKED else 0
            rule = rule_for(rules, taker, line, giver, given) if units else None
            if rule is None:
                continue
            until = promised(giver, given)
            order = (
                -ranks.get(class_of(rules.classes, giver), len(ranks)),
                until is not None,
                now - (until or now),
                unit_value(giver, given),
                now - giver.placed_at,
            )
            found.append((order, Share(giver.id, given.line, units), rule))
    chosen: list[Share] = []
    for _, share, rule in sorted(found, key=lambda each: each[0]):
        left = left_of(rule, taken, now)
        already = sum(each.quantity for each in chosen)
        units = min(share.quantity, wanted - already, wanted if left is None else left - already)
        if units > 0:
            chosen.append(msgspec.structs.replace(share, quantity=units))
    return chosen


def _worth_less(giver: Order, given: Line, taker: Order, line: Line) -> bool:
    """Were its units sold for less? What was sold in another currency can't be compared, and is not taken for it."""
    return giver.currency == taker.currency and unit_value(giver, given) < unit_value(taker, line)


def _later(giver: datetime | None, taker: datetime | None) -> bool:
    return giver is None or (taker is not None and giver > taker)
