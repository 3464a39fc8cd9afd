"""Reallocations that somebody proposes and somebody else approves: done as shown, or not at all."""

from typing import Final

from orderline.core.context import Context
from orderline.core.orders.guards import check_text
from orderline.core.reallocations import commands as c
from orderline.core.reallocations.decide import reallocate
from orderline.core.reallocations.evolve import REALLOCATION
from orderline.core.reallocations.refusals import ReallocationRefusal as R
from orderline.core.reallocations.state import (
    Reallocation,
    ReallocationProposed,
    ReallocationState,
    ReallocationWithdrawn,
    UnitsReallocated,
)
from orderline.core.stock.checks import check_code
from orderline.core.world import Draft
from orderline.values.failures import Refused


def decide_propose(draft: Draft, command: c.ProposeReallocation, context: Context) -> None:
    """Keep what it would do now, to both sides. Refused as carrying it out would be; REALLOCATION_EXISTS."""
    check_code(command.reallocation, "reallocation")
    if ("reallocation", command.reallocation) in draft.world.records:
        raise Refused(R.REALLOCATION_EXISTS, field="reallocation", value=command.reallocation)
    shown = _shown(draft, command, context)
    told = {name: getattr(shown, name) for name in UnitsReallocated.__struct_fields__}
    draft.tell_record(REALLOCATION, command.reallocation, ReallocationProposed(**told))


def decide_approve(draft: Draft, command: c.ApproveReallocation, context: Context) -> None:
    """Carry out what was proposed, with the rules, caps, stock and promises of now.

    Refused REALLOCATION_UNKNOWN; REALLOCATION_STATE: it does not wait for approval; APPROVER_PROPOSED: by the same person.
    Refused REALLOCATION_MOVED_ON: it would do something else by now; and as carrying it out is.
    """
    proposed = _proposed(draft, command.reallocation)
    if context.actor.name == proposed.proposed_by:
        raise Refused(R.APPROVER_PROPOSED, field="reallocation", value=proposed.id, proposed_by=proposed.proposed_by)
    own = c.approval_of(proposed)
    shown = _shown(draft, command, context) if command == own else None
    if shown is None or (shown.taker, shown.givers) != (proposed.taker, proposed.givers):
        now = {each.order: each for each in shown.givers} if shown is not None else {}
        other = next((each for each in proposed.givers if now.get(each.order) != each), None)
        raise Refused(
            R.REALLOCATION_MOVED_ON, field="reallocation", value=proposed.id,
            order=other.number if other is not None else proposed.number,
        )  # fmt: skip
    reallocate(draft, command, context, approved=True)


def decide_withdraw(draft: Draft, command: c.WithdrawReallocation, context: Context) -> None:
    """Refused REALLOCATION_UNKNOWN; REALLOCATION_STATE: it does not wait for approval."""
    proposed = _proposed(draft, command.reallocation)
    reason = check_text(command.reason, "reason", 500)
    told = ReallocationWithdrawn(reason=reason, at=context.now, by=context.actor.name)
    draft.tell_record(REALLOCATION, proposed.id, told)


def _proposed(draft: Draft, id_: str) -> Reallocation:
    known = draft.world.records.get(("reallocation", id_))
    if not isinstance(known, Reallocation):
        raise Refused(R.REALLOCATION_UNKNOWN, field="reallocation", value=id_[:100])
    if known.state is not ReallocationState.PROPOSED:
        allowed = [ReallocationState.PROPOSED.value]
        raise Refused(R.REALLOCATION_STATE, field="reallocation", value=id_, state=known.state, allowed=allowed)
    return known


def _shown(draft: Draft, command: c.Reallocate, context: Context) -> UnitsReallocated:
    """What carrying it out would tell now; nothing has changed afterwards."""
    trial = Draft(draft.world, draft.now)
    try:
        reallocate(trial, command, context, approved=True)
        return next(event for _, _, event in trial.record_events if isinstance(event, UnitsReallocated))
    finally:
        trial.roll_back()


RULES: Final = {
    c.ProposeReallocation: decide_propose,
    c.ApproveReallocation: decide_approve,
    c.WithdrawReallocation: decide_withdraw,
}
