"""What is told of an order that nothing will move."""

from datetime import datetime

from orderline.core.alarms.state import Alarm
from orderline.core.orders.facts import OrderEvent


class AlarmRaised(OrderEvent, frozen=True, gc=False, tag="alarm_raised"):
    """Nothing will move the order: no job, timer, decision or hold stands behind its next step."""

    alarm: Alarm


class AlarmCleared(OrderEvent, frozen=True, gc=False, tag="alarm_cleared"):
    """Something moves the order again."""

    at: datetime
