"""Routing as it is done, on orders, stock and rules as they are: what decisions are made of, and decisions not carried out."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

import msgspec

from orderline.core.context import Actor
from orderline.core.orders.commands import PlaceOrder
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import Order
from orderline.core.policies.kinds import active_policies
from orderline.core.policies.state import Policy as PolicyRecord
from orderline.core.policies.state import PolicyKind, Scope, named, text_id
from orderline.core.promises.for_routing import routing_offers
from orderline.core.promises.network import Network
from orderline.core.routing.compiling import compile_routing
from orderline.core.routing.model import Decision, Inputs, RoutableOrder, Snapshot
from orderline.core.routing.policy import DEFAULT_POLICY, Policy
from orderline.core.routing.routable import routable_orders
from orderline.core.routing.route import with_dry_run
from orderline.core.routing.scoped import Live, route_by
from orderline.core.routing.supplied import sent_there, served_there
from orderline.core.stock.state import Settings
from orderline.engine.previewing import placed
from orderline.store.database import Database
from orderline.store.policies import (
    load_doubted,
    load_feeds,
    load_policies,
    load_rejected,
    load_safety,
    load_sold,
    load_texts,
)
from orderline.store.reading.capacity import Booked, route_locations
from orderline.store.reading.promising import KnownGround
from orderline.store.reading.source import Source
from orderline.store.snapshots import frozen
from orderline.store.working import load_lasting, load_levels, load_weights, read_orders
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

SOLD_OVER: Final = timedelta(days=28)
REJECTED_OVER: Final = timedelta(days=90)


class DryRun(msgspec.Struct, frozen=True):
    """What would be decided, what it would be made of, and the rules it would be decided by."""

    decision: Decision
    inputs: Inputs
    policy: Policy


def dry_run(database: Database, order: OrderId, now: datetime, policy: Policy | None = None) -> list[DryRun]:
    """What routing would decide now on the units of an order that wait for a location; empty: none do.

    Read in one transaction that may not write. policy: instead of those that hold. Refused ORDER_UNKNOWN.
    """
    with frozen(database) as source:
        found = read_orders(source, [order]).get(order)
        if found is None:
            raise Refused(OrderRefusal.ORDER_UNKNOWN, field="order", value=str(order))
        return _try_out(source, [found], now, policy)


def dry_run_of_placing(
    database: Database, command: PlaceOrder, actor: Actor, now: datetime, policy: Policy | None = None
) -> list[DryRun]:
    """What routing would decide now on an order that was not placed. Raises what placing it would be refused for."""
    order = placed(database, command, actor, now)
    with frozen(database) as source:
        return _try_out(source, [order], now, policy)


def _try_out(database: Database, orders: Sequence[Order], now: datetime, policy: Policy | None) -> list[DryRun]:
    with database.connection() as connection:
        ground = KnownGround().current(Source(connection, database.cell), now)
    live = live_policies(database, now) if policy is None else [Live(Scope(), policy)]
    groups = with_lasting(database, ground.settings, demand_groups(database, orders), orders, now)
    found: list[DryRun] = []
    for some in (sent_there(groups, ground.settings), served_there(groups, ground.settings)):
        if some:
            snapshot = route_snapshot(database, ground.settings, some, now, ground.network, ground.booked)
            snapshot = with_facts(database, snapshot, facts_of(live), {line.sku for g in some for line in g.lines}, now)
            rules = {each.policy.version: each.policy for each in live} | {DEFAULT_POLICY.version: DEFAULT_POLICY}
            route_by(
                some, snapshot, now, live,
                watch=lambda d, i, rules=rules: found.append(DryRun(with_dry_run(d), i, rules[d.policy])),
            )  # fmt: skip
    return found


def demand_groups(database: Database, orders: Sequence[Order]) -> list[RoutableOrder]:
    """The demand groups of orders, each order once, with what their goods weigh."""
    groups = [group for order in {order.id: order for order in orders}.values() for group in routable_orders(order)]
    weights = load_weights(database, {line.sku for group in groups for line in group.lines})
    replace = msgspec.structs.replace
    return [
        replace(group, lines=tuple(replace(line, weight_g=weights.get(line.sku, 0)) for line in group.lines))
        for group in groups
    ]


def with_lasting(
    database: Database, settings: Settings, groups: Sequence[RoutableOrder], orders: Sequence[Order], now: datetime
) -> list[RoutableOrder]:
    """The groups with how many units last as long as their channel asks, from the day they are promised for; see `picking`."""
    channels = {code: each.min_life_days for code, each in settings.channels.items() if each.min_life_days}
    by_id = {order.id: order for order in orders if order.channel in channels and not order.is_test}
    days: dict[tuple[OrderId, int], date] = {}
    for order in by_id.values():
        promised = {each.line: each.window.latest_at for each in order.promises if each.outcome is None}
        for line in order.lines:
            day = max(promised.get(line.line, now), now).date()
            days[order.id, line.line] = day + timedelta(days=channels[order.channel])
    if not days:
        return list(groups)
    skus = {line.sku for group in groups if group.order_id in by_id for line in group.lines}
    lasting = load_lasting(database, skus, set(days.values()), channels)
    replace = msgspec.structs.replace
    return [
        replace(
            group,
            lines=tuple(
                replace(line, lasting=lasting.get((days[group.order_id, line.line], line.sku), {}))
                for line in group.lines
            ),
        )
        if group.order_id in by_id
        else group
        for group in groups
    ]


def route_snapshot(
    database: Database,
    settings: Settings,
    groups: Sequence[RoutableOrder],
    now: datetime,
    network: Network | None = None,
    booked: Sequence[Booked] = (),
) -> Snapshot:
    """Stock of what orders wait for, and the locations, as they are now."""
    levels, position = load_levels(database, {line.sku for group in groups for line in group.lines})
    with database.connection() as connection:
        locations = route_locations(Source(connection, database.cell), settings, now, network, booked)
    return Snapshot(
        position=position,
        locations=locations,
        levels=levels,
        offers=routing_offers(network, now) if network is not None else None,
    )


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


def with_facts(
    database: Database, snapshot: Snapshot, facts: frozenset[str], skus: set[str], now: datetime
) -> Snapshot:
    """The snapshot with the readings that rules ask for."""
    if "safety" in facts:
        snapshot = msgspec.structs.replace(snapshot, safety=load_safety(database, skus))
    if "sold" in facts:
        snapshot = msgspec.structs.replace(snapshot, sold=load_sold(database, skus, now - SOLD_OVER))
    if "feeds" in facts:
        told = load_feeds(database)
        locations = {
            code: msgspec.structs.replace(each, feed_age_s=max(0, int((now - told[code]).total_seconds())))
            if code in told
            else each
            for code, each in snapshot.locations.items()
        }
        snapshot = msgspec.structs.replace(snapshot, locations=locations)
    if "rejected" in facts:
        rejected = load_rejected(database, now - REJECTED_OVER)
        locations = {
            code: msgspec.structs.replace(each, rejected_ppm=rejected.get(code, 0))
            for code, each in snapshot.locations.items()
        }
        snapshot = msgspec.structs.replace(snapshot, locations=locations, doubt=load_doubted(database, skus))
    return snapshot


def _text_id(policy: PolicyRecord, number: int) -> str:
    return text_id(policy.id, policy.versions[number - 1].digest)


def facts_of(live: Sequence[Live]) -> frozenset[str]:
    """What the rules ask of stock and locations beside the levels."""
    rules = [rules for each in live for rules in (each.policy, each.shadow) if rules is not None]
    return frozenset[str]().union(*(each.facts for each in rules))
