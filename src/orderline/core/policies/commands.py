"""Requests about policies. `policy` is the caller's own name for it."""

from collections.abc import Iterable
from datetime import datetime

from orderline.core.policies.state import POLICY, TEXT, digest_of, text_id
from orderline.core.records import RecordCommand, RecordKey


class PolicyCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a policy."""

    policy: str

    def records(self) -> Iterable[RecordKey]:
        return ((POLICY, self.policy),)


class PutPolicy(PolicyCommand, frozen=True, gc=False, kw_only=True, tag="put_policy"):
    """Add a version of a policy, made of a text in TOML; it does not hold until it is activated.

    draft: keep it though it is not right yet; putting the same text again without `draft` validates it.
    """

    text: str
    note: str = ""
    draft: bool = False

    def records(self) -> Iterable[RecordKey]:
        return ((POLICY, self.policy), (TEXT, text_id(self.policy, digest_of(self.text))))


class NoteSimulation(PolicyCommand, frozen=True, gc=False, kw_only=True, tag="note_simulation"):
    """Keep what a simulation of a version has found."""

    policy_version: int
    figures: dict[str, int]


class ActivatePolicy(PolicyCommand, frozen=True, gc=False, kw_only=True, tag="activate_policy"):
    """Let a version hold: from now on or from an instant, for ever or until an instant."""

    policy_version: int
    effective_from: datetime | None = None
    effective_to: datetime | None = None
    reason: str = ""


class RollBackPolicy(PolicyCommand, frozen=True, gc=False, kw_only=True, tag="roll_back_policy"):
    """Let the version hold again that held before the present one."""

    reason: str = ""


class RetirePolicy(PolicyCommand, frozen=True, gc=False, kw_only=True, tag="retire_policy"):
    """Let no version hold any more."""

    reason: str = ""


class ShadowPolicy(PolicyCommand, frozen=True, gc=False, kw_only=True, tag="shadow_policy"):
    """Score a version beside the live one without carrying it out; version 0 ends that."""

    policy_version: int
