"""An approval: which roles have to say yes, who has, and what came of it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from orderline.core.jobs import FollowUp, JobBody, JobKind
from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.values.ids import OrderId

if TYPE_CHECKING:
    from orderline.core.world import World

MERCHANT: Final = "merchant"  # the role of a step that somebody of ours takes


class ApprovalState(StrEnum):
    """Waiting for the next yes, or over."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Step(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A role that has to say yes. to: the one buyer it was handed over to; by, at, note: who has, when, in what words."""

    role: str
    to: str = ""
    by: str = ""
    at: datetime | None = None
    note: str = ""


class Approval(Record, frozen=True, kw_only=True):
    """Whose yes an order needs. asked_by: the buyer who ordered, or whoever sent the order; never one of them.
    sent_by: who sent it for the buyer; they take no step either.

    rules: the names of the rules of the company that ask for it; "spending_limit": the buyer may not spend so much alone.
    """

    id: str
    order: OrderId
    company: str
    amount_minor: int
    currency: str
    asked_by: str
    rules: tuple[str, ...]
    steps: tuple[Step, ...]
    due_at: datetime
    hold: int
    state: ApprovalState = ApprovalState.PENDING
    reason: str = ""
    sent_by: str = ""

    @property
    def next(self) -> int | None:
        """The place of the step that is waited for."""
        return next((place for place, step in enumerate(self.steps) if not step.by), None)


class ApprovalAsked(RecordEvent, frozen=True, kw_only=True, tag="approval_asked"):
    """An order needs somebody's yes."""

    approval: Approval


class StepApproved(RecordEvent, frozen=True, kw_only=True, tag="step_approved"):
    """Somebody has said yes."""

    step: int
    by: str
    at: datetime
    note: str = ""


class StepDelegated(RecordEvent, frozen=True, kw_only=True, tag="step_delegated"):
    """A step was handed over to somebody."""

    step: int
    to: str
    by: str
    at: datetime
    note: str = ""


class ApprovalClosed(RecordEvent, frozen=True, kw_only=True, tag="approval_closed"):
    """It is over: everybody has said yes, somebody has said no, or nobody anything in time."""

    state: ApprovalState
    by: str
    at: datetime
    reason: str = ""


AnyApprovalEvent = ApprovalAsked | StepApproved | StepDelegated | ApprovalClosed


def evolve_approval(approval: Approval | None, event: AnyApprovalEvent) -> Approval:
    """The approval after one event."""
    if isinstance(event, ApprovalAsked):
        return event.approval
    assert approval is not None
    match event:
        case StepApproved():
            return _with_step(approval, event.step, by=event.by, at=event.at, note=event.note)
        case StepDelegated():
            return _with_step(approval, event.step, to=event.to, note=event.note)
        case ApprovalClosed():
            return replace(approval, state=event.state, reason=event.reason)


def _with_step(approval: Approval, place: int, **changes: Any) -> Approval:
    steps = list(approval.steps)
    steps[place] = replace(steps[place], **changes)
    return replace(approval, steps=tuple(steps))


def _window(approval: Approval) -> Window:
    pending = approval.state is ApprovalState.PENDING
    step = approval.next
    owner = (approval.steps[step].to or approval.steps[step].role) if pending and step is not None else ""
    return Window(approval.state, approval.company, owner, approval.due_at if pending else None)


def _follow_ups(world: "World", approval: Approval, events: Sequence[Any], now: datetime) -> list[FollowUp]:
    asked = any(isinstance(each, ApprovalAsked) for each in events)
    body, stream = JobBody(key=approval.id), f"approval {approval.id} {JobKind.APPROVAL_DUE}"
    return [FollowUp(JobKind.APPROVAL_DUE, stream, body, approval.due_at)] if asked else []


APPROVAL: Final = RecordKind("approval", Approval, AnyApprovalEvent, evolve_approval, _window, follow_ups=_follow_ups)
