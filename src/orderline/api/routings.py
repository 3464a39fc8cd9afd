"""Routing looked at: why orders went where they went, where they would go, and what other rules would have come to."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.orders import check_order
from orderline.api.policies import policy_named, policy_of, text_of, version_of
from orderline.api.reading.paging import page
from orderline.api.scoping import check_unlimited, order_of
from orderline.core.orders.commands import Allotment, PlaceOrder
from orderline.core.policies.state import named
from orderline.core.routing.explaining import Change, Explained, WhyNot, explain, what_would_have_to_change, why_not
from orderline.core.routing.model import Inputs, Unassigned
from orderline.core.routing.policy import Policy
from orderline.core.routing.simulating import Simulation, compare_shadows, new_report, simulate
from orderline.core.routing.weighing import Weighed, weigh
from orderline.engine.routing import DryRun, compiled, dry_run, dry_run_of_placing
from orderline.store.database import Database
from orderline.store.policies import Recorded, load_recorded, load_rules, recorded_between, shadows_between
from orderline.store.working import read_orders
from orderline.values.geo import Coordinates
from orderline.values.ids import OrderId
from orderline.values.time import utc

# Decisions that one simulation over HTTP looks at; the command line knows no bound.
MOST_SIMULATED: Final = 20_000


class ShadowQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """policy_version: that was scored; the one that is now, when not given. since: 30 days ago, when not given."""

    policy_version: Annotated[int, msgspec.Meta(ge=0)] = 0
    since: datetime | None = None
    until: datetime | None = None


class SimulationQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """policy_version: the last one, when not given. since: 7 days ago, when not given. most: decisions that are looked at."""

    policy_version: Annotated[int, msgspec.Meta(ge=0)] = 0
    since: datetime | None = None
    until: datetime | None = None
    most: Annotated[int, msgspec.Meta(ge=1, le=MOST_SIMULATED)] = 5_000


class SimulationRead(msgspec.Struct, frozen=True):
    """What a version would have come to. whole: all decisions of the time were looked at; else the first of them."""

    report: Simulation
    since: datetime
    until: datetime
    whole: bool


class RouteQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """why_not: a location. what_if: look also for what would have to change for it. candidates: tell of each of them."""

    why_not: str = ""
    what_if: bool = False
    candidates: bool = False


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is told of a decision when it is asked for.

    candidates: the locations that the rules looked at, each with its terms. destination: where the units go, as near as known.
    """

    explain: Explained
    at: datetime
    currency: str = ""
    destination: Coordinates | None = None
    candidates: list[Weighed] | None = None
    why_not: WhyNot | None = None
    what_would_have_to_change: list[Change] | None = None


class RouteExplained(Told, frozen=True, kw_only=True, omit_defaults=True):
    """A decision on an order in figures that add up."""

    decision: str
    group: int


