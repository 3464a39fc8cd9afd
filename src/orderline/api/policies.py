"""Policies: put, activated, rolled back, compared, tried."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.orders import check_order
from orderline.api.reading.paging import page, readers
from orderline.api.records import Records
from orderline.api.scoping import check_unlimited, order_of
from orderline.core.orders.commands import Allotment, PlaceOrder
from orderline.core.policies import commands as c
from orderline.core.policies.diff import Change, compare
from orderline.core.policies.evolve import POLICY_KIND
from orderline.core.policies.kinds import check_policy
from orderline.core.policies.refusals import PolicyRefusal as R
from orderline.core.policies.state import POLICY, TEXT, Policy, PolicyVersion, VersionState, named, text_id
from orderline.core.routing.explaining import Change as RouteChange
from orderline.core.routing.explaining import Explained, WhyNot, explain, what_would_have_to_change, why_not
from orderline.core.routing.model import Unassigned
from orderline.core.routing.policy import Policy as RoutingPolicy
from orderline.core.routing.simulating import Simulation, compare_shadows, new_report
from orderline.engine.routing import DryRun, compiled, dry_run, dry_run_of_placing
from orderline.store.loading import load_settings
from orderline.store.policies import load_recorded, load_rules, shadows_between
from orderline.store.reading.records import load_record
from orderline.values.failures import Refused
from orderline.values.time import utc

_POLICIES: Final = Records(
    kind=POLICY_KIND,
    one="policy",
    for_all=True,
    many="policies",
    capability="policies",
    read=Right.SETTINGS_READ,
    write=Right.SETTINGS_WRITE,
    unknown=R.POLICY_UNKNOWN,
    states=VersionState,
)


class PolicyVersionRead(msgspec.Struct, frozen=True):
    """A version with its text."""

    version: PolicyVersion
    text: str


class PolicyDiffQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """from_version: the one before `to_version`, when not given. to_version: the last, when not given."""

    from_version: Annotated[int, msgspec.Meta(ge=0)] = 0
    to_version: Annotated[int, msgspec.Meta(ge=0)] = 0


class PolicyDiff(msgspec.Struct, frozen=True):
    """What differs, field by field."""

    before: int
    after: int
    changes: list[Change]


class ShadowQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """policy_version: that was scored; the one that is now, when not given. since: 30 days ago, when not given."""

    policy_version: Annotated[int, msgspec.Meta(ge=0)] = 0
    since: datetime | None = None
    until: datetime | None = None


class RouteQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """why_not: a location. what_if: look also for what would have to change for it."""

    why_not: str = ""
    what_if: bool = False


class RouteExplained(msgspec.Struct, frozen=True, omit_defaults=True):
    """A decision on an order in figures that add up."""

    decision: str
    explain: Explained
    why_not: WhyNot | None = None
    what_would_have_to_change: list[RouteChange] | None = None


class RouteDryRunQuery(RouteQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """policy, policy_version: rules to try (the last version, when none is given); those that hold, when not given."""

    policy: str = ""
    policy_version: Annotated[int, msgspec.Meta(ge=0)] = 0


class RouteTried(msgspec.Struct, frozen=True, omit_defaults=True):
    """What would be decided on a delivery group of an order; nothing is kept of it."""

    group: int
    allotments: tuple[Allotment, ...]
    unassigned: tuple[Unassigned, ...]
    explain: Explained
    why_not: WhyNot | None = None
    what_would_have_to_change: list[RouteChange] | None = None


class RouteDryRun(msgspec.Struct, frozen=True):
    """What routing would decide now. No items: no units wait for a location."""

    items: list[RouteTried]


class PolicyText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in TOML."""

    text: str


class PolicyChecked(msgspec.Struct, frozen=True):
    """A text that is right; what is not right is refused."""

    kind: str
    scope: dict[str, list[str]]


async def read_version(call: Call[None, None]) -> Answer:
    """A version of a policy, with its text."""
    policy: Policy = await _POLICIES.found(call)
    given = call.path["version"]
    version = _version(policy, _number(given), given)
    return Answer(PolicyVersionRead(version, await _text(call, policy, version)))


async def diff_policy(call: Call[PolicyDiffQuery, None]) -> Answer:
    """What two versions say differently."""
    policy: Policy = await _POLICIES.found(call)
    after = _version(policy, call.query.to_version or len(policy.versions))
    before = _version(policy, call.query.from_version or max(1, after.number - 1))
    texts = [await _text(call, policy, each) for each in (before, after)]
    return Answer(PolicyDiff(before.number, after.number, compare(*texts)))


async def report_shadow(call: Call[ShadowQuery, None]) -> Answer:
    """What a version scored beside the live ones would have come to."""
    check_unlimited(call)
    policy, now = await _policy(call), datetime.now(UTC)
    number = call.query.policy_version or policy.shadow or len(policy.versions)
    shadow = named(policy.id, _version(policy, number).number)
    since = utc(call.query.since or now - timedelta(days=30), field="since")
    until = utc(call.query.until or now + timedelta(minutes=1), field="until")

    def count() -> Simulation:
        report = new_report(shadow)
        for some in shadows_between(call.services.database, since, until):
            compare_shadows(some, shadow, report)
        return report

    return Answer(await asyncio.to_thread(count))


async def validate_policy(call: Call[None, PolicyText]) -> Answer:
    """Check a text against the merchant's settings; nothing is kept."""
    database = call.services.database

    def check() -> PolicyChecked:
        with database.connection() as connection:
            settings = load_settings(connection, database.cell)
        kind, scope = check_policy(call.input.text, settings)
        return PolicyChecked(kind.value, msgspec.to_builtins(scope))

    return Answer(await asyncio.to_thread(check))


