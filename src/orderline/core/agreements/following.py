"""What follows for an agreement when an order that has called it off goes on."""

from collections.abc import Sequence
from datetime import datetime

from orderline.core.jobs import FollowUp, JobBody, JobKind
from orderline.core.moves import Move
from orderline.core.orders.agreed_events import OrderAmended
from orderline.core.orders.events import AnyOrderEvent, UnitsMoved
from orderline.core.orders.state import Order


def call_off_follow_ups(order: Order, events: Sequence[AnyOrderEvent], now: datetime) -> list[FollowUp]:
    """Give units back to the agreement, when some were canceled."""
    freed = any(
        isinstance(each, OrderAmended) or (isinstance(each, UnitsMoved) and each.move is Move.CANCEL) for each in events
    )
    if order.company is None or not order.company.agreement or not freed:
        return []
    return [FollowUp(JobKind.REVIEW_CALL_OFF, review_stream(order), JobBody(key=order.company.agreement), now)]


def review_stream(order: Order) -> str:
    """Nothing else of the order waits for it."""
    return f"{order.id} {JobKind.REVIEW_CALL_OFF}"
