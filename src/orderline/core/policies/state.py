"""Policies: named documents in versions that never change, and when which of them holds."""

from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Final

import msgspec

from orderline.core.records import Record, RecordEvent

POLICY: Final = "policy"
TEXT: Final = "policy_text"


class PolicyKind(StrEnum):
    """What a policy is about."""

    ROUTING = "routing"
    RETURNS = "returns"
    CHART = "chart"
    HOLDS = "holds"
    SHIPPING = "shipping"


class VersionState(StrEnum):
    """Where a version stands; one is active at a time, and a retired one may be activated again."""

    DRAFT = "draft"
    VALIDATED = "validated"
    SIMULATED = "simulated"
    ACTIVE = "active"
    RETIRED = "retired"


class Scope(msgspec.Struct, frozen=True, omit_defaults=True):
    """The orders a policy is for; empty lists are no limit."""

    channels: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many limits it has: the narrower policy is asked first."""
        return sum(map(bool, (self.channels, self.brands, self.stores)))

    def holds(self, channel: str, brand: str, store: str) -> bool:
        """Is an order in it?"""
        return (
            (not self.channels or channel in self.channels)
            and (not self.brands or brand in self.brands)
            and (not self.stores or store in self.stores)
        )


class PolicyVersion(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One text of a policy, by number from 1. digest: names the text."""

    number: int
    digest: str
    state: VersionState
    put_at: datetime
    put_by: str
    note: str = ""
    scope: Scope = Scope()
    simulated: dict[str, int] = {}


class Activation(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """From when until when a version holds (0: none does). Of several at an instant, the last that was made does."""

    version: int
    since: datetime
    until: datetime | None = None
    at: datetime
    by: str
    rollback: bool = False
    reason: str = ""


class Policy(Record, frozen=True, kw_only=True):
    """A policy with its versions and activations. shadow: a version that is scored beside the live one; 0: none."""

    id: str
    kind: PolicyKind
    versions: tuple[PolicyVersion, ...] = ()
    activations: tuple[Activation, ...] = ()
    shadow: int = 0

    def version_of(self, number: int) -> PolicyVersion | None:
        """A version by its number."""
        return self.versions[number - 1] if 0 < number <= len(self.versions) else None

    def active_at(self, at: datetime) -> PolicyVersion | None:
        """The version that holds at an instant."""
        found = self.activation_at(at)
        return self.version_of(found.version) if found is not None else None

    def activation_at(self, at: datetime) -> Activation | None:
        """By what a version, or none, holds at an instant."""
        held = (each for each in reversed(self.activations) if each.since <= at)
        return next((each for each in held if each.until is None or at < each.until), None)

    def before(self, at: datetime) -> PolicyVersion | None:
        """The version that held before the one that holds at an instant: what a rollback goes back to."""
        present = self.active_at(at)
        held = (each.version for each in reversed(self.activations) if each.since <= at)
        other = (number for number in held if number and (present is None or number != present.number))
        return self.version_of(next(other, 0))


class PolicyText(Record, frozen=True, kw_only=True):
    """The text of versions of a policy; it never changes. `id` is "NAME DIGEST"."""

    id: str
    text: str


class PolicyPut(RecordEvent, frozen=True, kw_only=True, tag="policy_put"):
    """A policy has a new version."""

    id: str
    kind: PolicyKind
    digest: str
    state: VersionState
    at: datetime
    by: str
    note: str = ""
    scope: Scope = Scope()


class PolicyValidated(RecordEvent, frozen=True, kw_only=True, tag="policy_validated"):
    """A draft was found to be right."""

    policy_version: int


class PolicySimulated(RecordEvent, frozen=True, kw_only=True, tag="policy_simulated"):
    """A version was tried on recorded decisions, with these figures."""

    policy_version: int
    figures: dict[str, int]


class PolicyActivated(RecordEvent, frozen=True, kw_only=True, tag="policy_activated"):
    """A version holds from an instant on; version 0: none does."""

    policy_version: int
    since: datetime
    until: datetime | None = None
    at: datetime
    by: str
    rollback: bool = False
    reason: str = ""


class PolicyShadowed(RecordEvent, frozen=True, kw_only=True, tag="policy_shadowed"):
    """A version is scored beside the live one from now on; version 0: none is."""

    policy_version: int


class PolicyTextKept(RecordEvent, frozen=True, kw_only=True, tag="policy_text_kept"):
    """The text of a version."""

    id: str
    text: str


AnyPolicyEvent = PolicyPut | PolicyValidated | PolicySimulated | PolicyActivated | PolicyShadowed


def digest_of(text: str) -> str:
    """The name of a text."""
    return blake2b(text.encode(), digest_size=12).hexdigest()


def text_id(policy: str, digest: str) -> str:
    """The id of the record that keeps a text."""
    return f"{policy} {digest}"


def named(policy: str, version: int) -> str:
    """How decisions name a version."""
    return f"{policy}@{version}"
