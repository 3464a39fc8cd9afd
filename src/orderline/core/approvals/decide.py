"""Say yes or no to orders of companies. Four eyes: never who ordered, and nobody twice."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from orderline.core.approvals.asking import APPROVAL_HOLD
from orderline.core.approvals.refusals import ApprovalRefusal as R
from orderline.core.approvals.state import (
    APPROVAL,
    MERCHANT,
    Approval,
    ApprovalClosed,
    ApprovalState,
    StepApproved,
    StepDelegated,
)
from orderline.core.companies.state import Buyer, Company
from orderline.core.context import Context
from orderline.core.moves import BEFORE_SHIPMENT
from orderline.core.orders.commands import CancelUnits, Command
from orderline.core.orders.events import HoldReleased
from orderline.core.orders.guards import check_text
from orderline.core.orders.settle import settle
from orderline.core.orders.state import Order, units_in
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

Run = Callable[[Draft, Command, Context], Any]


class ApprovalCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on an approval; its order and its company are named besides, and locked with it."""

    approval: str
    order: OrderId
    company: str

    def records(self) -> Iterable[RecordKey]:
        """The approval and the company."""
        return (("approval", self.approval), ("company", self.company))

    def orders(self) -> Iterable[OrderId]:
        """The order."""
        return (self.order,)


class ApproveStep(ApprovalCommand, frozen=True, gc=False, kw_only=True, tag="approve_step"):
    """Say yes. approver: the buyer of the company who does; empty: somebody of ours, by the key."""

    approver: str = ""
    note: str = ""


class RejectApproval(ApprovalCommand, frozen=True, gc=False, kw_only=True, tag="reject_approval"):
    """Say no: the order is canceled."""

    approver: str = ""
    reason: str

    def inner(self, world: World) -> Iterable[Command]:
        """The cancellation."""
        return (CancelUnits(order=self.order, reason="not approved"),)


class DelegateStep(ApprovalCommand, frozen=True, gc=False, kw_only=True, tag="delegate_step"):
    """Hand the step that is waited for over to another buyer of the company."""

    approver: str = ""
    to: str
    note: str = ""


class ExpireApproval(ApprovalCommand, frozen=True, gc=False, kw_only=True, tag="expire_approval"):
    """Nobody has answered in time: the order is canceled."""

    def inner(self, world: World) -> Iterable[Command]:
        """The cancellation."""
        return (CancelUnits(order=self.order, reason="not approved"),)


def decide_approve(draft: Draft, command: ApproveStep, context: Context) -> None:
    """Take the next step; after the last one the order goes on. Refused as `_pending` and `_check_approver` say."""
    approval, place = _pending(draft.world, command)
    by = _check_approver(draft.world, approval, place, command.approver, context)
    note = check_text(command.note, "note", 500)
    draft.tell_record(APPROVAL, approval.id, StepApproved(step=place, by=by, at=context.now, note=note))
    if place + 1 < len(approval.steps):
        return
    draft.tell_record(APPROVAL, approval.id, ApprovalClosed(state=ApprovalState.APPROVED, by=by, at=context.now))
    _lift(draft, approval, f"approved by {by}", context)
    settle(draft, approval.order, context)


def decide_reject(draft: Draft, command: RejectApproval, context: Context, run: Run) -> None:
    """End it and cancel the order. Refused as `decide_approve`, and as a cancellation is."""
    approval, place = _pending(draft.world, command)
    by = _check_approver(draft.world, approval, place, command.approver, context)
    reason = check_text(command.reason, "reason", 500, required=True)
    _end(draft, command, approval, ApprovalState.REJECTED, by, reason, context, run)


def decide_delegate(draft: Draft, command: DelegateStep, context: Context) -> None:
    """Refused as `decide_approve`; APPROVER_NOT_ALLOWED: the other one ordered it, has said yes, or is nobody."""
    approval, place = _pending(draft.world, command)
    by = _check_approver(draft.world, approval, place, command.approver, context)
    company = draft.world.records.get(("company", approval.company))
    other = company.buyer_of(command.to) if isinstance(company, Company) else None
    if other is None or not _is_free(approval, other.code) or approval.steps[place].role == MERCHANT:
        raise Refused(R.APPROVER_NOT_ALLOWED, field="to", value=command.to[:100])
    note = check_text(command.note, "note", 500)
    draft.tell_record(APPROVAL, approval.id, StepDelegated(step=place, to=other.code, by=by, at=context.now, note=note))


