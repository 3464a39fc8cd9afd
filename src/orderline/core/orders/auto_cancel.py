"""Units that find no location in time are canceled, where a routing rule or a person says so.

The date is one of the line's waiting units: it is gone with the last of them, when they are routed, promised of dated
supply, or canceled.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from orderline.core.context import Context
from orderline.core.moves import Bucket, Move
from orderline.core.orders.commands import OrderCommand
from orderline.core.orders.events import HoldReleased, MovedItem, UnitsMoved
from orderline.core.orders.guards import check_blocked, check_line, check_text, is_blocked, ongoing_order
from orderline.core.orders.reclaim import count_backorders
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import AutoCancel, Line, Order
from orderline.core.orders.status import waits_for_location
from orderline.core.orders.waiting_events import AutoCancelCleared, AutoCanceled, AutoCancelSet
from orderline.core.world import Draft
from orderline.values.failures import Refused

MOST_DAYS: Final = 3_650


class SetAutoCancel(OrderCommand, frozen=True, gc=False, kw_only=True, tag="set_auto_cancel"):
    """Cancel what finds no location within so many days; of all lines that wait now, when none is named.

    keep: lines that have such a date keep it.
    """

    days: int
    lines: tuple[int, ...] = ()
    reason: str = ""
    keep: bool = False


class ClearAutoCancel(OrderCommand, frozen=True, gc=False, kw_only=True, tag="clear_auto_cancel"):
    """Let lines wait for a location as long as it takes; all of them, when none is named."""

    lines: tuple[int, ...] = ()
    reason: str = ""


class CancelDue(OrderCommand, frozen=True, gc=False, kw_only=True, tag="cancel_due"):
    """The time has come by which units were to have a location; those of a later date are left alone."""

    due_at: datetime


def decide_set_auto_cancel(draft: Draft, command: SetAutoCancel, context: Context) -> None:
    """Refused AMOUNT_OUT_OF_RANGE: of days. NOTHING_TO_DO: nothing of the lines waits, or all have their date."""
    order = ongoing_order(draft.world, command)
    if not 1 <= command.days <= MOST_DAYS:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field="days", value=command.days, allowed=f"from 1 to {MOST_DAYS}")
    due_at = context.now + timedelta(days=command.days)
    lines = [
        line.line
        for line in _named(order, command.lines)
        if waits_for_location(line) and not (command.keep and line.auto_cancel is not None)
    ]
    if not lines:
        raise Refused(R.NOTHING_TO_DO, field="lines", value=order.number, reason="nothing of it waits for a location")
    reason = check_text(command.reason, "reason", 500)
    draft.tell(order.id, AutoCancelSet(lines=tuple(lines), due_at=due_at, reason=reason))


def decide_clear_auto_cancel(draft: Draft, command: ClearAutoCancel, context: Context) -> None:
    """Refused NOTHING_TO_DO: no line has such a date."""
    order = ongoing_order(draft.world, command)
    lines = [line.line for line in _named(order, command.lines) if line.auto_cancel is not None]
    if not lines:
        raise Refused(R.NOTHING_TO_DO, field="lines", value=order.number)
    reason = check_text(command.reason, "reason", 500)
    draft.tell(order.id, AutoCancelCleared(lines=tuple(lines), reason=reason))


def decide_cancel_due(draft: Draft, command: CancelDue, context: Context) -> None:
    """Cancel what still waits. Refused NOTHING_TO_DO: nothing is due. BLOCKED_BY_HOLD: it is done when that is lifted."""
    order = ongoing_order(draft.world, command)
    due = [line for line in order.lines if line.auto_cancel is not None and line.auto_cancel.due_at <= command.due_at]
    if not due:
        raise Refused(R.NOTHING_TO_DO, field="order", value=order.number)
    free = [line for line in due if not is_blocked(order, "cancel", line.line)]
    if not free:
        check_blocked(order, "cancel", {line.line for line in due})
    by_date: dict[AutoCancel, list[MovedItem]] = {}
    for line in free:
        assert line.auto_cancel is not None
        items = by_date.setdefault(line.auto_cancel, [])
        items.extend(
            MovedItem(line.line, Bucket.POOLED, Bucket.CANCELED, share.quantity, share.pool) for share in line.claims
        )
        if line.units.unplanned:
            items.append(MovedItem(line.line, Bucket.UNPLANNED, Bucket.CANCELED, line.units.unplanned))
    for date, items in by_date.items():
        why = f"no location by {date.due_at:%Y-%m-%d %H:%M} UTC{f' ({date.reason})' if date.reason else ''}"
        draft.tell(order.id, UnitsMoved(move=Move.CANCEL, items=tuple(items), at=context.now, reason=why))
    lines = tuple(line.line for line in free)
    draft.tell(order.id, AutoCanceled(lines=lines, at=context.now))
    count_backorders(draft, order, context)
    _lift_holds(draft, order, lines, context)
    settle(draft, order.id, context)


def _lift_holds(draft: Draft, before: Order, lines: Collection[int], context: Context) -> None:
    """A hold on a line of which nothing is left to be stopped is over."""
    order = draft.world.order(before.id)
    for hold in order.holds:
        line = order.line_of(hold.line) if hold.line is not None and hold.line in lines else None
        if line is not None and line.units.canceled == line.units.total():
            why = "nothing of the line waits any more"
            draft.tell(order.id, HoldReleased(hold.number, context.actor.name, context.now, why))


def _named(order: Order, lines: Collection[int]) -> list[Line]:
    """Refused LINE_UNKNOWN."""
    return [check_line(order, line) for line in dict.fromkeys(lines)] if lines else list(order.lines)


RULES: Final = {
    SetAutoCancel: decide_set_auto_cancel,
    ClearAutoCancel: decide_clear_auto_cancel,
    CancelDue: decide_cancel_due,
}