async def explain_route(call: Call[RouteQuery, None]) -> Answer:
    """Why the units of an order went where they went; why not another location."""
    query = call.query
    order = await order_of(call)

    def ask() -> list[RouteExplained]:
        told: list[RouteExplained] = []
        rules: dict[str, RoutingPolicy] = {}
        for decision, (_, inputs, _) in load_recorded(call.services.database, order):
            explained = explain(decision)
            if not query.why_not:
                told.append(RouteExplained(str(decision.id), explained))
                continue
            if inputs.policy not in rules:
                rules[inputs.policy] = load_rules(call.services.database, inputs.policy)
            other = why_not(inputs, rules[inputs.policy], query.why_not)
            changes = None
            if query.what_if:
                changes = what_would_have_to_change(inputs, rules[inputs.policy], query.why_not)
            told.append(RouteExplained(str(decision.id), explained, other, changes))
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


async def _rules_to_try(call: Call[RouteDryRunQuery, Any]) -> RoutingPolicy | None:
    if not call.query.policy:
        return None
    policy = await _policy_named(call, call.query.policy)
    version = _version(policy, call.query.policy_version or len(policy.versions))
    return compiled(await _text(call, policy, version), named(policy.id, version.number))


def _tried(query: RouteDryRunQuery, found: list[DryRun]) -> RouteDryRun:
    return RouteDryRun(
        [
            RouteTried(
                each.decision.group,
                each.decision.allotments,
                each.decision.unassigned,
                explain(each.decision),
                why_not(each.inputs, each.policy, query.why_not) if query.why_not else None,
                what_would_have_to_change(each.inputs, each.policy, query.why_not)
                if query.why_not and query.what_if
                else None,
            )
            for each in found
        ]
    )


async def _policy(call: Call[Any, Any]) -> Policy:
    return await _policy_named(call, call.path["id"])


async def _policy_named(call: Call[Any, Any], id_: str) -> Policy:
    found = await readers(call).run(lambda source: load_record(source, POLICY, id_)) if id_.isprintable() else None
    if found is None:
        raise Refused(R.POLICY_UNKNOWN, field="policy", value=id_[:100])
    return found


async def _text(call: Call[Any, Any], policy: Policy, version: PolicyVersion) -> str:
    key = text_id(policy.id, version.digest)
    found = await readers(call).run(lambda source: load_record(source, TEXT, key))
    assert found is not None
    return found.text


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _version(policy: Policy, number: int, given: str = "") -> PolicyVersion:
    found = policy.version_of(number)
    if found is None:
        raise Refused(
            R.POLICY_VERSION_UNKNOWN,
            field="version",
            value=given[:100] or number,
            allowed=f"1 to {len(policy.versions)}",
        )
    return found


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_POLICIES.reading(),
    _POLICIES.creating(
        c.PutPolicy, summary="Add a version of a policy", names="policy",
        refusals=("CODE_NOT_ACCEPTABLE", "POLICY_MALFORMED", "POLICY_INVALID", "POLICY_KIND_FIXED", "POLICY_UNCHANGED"),
    ),
    _POLICIES.acting(
        c.ActivatePolicy, path="activations", summary="Let a version of a policy hold", names="policy",
        refusals=("POLICY_VERSION_UNKNOWN", "POLICY_STATE", "POLICY_PERIOD"),
    ),
    _POLICIES.acting(
        c.RollBackPolicy, path="rollbacks", summary="Let the version before hold again", names="policy",
        refusals=("POLICY_NOTHING_TO_ROLL_BACK",),
    ),
    _POLICIES.acting(
        c.RetirePolicy, path="retirement", summary="Let no version of a policy hold", names="policy",
        refusals=("POLICY_STATE",),
    ),
    _POLICIES.acting(
        c.ShadowPolicy, path="shadow", summary="Score a version beside the live one", names="policy",
        refusals=("POLICY_VERSION_UNKNOWN", "POLICY_STATE"),
    ),
    _POLICIES.acting(
        c.NoteSimulation, path="simulations", summary="Keep what a simulation has found", names="policy",
        refusals=("POLICY_VERSION_UNKNOWN", "POLICY_STATE"),
    ),
    Operation(
        name="read_policy_version", method="GET", path="/v1/policies/{id}/versions/{version}",
        right=Right.SETTINGS_READ, summary="Read a version of a policy with its text", handler=read_version,
        capability="policies", output=PolicyVersionRead, refusals=("POLICY_UNKNOWN", "POLICY_VERSION_UNKNOWN"),
    ),
    Operation(
        name="diff_policy", method="GET", path="/v1/policies/{id}/diff", right=Right.SETTINGS_READ,
        summary="Compare two versions of a policy, field by field", handler=diff_policy, capability="policies",
        query=PolicyDiffQuery, output=PolicyDiff, refusals=("POLICY_UNKNOWN", "POLICY_VERSION_UNKNOWN"),
    ),
    Operation(
        name="report_shadow", method="GET", path="/v1/policies/{id}/shadow-report", right=Right.SETTINGS_READ,
        summary="Compare what a version scored beside the live one would have come to", handler=report_shadow,
        capability="policies", query=ShadowQuery, output=Simulation,
        refusals=("POLICY_UNKNOWN", "POLICY_VERSION_UNKNOWN"),
        description="Units, parcels, splits, late orders and money of what was decided and of what the version in the "
        "shadow had said at the same moment, and the orders that differ.",
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
    Operation(
        name="validate_policy", method="POST", path="/v1/policy-validations", right=Right.SETTINGS_READ,
        summary="Check the text of a policy", handler=validate_policy, capability="policies", input=PolicyText,
        output=PolicyChecked, refusals=("POLICY_MALFORMED", "POLICY_INVALID"),
    ),
)  # fmt: skip
