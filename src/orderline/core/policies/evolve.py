"""A policy as its events tell it."""

from typing import assert_never

import msgspec

from orderline.core.policies.state import (
    POLICY,
    TEXT,
    Activation,
    AnyPolicyEvent,
    Policy,
    PolicyActivated,
    PolicyPut,
    PolicyShadowed,
    PolicySimulated,
    PolicyText,
    PolicyTextKept,
    PolicyValidated,
    PolicyVersion,
    VersionState,
)
from orderline.core.records import RecordKind, Window

_replace = msgspec.structs.replace


def evolve_policy(policy: Policy | None, event: AnyPolicyEvent) -> Policy:
    """The policy after an event."""
    if isinstance(event, PolicyPut):
        before = policy or Policy(id=event.id, kind=event.kind)
        version = PolicyVersion(
            number=len(before.versions) + 1,
            digest=event.digest,
            state=event.state,
            put_at=event.at,
            put_by=event.by,
            note=event.note,
            scope=event.scope,
        )
        return _replace(before, versions=(*before.versions, version))
    assert policy is not None
    match event:
        case PolicyValidated():
            return _with(policy, event.policy_version, state=VersionState.VALIDATED)
        case PolicySimulated():
            known = policy.versions[event.policy_version - 1].state
            state = VersionState.SIMULATED if known is VersionState.VALIDATED else known
            return _with(policy, event.policy_version, state=state, simulated=event.figures)
        case PolicyActivated():
            versions = tuple(_replace(each, state=_state_after(each, event)) for each in policy.versions)
            activation = Activation(
                version=event.policy_version,
                since=event.since,
                until=event.until,
                at=event.at,
                by=event.by,
                rollback=event.rollback,
                reason=event.reason,
            )
            shadow = 0 if policy.shadow == event.policy_version else policy.shadow
            return _replace(policy, versions=versions, activations=(*policy.activations, activation), shadow=shadow)
        case PolicyShadowed():
            return _replace(policy, shadow=event.policy_version)
        case _:
            assert_never(event)


def _state_after(version: PolicyVersion, event: PolicyActivated) -> VersionState:
    """What holds for ever from now on retires the others; what holds for a time leaves them armed."""
    if version.number == event.policy_version:
        return VersionState.ACTIVE
    if version.state is VersionState.ACTIVE and event.since <= event.at and event.until is None:
        return VersionState.RETIRED
    return version.state


def _with(policy: Policy, number: int, **changes: object) -> Policy:
    versions = tuple(_replace(each, **changes) if each.number == number else each for each in policy.versions)
    return _replace(policy, versions=versions)


def _window(policy: Policy) -> Window:
    active = any(each.version for each in policy.activations[-1:]) or any(
        each.state is VersionState.ACTIVE for each in policy.versions
    )
    return Window("active" if active else policy.versions[-1].state.value, policy.kind.value)


def evolve_text(text: PolicyText | None, event: PolicyTextKept) -> PolicyText:
    """A text; it never changes."""
    return PolicyText(id=event.id, text=event.text) if text is None else text


POLICY_KIND = RecordKind(POLICY, Policy, AnyPolicyEvent, evolve_policy, _window)
TEXT_KIND = RecordKind(
    TEXT, PolicyText, PolicyTextKept, evolve_text, lambda text: Window("kept", text.id.split(" ")[0])
)
