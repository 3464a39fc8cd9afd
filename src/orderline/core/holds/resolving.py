"""How holds end: lifted, rejected with what follows from it, or by the clock. Two say so where the hold asks for two."""

from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.decisions.asking import UNFILLABLE
from orderline.core.holds import commands as c
from orderline.core.holds.authority import check_may_resolve, check_not_own, needs_another
from orderline.core.holds.events import HoldConfirming, HoldEscalated, HoldReleased
from orderline.core.holds.state import Breach, Confirming, Outcome
from orderline.core.orders.commands import Command, ReleaseHold
from orderline.core.orders.events import ExclusionsLifted
from orderline.core.orders.guards import check_line, check_text, ongoing_order
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import Hold, Order
from orderline.core.world import Draft
from orderline.values.failures import Refused

Run = Callable[[Draft, Command, Context], Any]

_LATE = "not resolved in time"


def decide_release_hold(draft: Draft, command: ReleaseHold, context: Context) -> None:
    """Lift one hold; what it alone has stopped goes on.

    Units that nobody could serve wait for supply then, and the locations that have rejected them are asked again.
    Refused HOLD_UNKNOWN: the order has no open hold of that number. HOLD_NOT_YOURS: the key may not, or asked for approval itself.
    Refused HOLD_CONFIRMED_BY_ANOTHER: two have to, and this is who said so first.
    """
    order = ongoing_order(draft.world, command)
    hold = _hold(order, command.hold)
    check_may_resolve(order, hold, command.authority)
    if not command.answered:
        check_not_own(hold, context)
    reason = check_text(command.reason, "reason", 500)
    if not _confirmed(draft, order, hold, Outcome.RELEASED, reason, context):
        return
    _release(draft, order, hold, reason, context)


def decide_reject_hold(draft: Draft, command: c.RejectHold, context: Context, *, run: Run) -> None:
    """Say no, and do what the hold says is done then; what can't be done refuses the whole.

    Refused HOLD_UNKNOWN, HOLD_NOT_YOURS, HOLD_CONFIRMED_BY_ANOTHER: as lifting it. FIELD_REQUIRED: no reason is given.
    """
    order = ongoing_order(draft.world, command)
    hold = _hold(order, command.hold)
    check_may_resolve(order, hold, command.authority)
    reason = check_text(command.reason, "reason", 500, required=True)
    if not _confirmed(draft, order, hold, Outcome.REJECTED, reason, context):
        return
    _reject(draft, order, hold, reason, context, run)


def decide_breach(draft: Draft, command: c.BreachHold, context: Context, *, run: Run) -> None:
    """Do what the hold says is done when nobody has acted; what can't be done goes to whoever it escalates to.

    Refused HOLD_UNKNOWN: somebody has acted. HOLD_NOT_DUE: there is time left. NOTHING_TO_DO: it was done before.
    """
    order = ongoing_order(draft.world, command)
    hold = _hold(order, command.hold)
    if hold.due_at is None or context.now < hold.due_at:
        raise Refused(R.HOLD_NOT_DUE, field="hold", value=hold.number, due_at=hold.due_at)
    if hold.escalated_at is not None:
        raise Refused(R.NOTHING_TO_DO, field="hold", value=hold.number)
    match hold.on_breach:
        case Breach.RELEASE:
            _release(draft, order, hold, _LATE, context)
        case Breach.REJECT:
            trial = Draft(draft.world, draft.now)
            try:
                _reject(trial, order, hold, _LATE, context, run)
            except Refused as refused:
                trial.roll_back()
                _escalate(draft, order, hold, f"{_LATE}; {refused.code.value}", context)
                return
            draft.absorb(trial)
        case Breach.ESCALATE:
            _escalate(draft, order, hold, _LATE, context)


def decide_escalate(draft: Draft, command: c.EscalateHold, context: Context) -> None:
    """Refused HOLD_UNKNOWN: the order has no open hold of that number. FIELD_REQUIRED: no reason is given."""
    order = ongoing_order(draft.world, command)
    hold = _hold(order, command.hold)
    to = check_text(command.to, "to", 100)
    reason = check_text(command.reason, "reason", 500, required=True)
    _escalate(draft, order, replace(hold, escalate_to=to or hold.escalate_to), reason, context)


def _hold(order: Order, number: int) -> Hold:
    hold = c.hold_of(order, number)
    if hold is None:
        raise Refused(R.HOLD_UNKNOWN, field="hold", value=number, allowed=[each.number for each in order.holds])
    return hold


def _confirmed(draft: Draft, order: Order, hold: Hold, outcome: Outcome, reason: str, context: Context) -> bool:
    if not needs_another(order, hold, outcome, context):
        return True
    confirming = Confirming(outcome, context.actor.name, context.actor.via, context.now)
    draft.tell(order.id, HoldConfirming(hold.number, confirming, reason))
    return False


def _release(draft: Draft, order: Order, hold: Hold, reason: str, context: Context) -> None:
    draft.tell(order.id, HoldReleased(hold.number, context.actor.name, context.now, reason, type=hold.type))
    if hold.type == UNFILLABLE and hold.line is not None and check_line(order, hold.line).excluded:
        draft.tell(order.id, ExclusionsLifted(hold.line))
    settle(draft, order.id, context)


def _reject(draft: Draft, order: Order, hold: Hold, reason: str, context: Context, run: Run) -> None:
    released = HoldReleased(hold.number, context.actor.name, context.now, reason, Outcome.REJECTED, hold.type)
    draft.tell(order.id, released)
    command = c.on_reject(order, hold, reason)
    if command is not None:
        run(draft, command, context)
    settle(draft, order.id, context)


def _escalate(draft: Draft, order: Order, hold: Hold, reason: str, context: Context) -> None:
    draft.tell(order.id, HoldEscalated(hold.number, hold.escalate_to or hold.owner, context.now, reason))


def rules(run: Run) -> dict[type[Command], Callable[[Draft, Any, Context], Any]]:
    """The rules. run: decides one command within a draft, as it would be decided by itself."""
    return {
        ReleaseHold: decide_release_hold,
        c.RejectHold: partial(decide_reject_hold, run=run),
        c.BreachHold: partial(decide_breach, run=run),
        c.EscalateHold: decide_escalate,
    }
