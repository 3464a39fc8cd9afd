"""Deliveries that were agreed for later: no location is asked for their units before the day; then the clock lets them go."""

from datetime import datetime

from orderline.core.context import Context
from orderline.core.holds.events import HoldPlaced, HoldReleased
from orderline.core.holds.rules import new_hold
from orderline.core.holds.state import SCHEDULE, Breach, HoldInput
from orderline.core.orders.state import Agreement, Line, Order
from orderline.core.world import Draft
from orderline.values.ids import OrderId


def keep_schedule(draft: Draft, order_id: OrderId, context: Context, before: Agreement | None = None) -> None:
    """Have a hold on each line whose group is to be released later, until then; and none of the kind on others.

    before: what was agreed; where nothing is new since, a hold that somebody has lifted is not placed again.
    """
    wanted = _wanted(draft.world.order(order_id), context.now)
    for hold in draft.world.order(order_id).holds:
        if hold.type == SCHEDULE:
            if hold.line is not None and wanted.get(hold.line) == hold.due_at:
                del wanted[hold.line]
            else:
                reason = "the delivery is agreed for another time"
                released = HoldReleased(hold.number, context.actor.name, context.now, reason, type=SCHEDULE)
                draft.tell(order_id, released)
    agreed = _agreed(before) if before is not None else {}
    for line, due_at in sorted(wanted.items()):
        if agreed.get(line) == due_at:
            continue
        reason = f"its delivery is agreed for {due_at:%Y-%m-%d %H:%M} UTC"
        asked = HoldInput(type=SCHEDULE, line=line, due_at=due_at, on_breach=Breach.RELEASE, reason=reason)
        number = draft.world.order(order_id).holds_placed + 1
        draft.tell(order_id, HoldPlaced(new_hold(asked, number, context)))


def _agreed(agreement: Agreement) -> dict[int, datetime | None]:
    """When the units of each line were to be released."""
    groups = {each.group: each.release_at for each in agreement.groups}
    return {line.line: groups.get(line.group) for line in agreement.lines}


def _wanted(order: Order, now: datetime) -> dict[int, datetime]:
    later = {
        each.group: each.release_at
        for each in order.agreement.groups
        if each.release_at is not None and each.release_at > now
    }
    return {line.line: later[line.group] for line in order.lines if line.group in later and _is_here(line)}


def _is_here(line: Line) -> bool:
    """Has it units that have not left? Those at a location may come back from there."""
    return line.units.total() - line.units.canceled - line.units.gone > 0