class RouteDryRunQuery(RouteQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """policy, policy_version: rules to try (the last version, when none is given); those that hold, when not given."""

    policy: str = ""
    policy_version: Annotated[int, msgspec.Meta(ge=0)] = 0


class RouteTried(Told, frozen=True, kw_only=True, omit_defaults=True):
    """What would be decided on a delivery group of an order; nothing is kept of it."""

    group: int
    allotments: tuple[Allotment, ...]
    unassigned: tuple[Unassigned, ...]


class RouteDryRun(msgspec.Struct, frozen=True):
    """What routing would decide now. No items: no units wait for a location."""

    items: list[RouteTried]


async def report_shadow(call: Call[ShadowQuery, None]) -> Answer:
    """What a version scored beside the live ones would have come to."""
    check_unlimited(call)
    policy, now = await policy_of(call), datetime.now(UTC)
    number = call.query.policy_version or policy.shadow or len(policy.versions)
    shadow = named(policy.id, version_of(policy, number).number)
    since = utc(call.query.since or now - timedelta(days=30), field="since")
    until = utc(call.query.until or now + timedelta(minutes=1), field="until")

    def count() -> Simulation:
        report = new_report(shadow)
        for some in shadows_between(call.services.database, since, until):
            compare_shadows(some, shadow, report)
        return _numbered(call.services.database, report)

    return Answer(await asyncio.to_thread(count))


async def simulate_policy(call: Call[SimulationQuery, None]) -> Answer:
    """What a version would have decided on recorded orders; nothing is kept."""
    check_unlimited(call)
    query, now, database = call.query, datetime.now(UTC), call.services.database
    policy = await policy_of(call)
    version = version_of(policy, query.policy_version or len(policy.versions))
    rules = compiled(await text_of(call, policy, version), named(policy.id, version.number))
    since = utc(query.since or now - timedelta(days=7), field="since")
    until = utc(query.until or now + timedelta(minutes=1), field="until")

    def count() -> SimulationRead:
        report = new_report(rules.version)
        for at, each in enumerate(_recorded(database, since, until)):
            if at == query.most:
                return SimulationRead(_numbered(database, report), since, each.inputs.now, whole=False)
            simulate([(each.body, each.inputs)], rules, report)
        return SimulationRead(_numbered(database, report), since, until, whole=True)

    return Answer(await asyncio.to_thread(count))


def _numbered(database: Database, report: Simulation) -> Simulation:
    """With the numbers of the orders that differ."""
    ids = [OrderId(UUID(each.order)) for each in report.differences]
    report.numbers = {str(id_): order.number for id_, order in read_orders(database, ids).items()}
    return report


def _recorded(database: Database, since: datetime, until: datetime) -> Iterator[Recorded]:
    for some in recorded_between(database, since, until):
        yield from some


async def explain_route(call: Call[RouteQuery, None]) -> Answer:
    """Why the units of an order went where they went; why not another location."""
    order = await order_of(call)

    def ask() -> list[RouteExplained]:
        told: list[RouteExplained] = []
        rules: dict[str, Policy] = {}
        asked = bool(call.query.why_not) or call.query.candidates
        for decision, (_, inputs, _) in load_recorded(call.services.database, order):
            if asked and inputs.policy not in rules:
                rules[inputs.policy] = load_rules(call.services.database, inputs.policy)
            more = _told(call.query, inputs, rules.get(inputs.policy))
            told.append(
                RouteExplained(explain=explain(decision), decision=str(decision.id), group=decision.group, **more)
            )
        return told

    return page(await asyncio.to_thread(ask), None)


async def try_route(call: Call[RouteDryRunQuery, None]) -> Answer:
    """What routing would decide now on an order; nothing is written."""
    order, rules, now = await order_of(call), await _rules_to_try(call), datetime.now(UTC)
    found = await asyncio.to_thread(dry_run, call.services.database, order, now, rules)
    return Answer(_tried(call.query, found))


async def try_route_of_placing(call: Call[RouteDryRunQuery, PlaceOrder]) -> Answer:
    """What routing would decide now on an order that is not placed; nothing is written."""
    check_order(call, call.input)
    rules, database, now = await _rules_to_try(call), call.services.database, datetime.now(UTC)
    found = await asyncio.to_thread(dry_run_of_placing, database, call.input, call.actor, now, rules)
    return Answer(_tried(call.query, found))


async def _rules_to_try(call: Call[RouteDryRunQuery, Any]) -> Policy | None:
    if not call.query.policy:
        return None
    policy = await policy_named(call, call.query.policy)
    version = version_of(policy, call.query.policy_version or len(policy.versions))
    return compiled(await text_of(call, policy, version), named(policy.id, version.number))


def _tried(query: RouteDryRunQuery, found: list[DryRun]) -> RouteDryRun:
    return RouteDryRun(
        [
            RouteTried(
                explain=explain(each.decision),
                group=each.decision.group,
                allotments=each.decision.allotments,
                unassigned=each.decision.unassigned,
                **_told(query, each.inputs, each.policy),
            )
            for each in found
        ]
    )


def _told(query: RouteQuery, inputs: Inputs, rules: Policy | None) -> dict[str, Any]:
    """What was asked for beside the decision. rules: that decided; None: nothing was that needs them."""
    told: dict[str, Any] = {
        "at": inputs.now, "currency": inputs.order.currency, "destination": inputs.order.destination,
    }  # fmt: skip
    if rules is not None and query.candidates:
        told["candidates"] = weigh(inputs, rules)
    if rules is not None and query.why_not:
        told["why_not"] = why_not(inputs, rules, query.why_not)
        if query.what_if:
            told["what_would_have_to_change"] = what_would_have_to_change(inputs, rules, query.why_not)
    return told


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="report_shadow", method="GET", path="/v1/policies/{id}/shadow-report", right=Right.SETTINGS_READ,
        summary="Compare what a version scored beside the live one would have come to", handler=report_shadow,
        capability="policies", query=ShadowQuery, output=Simulation,
        refusals=("POLICY_UNKNOWN", "POLICY_VERSION_UNKNOWN"),
        description="Units, parcels, splits, late orders and money of what was decided and of what the version in the "
        "shadow had said at the same moment, and the orders that differ.",
    ),
    Operation(
        name="simulate_policy", method="GET", path="/v1/policies/{id}/simulation-report", right=Right.SETTINGS_READ,
        summary="See what a version would have decided on recorded orders", handler=simulate_policy,
        capability="policies", query=SimulationQuery, output=SimulationRead,
        refusals=("POLICY_UNKNOWN", "POLICY_VERSION_UNKNOWN", "POLICY_INVALID"),
        description="Routing runs again over what recorded decisions were made of, by the function that decides; figures of "
        "both, by location, and the orders that would go elsewhere. Nothing is written.",
    ),
    Operation(
        name="explain_route", method="GET", path="/v1/orders/{order}/routing-explanations", right=Right.ORDERS_READ,
        summary="Explain why the units of an order went where they went", handler=explain_route, capability="policies",
        query=RouteQuery, output=RouteExplained, page=True, refusals=("ORDER_UNKNOWN",),
    ),
    Operation(
        name="try_route", method="POST", path="/v1/orders/{order}/routing-dry-runs", right=Right.ORDERS_READ,
        summary="See where the waiting units of an order would go now", handler=try_route, capability="policies",
        query=RouteDryRunQuery, output=RouteDryRun,
        refusals=("ORDER_UNKNOWN", "POLICY_UNKNOWN", "POLICY_VERSION_UNKNOWN"),
        description="Routing decides on stock as it is, by the rules that hold or by any version of others, in a "
        "transaction that may not write.",
    ),
    Operation(
        name="try_route_of_placing", method="POST", path="/v1/routing-dry-runs", right=Right.ORDERS_READ,
        summary="See where an order that is not placed would be sent from", handler=try_route_of_placing,
        capability="policies", query=RouteDryRunQuery, input=PlaceOrder, output=RouteDryRun,
        refusals=(
            "EXTERNAL_ID_TAKEN", "CHANNEL_UNKNOWN", "SKU_UNKNOWN", "STOCK_NOT_AVAILABLE", "POLICY_UNKNOWN",
            "POLICY_VERSION_UNKNOWN",
        ),
        description="The order is decided as if it were placed, then routed; nothing is kept of it.",
    ),
)  # fmt: skip
