"""Which orders are routed by which policy, and all of them over one snapshot, one policy after the other."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from orderline.core.policies.state import Scope
from orderline.core.routing.model import Decision, RoutableOrder, Snapshot
from orderline.core.routing.policy import DEFAULT_POLICY, Policy
from orderline.core.routing.route import Watch, route
from orderline.core.routing.together import choose_together


class Live(NamedTuple):
    """A policy that holds, for whom, and the version that is scored beside it."""

    scope: Scope
    policy: Policy
    shadow: Policy | None = None


def policy_for(order: RoutableOrder, live: Sequence[Live]) -> Live | None:
    """The first policy in whose scope an order is; None: the default rules."""
    brand, store = str(order.custom.get("brand", "")), order.pickup_location or str(order.custom.get("store", ""))
    return next((each for each in live if each.scope.holds(order.channel, brand, store)), None)


def route_by(
    orders: Sequence[RoutableOrder],
    snapshot: Snapshot,
    now: datetime,
    live: Sequence[Live],
    *,
    watch: Watch | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[Decision]:
    """Decide on orders by the policies that hold; what one policy's orders take the next ones' no longer see."""
    by_policy: dict[int, list[RoutableOrder]] = {}
    for order in orders:
        found = policy_for(order, live)
        by_policy.setdefault(len(live) if found is None else live.index(found), []).append(order)
    decisions: list[Decision] = []
    for at in sorted(by_policy):
        policy = DEFAULT_POLICY if at == len(live) else live[at].policy
        chosen = choose_together(by_policy[at], snapshot, now, policy, should_stop=should_stop)
        made = route(by_policy[at], snapshot, now, policy, watch=watch, chosen=chosen)
        decisions += made
        if at != max(by_policy):
            snapshot = _after(snapshot, by_policy[at], made)
    return decisions


def _after(snapshot: Snapshot, orders: Sequence[RoutableOrder], decisions: Sequence[Decision]) -> Snapshot:
    """What a set of decisions leaves of a snapshot."""
    sku_of = {(order.order_id, order.group, line.line): line.sku for order in orders for line in order.lines}
    levels = dict(snapshot.levels)
    sent: dict[str, int] = {}
    for decision in decisions:
        for each in decision.allotments:
            levels[sku_of[decision.order_id, decision.group, each.line], each.location] -= each.quantity
        for code in {each.location for each in decision.allotments}:
            sent[code] = sent.get(code, 0) + 1
    locations = {
        code: msgspec.structs.replace(each, capacity_left=max(0, each.capacity_left - sent[code]))
        if code in sent and each.capacity_left is not None
        else each
        for code, each in snapshot.locations.items()
    }
    return msgspec.structs.replace(snapshot, levels=levels, locations=locations)
