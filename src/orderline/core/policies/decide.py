"""Rules of policies: a text that is not right is never put, and what holds goes on holding."""

from datetime import datetime
from typing import Final

import msgspec

from orderline.core.context import Context
from orderline.core.holds.state import Screened, Span
from orderline.core.orders.guards import check_text
from orderline.core.policies import commands as c
from orderline.core.policies.evolve import POLICY_KIND, TEXT_KIND
from orderline.core.policies.kinds import check_policy
from orderline.core.policies.refusals import PolicyRefusal as R
from orderline.core.policies.state import (
    POLICY,
    Policy,
    PolicyActivated,
    PolicyKind,
    PolicyPut,
    PolicyShadowed,
    PolicySimulated,
    PolicyTextKept,
    PolicyValidated,
    PolicyVersion,
    VersionState,
    digest_of,
    text_id,
)
from orderline.core.stock.checks import check_code
from orderline.core.stock.events import ScreenedPut
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.time import utc


def decide_put_policy(draft: Draft, command: c.PutPolicy, context: Context) -> None:
    """Refused POLICY_MALFORMED, POLICY_INVALID (each fault with its place), POLICY_KIND_FIXED, POLICY_UNCHANGED."""
    check_code(command.policy, "policy")
    check_text(command.note, "note", 500)
    kind, scope = check_policy(command.text, draft.world.settings, draft=command.draft)
    digest = digest_of(command.text)
    known = draft.world.records.get((POLICY, command.policy))
    if isinstance(known, Policy):
        if known.kind is not kind:
            raise Refused(R.POLICY_KIND_FIXED, field="text", value=kind, allowed=known.kind)
        same = next((each for each in reversed(known.versions) if each.digest == digest), None)
        if same is not None:
            if same.state is VersionState.DRAFT and not command.draft:
                draft.tell_record(POLICY_KIND, command.policy, PolicyValidated(policy_version=same.number))
                return
            raise Refused(R.POLICY_UNCHANGED, field="text", value=same.number, allowed="another text")
    draft.tell_record(
        POLICY_KIND,
        command.policy,
        PolicyPut(
            id=command.policy,
            kind=kind,
            digest=digest,
            state=VersionState.DRAFT if command.draft else VersionState.VALIDATED,
            at=context.now,
            by=context.actor.name,
            note=command.note,
            scope=scope,
        ),
    )
    id_ = text_id(command.policy, digest)
    draft.tell_record(TEXT_KIND, id_, PolicyTextKept(id=id_, text=command.text))


def decide_note_simulation(draft: Draft, command: c.NoteSimulation, context: Context) -> None:
    """Refused POLICY_VERSION_UNKNOWN, POLICY_STATE: a draft can't be simulated."""
    policy = _policy(draft, command)
    _version(policy, command.policy_version)
    draft.tell_record(
        POLICY_KIND, policy.id, PolicySimulated(policy_version=command.policy_version, figures=command.figures)
    )


def decide_activate(draft: Draft, command: c.ActivatePolicy, context: Context) -> None:
    """Refused POLICY_VERSION_UNKNOWN; POLICY_STATE: it is a draft; POLICY_PERIOD: it ends before it begins, or did."""
    policy = _policy(draft, command)
    _version(policy, command.policy_version)
    since = context.now if command.effective_from is None else utc(command.effective_from, field="effective_from")
    until = None if command.effective_to is None else utc(command.effective_to, field="effective_to")
    if until is not None and until <= max(since, context.now):
        raise Refused(
            R.POLICY_PERIOD, field="effective_to", value=until.isoformat(), allowed="after it begins, and now"
        )
    _activate(draft, policy, command.policy_version, max(since, context.now), until, context, reason=command.reason)


def decide_roll_back(draft: Draft, command: c.RollBackPolicy, context: Context) -> None:
    """Refused POLICY_NOTHING_TO_ROLL_BACK: no other version held before."""
    policy = _policy(draft, command)
    before = policy.before(context.now)
    if before is None:
        raise Refused(R.POLICY_NOTHING_TO_ROLL_BACK, field="policy", value=policy.id)
    _activate(draft, policy, before.number, context.now, None, context, reason=command.reason, rollback=True)


def decide_retire(draft: Draft, command: c.RetirePolicy, context: Context) -> None:
    """Refused POLICY_STATE: nothing holds, now or later."""
    policy = _policy(draft, command)
    later = any(each.until is None or each.until > context.now for each in policy.activations)
    if not later or policy.activations[-1].version == 0:
        raise Refused(R.POLICY_STATE, field="policy", value=policy.id, allowed="a policy with an active version")
    _activate(draft, policy, 0, context.now, None, context, reason=command.reason)


def decide_shadow(draft: Draft, command: c.ShadowPolicy, context: Context) -> None:
    """Refused POLICY_VERSION_UNKNOWN; POLICY_STATE: it is a draft."""
    policy = _policy(draft, command)
    if command.policy_version:
        _version(policy, command.policy_version)
    if policy.shadow != command.policy_version:
        draft.tell_record(POLICY_KIND, policy.id, PolicyShadowed(policy_version=command.policy_version))


def _activate(
    draft: Draft, policy: Policy, number: int, since: datetime, until: datetime | None, context: Context, *,
    reason: str, rollback: bool = False,
) -> None:  # fmt: skip
    check_text(reason, "reason", 500)
    if policy.kind is PolicyKind.HOLDS:
        _tell_intake(draft, policy, number, since, until, context)
    draft.tell_record(
        POLICY_KIND,
        policy.id,
        PolicyActivated(
            policy_version=number,
            since=since,
            until=until,
            at=context.now,
            by=context.actor.name,
            rollback=rollback,
            reason=reason,
        ),
    )


def _tell_intake(
    draft: Draft, policy: Policy, number: int, since: datetime, until: datetime | None, context: Context
) -> None:
    """Have intake know when orders are to be looked at; of the past it need know nothing."""
    known = draft.world.settings.screened.get(policy.id, Screened(policy.id))
    found = policy.version_of(number)
    channels = found.scope.channels if found is not None else ()
    span = Span(since, until if number else since, channels)
    if not number:
        kept = [msgspec.structs.replace(each, until=min(each.until or since, since)) for each in known.spans]
    else:
        kept = [*known.spans, span]
    spans = tuple(each for each in kept if each.until is None or each.until > context.now)
    draft.tell_stock(ScreenedPut(Screened(policy.id, spans)))


def _policy(draft: Draft, command: c.PolicyCommand) -> Policy:
    found = draft.world.records.get((POLICY, command.policy))
    if not isinstance(found, Policy):
        raise Refused(R.POLICY_UNKNOWN, field="policy", value=command.policy[:100])
    return found


def _version(policy: Policy, number: int) -> PolicyVersion:
    found = policy.version_of(number)
    if found is None:
        raise Refused(
            R.POLICY_VERSION_UNKNOWN, field="policy_version", value=number, allowed=f"1 to {len(policy.versions)}"
        )
    if found.state is VersionState.DRAFT:
        raise Refused(R.POLICY_STATE, field="policy_version", value=number, state=found.state, allowed="not a draft")
    return found


RULES: Final = {
    c.PutPolicy: decide_put_policy,
    c.NoteSimulation: decide_note_simulation,
    c.ActivatePolicy: decide_activate,
    c.RollBackPolicy: decide_roll_back,
    c.RetirePolicy: decide_retire,
    c.ShadowPolicy: decide_shadow,
}