def decide_expire(draft: Draft, command: ExpireApproval, context: Context, run: Run) -> None:
    """The order is canceled, unless its hold was resolved by hand meanwhile. Refused APPROVAL_NOT_DUE: there is still time."""
    approval, _ = _pending(draft.world, command)
    if approval.due_at > context.now:
        raise Refused(R.APPROVAL_NOT_DUE, field="approval", value=approval.id, due_at=approval.due_at)
    if not _is_held(draft.world.order(approval.order), approval):
        withdrawn = ApprovalClosed(
            state=ApprovalState.WITHDRAWN, by=context.actor.name, at=context.now, reason="the hold was resolved by hand"
        )
        draft.tell_record(APPROVAL, approval.id, withdrawn)
        return
    _end(draft, command, approval, ApprovalState.EXPIRED, context.actor.name, "nobody answered in time", context, run)


def _end(
    draft: Draft, command: ApprovalCommand, approval: Approval, state: ApprovalState, by: str, reason: str,
    context: Context, run: Run,
) -> None:  # fmt: skip
    draft.tell_record(APPROVAL, approval.id, ApprovalClosed(state=state, by=by, at=context.now, reason=reason))
    _lift(draft, approval, f"{state}: {reason}"[:500], context)
    order = draft.world.order(approval.order)
    if order.closed_at is None and units_in(order, *BEFORE_SHIPMENT):
        for inner in command.inner(draft.world):
            run(draft, inner, context)


def _lift(draft: Draft, approval: Approval, reason: str, context: Context) -> None:
    order = draft.world.order(approval.order)
    if _is_held(order, approval):
        released = HoldReleased(approval.hold, context.actor.name, context.now, reason, type=APPROVAL_HOLD)
        draft.tell(order.id, released)


def _is_held(order: Order, approval: Approval) -> bool:
    """Does the order still wait for this approval? Somebody may have lifted the hold, or rejected it."""
    return any(hold.number == approval.hold and hold.type == APPROVAL_HOLD for hold in order.holds)


def _pending(world: World, command: ApprovalCommand) -> tuple[Approval, int]:
    """The approval, and the place of the step that is waited for. Refused APPROVAL_UNKNOWN, APPROVAL_STATE: it is over."""
    approval = world.records.get(("approval", command.approval))
    if not isinstance(approval, Approval) or (approval.order, approval.company) != (command.order, command.company):
        raise Refused(R.APPROVAL_UNKNOWN, field="approval", value=command.approval[:100])
    place = approval.next
    if approval.state is not ApprovalState.PENDING or place is None:
        raise Refused(R.APPROVAL_STATE, field="approval", value=approval.id, state=approval.state)
    return approval, place


def _check_approver(world: World, approval: Approval, place: int, code: str, context: Context) -> str:
    """Who takes the step. Refused APPROVER_NOT_ALLOWED: has no such role, ordered it, or has taken another step."""
    step = approval.steps[place]
    company = world.records.get(("company", approval.company))
    buyer = company.buyer_of(code) if isinstance(company, Company) and code else None
    by = code or context.actor.name
    if (buyer is None) if code else (step.role != MERCHANT):
        raise Refused(R.APPROVER_NOT_ALLOWED, field="approver", value=code[:100], allowed=step.to or step.role)
    if not _is_free(approval, by) or not _may(step.role, step.to, buyer):
        raise Refused(R.APPROVER_NOT_ALLOWED, field="approver", value=by[:100], allowed=step.to or step.role)
    return by


def _may(role: str, to: str, buyer: Buyer | None) -> bool:
    if buyer is None:
        return role == MERCHANT
    return buyer.code == to if to else role in buyer.roles


def _is_free(approval: Approval, who: str) -> bool:
    """Four eyes: they have neither ordered or sent it nor taken another step."""
    return who not in (approval.asked_by, approval.sent_by) and all(step.by != who for step in approval.steps)


def rules(run: Run) -> dict[type[Command], Callable[[Draft, Any, Context], Any]]:
    """The rules. run: decides one command within a draft, as it would be decided by itself."""
    return {
        ApproveStep: decide_approve,
        RejectApproval: partial(decide_reject, run=run),
        DelegateStep: decide_delegate,
        ExpireApproval: partial(decide_expire, run=run),
    }


COMMANDS: Final = (ApproveStep, RejectApproval, DelegateStep, ExpireApproval)
