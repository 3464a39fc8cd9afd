"""Raise an alarm and take it back. What is stuck is seen in the database, where the jobs are, not in the order."""

from orderline.core.alarms.commands import ClearAlarm, RaiseAlarm
from orderline.core.alarms.events import AlarmCleared, AlarmRaised
from orderline.core.alarms.state import Alarm
from orderline.core.context import Context
from orderline.core.orders.guards import check_text, known_order, ongoing_order
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.world import Draft
from orderline.values.failures import Refused


def decide_raise_alarm(draft: Draft, command: RaiseAlarm, context: Context) -> None:
    """Refused NOTHING_TO_DO: the alarm has been raised."""
    order = ongoing_order(draft.world, command)
    if order.alarm is not None:
        raise Refused(R.NOTHING_TO_DO, value=order.number)
    step = check_text(command.step, "step", 60)
    draft.tell(order.id, AlarmRaised(Alarm(step, context.now)))


def decide_clear_alarm(draft: Draft, command: ClearAlarm, context: Context) -> None:
    """Refused NOTHING_TO_DO: there is no alarm."""
    order = known_order(draft.world, command)
    if order.alarm is None:
        raise Refused(R.NOTHING_TO_DO, value=order.number)
    draft.tell(order.id, AlarmCleared(context.now))
