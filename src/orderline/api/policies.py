"""Policies: put, activated, rolled back, compared, tried."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import readers
from orderline.api.records import Records
from orderline.core.policies import commands as c
from orderline.core.policies.diff import Change, compare
from orderline.core.policies.documents import Fault
from orderline.core.policies.evolve import POLICY_KIND
from orderline.core.policies.kinds import check_policy
from orderline.core.policies.refusals import PolicyRefusal as R
from orderline.core.policies.state import (
    POLICY,
    TEXT,
    Activation,
    Policy,
    PolicyKind,
    PolicyVersion,
    VersionState,
    text_id,
)
from orderline.core.policies.writing import values_of, write_into
from orderline.core.routing.rules import RoutingTable
from orderline.store.loading import load_settings
from orderline.store.reading.records import load_record
from orderline.values.failures import Refused

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


class PolicyText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in TOML."""

    text: str


class PolicyChecked(msgspec.Struct, frozen=True):
    """A text that is right; what is not right is refused."""

    kind: str
    scope: dict[str, list[str]]


class PolicyDraftInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """text: in TOML. document: what it shall say, as JSON; the text is changed where it says something else."""

    text: str
    document: dict[str, Any] | None = None


class PolicyDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A text, what it says, and all that is wrong with it, each with its line, its column and its field.

    document: as JSON; nothing, where the text is no TOML. routing: the same as it is understood, of rules that are right.
    """

    text: str
    kind: str
    faults: list[Fault]
    document: dict[str, Any]
    routing: RoutingTable | None = None


class PolicyStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How a policy stands now: the version that holds (0: none), by which activation, and which one a rollback goes back to.

    newest: the last version that was put. shadow: the version that is scored beside. next: what is to hold later.
    version: of the record, as `expected_version` takes it.
    """

    id: str
    version: int
    kind: PolicyKind
    holds: int
    by: Activation | None
    before: int
    newest: int
    shadow: int
    next: list[Activation]


async def read_version(call: Call[None, None]) -> Answer:
    """A version of a policy, with its text."""
    policy: Policy = await _POLICIES.found(call)
    given = call.path["version"]
    version = version_of(policy, _number(given), given)
    return Answer(PolicyVersionRead(version, await text_of(call, policy, version)))


async def diff_policy(call: Call[PolicyDiffQuery, None]) -> Answer:
    """What two versions say differently."""
    policy: Policy = await _POLICIES.found(call)
    after = version_of(policy, call.query.to_version or len(policy.versions))
    before = version_of(policy, call.query.from_version or max(1, after.number - 1))
    texts = [await text_of(call, policy, each) for each in (before, after)]
    return Answer(PolicyDiff(before.number, after.number, compare(*texts)))


async def read_standing(call: Call[None, None]) -> Answer:
    """Which version holds now, and what would after a rollback."""
    policy, now = await _POLICIES.found(call), datetime.now(UTC)
    present, before = policy.active_at(now), policy.before(now)
    return Answer(
        PolicyStanding(
            id=policy.id,
            version=policy.version,
            kind=policy.kind,
            holds=present.number if present is not None else 0,
            by=policy.activation_at(now),
            before=before.number if before is not None else 0,
            newest=len(policy.versions),
            shadow=policy.shadow,
            next=[each for each in policy.activations if each.since > now],
        )
    )


async def draft_policy(call: Call[None, PolicyDraftInput]) -> Answer:
    """A text looked at, and changed as a document says; nothing is kept, and what is wrong is no refusal."""
    database, given = call.services.database, call.input

    def look() -> PolicyDraft:
        text, document, kind = given.text, dict[str, Any](), ""
        try:
            text = text if given.document is None else write_into(text, given.document)
            document = values_of(text)
            with database.connection() as connection:
                settings = load_settings(connection, database.cell)
            found, _ = check_policy(text, settings)
        except Refused as refused:
            told = str(document.get("kind", ""))
            kind = next((each.value for each in PolicyKind if each == told), "")
            return PolicyDraft(text=text, kind=kind, faults=_faults(refused), document=document)
        routing = msgspec.convert(document, RoutingTable) if found is PolicyKind.ROUTING else None
        return PolicyDraft(text=text, kind=found.value, faults=[], document=document, routing=routing)

    return Answer(await asyncio.to_thread(look))


def _faults(refused: Refused) -> list[Fault]:
    told = refused.facts.get("faults")
    if told:
        return msgspec.convert(told, list[Fault])
    return [Fault(1, 1, str(refused.facts.get("field", "")), refused.code.value, str(refused.facts.get("allowed", "")))]


async def validate_policy(call: Call[None, PolicyText]) -> Answer:
    """Check a text against the merchant's settings; nothing is kept."""
    database = call.services.database

    def check() -> PolicyChecked:
        with database.connection() as connection:
            settings = load_settings(connection, database.cell)
        kind, scope = check_policy(call.input.text, settings)
        return PolicyChecked(kind.value, msgspec.to_builtins(scope))

    return Answer(await asyncio.to_thread(check))


async def policy_of(call: Call[Any, Any]) -> Policy:
    """The policy of the path. Refused POLICY_UNKNOWN."""
    return await policy_named(call, call.path["id"])


async def policy_named(call: Call[Any, Any], id_: str) -> Policy:
    """A policy by its name. Refused POLICY_UNKNOWN."""
    found = await readers(call).run(lambda source: load_record(source, POLICY, id_)) if id_.isprintable() else None
    if found is None:
        raise Refused(R.POLICY_UNKNOWN, field="policy", value=id_[:100])
    return found


async def text_of(call: Call[Any, Any], policy: Policy, version: PolicyVersion) -> str:
    """The text of a version."""
    key = text_id(policy.id, version.digest)
    found = await readers(call).run(lambda source: load_record(source, TEXT, key))
    assert found is not None
    return found.text


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def version_of(policy: Policy, number: int, given: str = "") -> PolicyVersion:
    """A version by its number. Refused POLICY_VERSION_UNKNOWN."""
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
        name="read_policy_standing", method="GET", path="/v1/policies/{id}/standing", right=Right.SETTINGS_READ,
        summary="Read which version of a policy holds now", handler=read_standing, capability="policies",
        output=PolicyStanding, refusals=("POLICY_UNKNOWN",),
    ),
    Operation(
        name="draft_policy", method="POST", path="/v1/policy-drafts", right=Right.SETTINGS_READ,
        summary="Check a draft of a policy, and change its text as a document says", handler=draft_policy,
        capability="policies", input=PolicyDraftInput, output=PolicyDraft,
        description="What is wrong is told with line, column and field, and is no refusal. Comments and layout of what stays "
        "are kept. Nothing is written.",
    ),
    Operation(
        name="validate_policy", method="POST", path="/v1/policy-validations", right=Right.SETTINGS_READ,
        summary="Check the text of a policy", handler=validate_policy, capability="policies", input=PolicyText,
        output=PolicyChecked, refusals=("POLICY_MALFORMED", "POLICY_INVALID"),
    ),
)  # fmt: skip
