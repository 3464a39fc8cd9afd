"""The routing policies that hold at the moment of a decision, what their rules need to know, and what is kept of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from time import monotonic
from typing import Final

import msgspec

from orderline.core.orders.commands import CancelUnits, Command, HoldInput, PlaceHold, ReclaimUnits
from orderline.core.orders.parcels import LineQuantity
from orderline.core.policies.kinds import active_policies
from orderline.core.policies.state import Policy as PolicyRecord
from orderline.core.policies.state import PolicyKind, Scope, named, text_id
from orderline.core.routing.compiling import compile_routing
from orderline.core.routing.model import Action, Decision, Inputs, RoutableOrder, Shortfall, Snapshot
from orderline.core.routing.policy import DEFAULT_POLICY, Policy
from orderline.core.routing.replaying import Network, encode_decision, network_of, pack, route_again
from orderline.core.routing.scoped import Live, policy_for, route_by
from orderline.engine.submissions import DecisionRecord
from orderline.store.database import Database
from orderline.store.policies import (
    load_doubted,
    load_policies,
    load_rejected,
    load_safety,
    load_sold,
    load_texts,
)
from orderline.values.ids import DecisionId

SOLD_OVER: Final = timedelta(days=28)
REJECTED_OVER: Final = timedelta(days=90)
# Longest that the orders of a batch are looked at together; what was found by then is taken.
TOGETHER_FOR_S: Final = 20.0


class Kept(msgspec.Struct):
    """Records of the decisions made, by id."""

    records: dict[DecisionId, DecisionRecord]


@lru_cache(maxsize=128)
def compiled(text: str, version: str) -> Policy:
    """A version as rules that run; texts never change, so neither does this."""
    return compile_routing(text, version)


def live_policies(database: Database, now: datetime) -> list[Live]:
    """The versions that hold now, the narrowest scope first; read at each decision, so that none acts late."""
    policies = load_policies(database, PolicyKind.ROUTING)
    held = active_policies(policies, PolicyKind.ROUTING, now)
    if not held:
        return []
    ids = {
        _text_id(policy, each): (policy, each) for policy, number in held for each in (number, policy.shadow) if each
    }
    texts = load_texts(database, ids)
    rules = {
        (policy.id, number): compiled(texts[id_], named(policy.id, number)) for id_, (policy, number) in ids.items()
    }
    return [
        Live(
            policy.versions[number - 1].scope,
            rules[policy.id, number],
            rules[policy.id, policy.shadow] if policy.shadow and policy.shadow != number else None,
        )
        for policy, number in held
    ]


def decide_by_policies(
    database: Database, orders: Sequence[RoutableOrder], snapshot: Snapshot, now: datetime
) -> tuple[list[Decision], Kept]:
    """Decisions by the policies that hold, with all that is kept of them."""
    live = live_policies(database, now)
    skus = {line.sku for order in orders for line in order.lines}
    facts = frozenset[str]().union(
        *(each.policy.facts | (each.shadow.facts if each.shadow else set()) for each in live)
    )
    snapshot = with_facts(database, snapshot, facts, skus, now)
    network = network_of(snapshot.locations)
    kept = Kept({})
    shadows = {each.policy.version: each.shadow for each in live if each.shadow is not None}

    def watch(decision: Decision, inputs: Inputs) -> None:
        if decision.allotments:
            shadow = shadows.get(decision.policy)
            told = encode_decision(route_again(inputs, shadow, dry_run=True)).decode() if shadow is not None else None
            kept.records[decision.id] = record_of(decision, inputs, network, told)

    begun = monotonic()
    late = lambda: monotonic() - begun > TOGETHER_FOR_S  # noqa: E731
    return route_by(orders, snapshot, now, live, watch=watch, should_stop=late), kept


def record_of(decision: Decision, inputs: Inputs, network: Network, shadow: str | None = None) -> DecisionRecord:
    """A decision as it is kept."""
    return DecisionRecord(
        decision.id,
        decision.order_id,
        encode_decision(decision).decode(),
        pack(inputs, network.hash).decode(),
        network.hash,
        network.body.decode(),
        shadow,
    )


def with_facts(
    database: Database, snapshot: Snapshot, facts: frozenset[str], skus: set[str], now: datetime
) -> Snapshot:
    """The snapshot with the readings that rules ask for."""
    if "safety" in facts:
        snapshot = msgspec.structs.replace(snapshot, safety=load_safety(database, skus))
    if "sold" in facts:
        snapshot = msgspec.structs.replace(snapshot, sold=load_sold(database, skus, now - SOLD_OVER))
    if "rejected" in facts:
        rejected = load_rejected(database, now - REJECTED_OVER)
        locations = {
            code: msgspec.structs.replace(each, rejected_ppm=rejected.get(code, 0))
            for code, each in snapshot.locations.items()
        }
        snapshot = msgspec.structs.replace(snapshot, locations=locations, doubt=load_doubted(database, skus))
    return snapshot


def dry_run(
    database: Database, orders: Sequence[RoutableOrder], snapshot: Snapshot, now: datetime, policy: Policy | None = None
) -> list[tuple[Decision, Inputs]]:
    """What would be decided now, with what it would be made of; nothing is kept. policy: instead of those that hold."""
    live = live_policies(database, now) if policy is None else []
    skus = {line.sku for order in orders for line in order.lines}
    rules = [policy] if policy is not None else [each.policy for each in live]
    facts = frozenset[str]().union(*(each.facts for each in rules))
    snapshot = with_facts(database, snapshot, facts, skus, now)
    found: list[tuple[Decision, Inputs]] = []
    held = [Live(Scope(), policy)] if policy is not None else live
    route_by(
        orders, snapshot, now, held, watch=lambda d, i: found.append((msgspec.structs.replace(d, dry_run=True), i))
    )
    return found


def policy_of(database: Database, order: RoutableOrder, now: datetime) -> Policy:
    """The rules that hold for an order."""
    found = policy_for(order, live_policies(database, now))
    return found.policy if found is not None else DEFAULT_POLICY


def follow_up(decisions: Sequence[Decision]) -> list[Command]:
    """What rules want done with units that they leave; empty: the usual, which is to claim them elsewhere."""
    commands: list[Command] = []
    for decision in decisions:
        left = {each.line: 0 for each in decision.unassigned}
        for each in decision.unassigned:
            if each.reason is not Shortfall.NOT_CLAIMED:
                left[each.line] += each.quantity
        lines = tuple(LineQuantity(line, units) for line, units in left.items() if units)
        if lines:
            commands += [made for action in decision.actions for made in _commands(decision, action, lines)]
    return commands


def _commands(decision: Decision, action: Action, lines: tuple[LineQuantity, ...]) -> list[Command]:
    order, told = decision.order_id, f"routing rule {decision.rule}"
    match action.do:
        case "backorder":
            return [ReclaimUnits(order=order)]
        case "queue":
            return [
                PlaceHold(
                    order=order,
                    hold=HoldInput(
                        type="manual", blocks=("allocate",), owner=action.value, reason=told, line=each.line
                    ),
                )
                for each in lines
            ]
        case "hold":
            return [
                PlaceHold(order=order, hold=HoldInput(type=action.value, reason=told, line=each.line)) for each in lines
            ]
        case "cancel":
            return [CancelUnits(order=order, reason=action.value, lines=lines)]
        case _:
            return []


def _text_id(policy: PolicyRecord, number: int) -> str:
    return text_id(policy.id, policy.versions[number - 1].digest)
