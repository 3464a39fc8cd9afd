"""What is counted by the hour: orders that came, shipments that left, and what went out of the ordinary."""

from datetime import UTC, datetime
from typing import Final

from orderline.core.alarms.events import AlarmRaised
from orderline.core.holds.events import HoldPlaced
from orderline.core.moves import Move
from orderline.core.orders.events import (
    AnyOrderEvent,
    OrderPlaced,
    ParcelTracked,
    PaymentAnswered,
    ShipmentHandedOver,
    UnitsMoved,
)
from orderline.core.orders.state import Order, ParcelState

ORDERS: Final = "orders"
SHIPMENTS: Final = "shipments"
EXCEPTIONS: Final = "exceptions"
COUNTED: Final = (ORDERS, SHIPMENTS, EXCEPTIONS)
_TYPES: Final = frozenset(
    (OrderPlaced, ShipmentHandedOver, HoldPlaced, UnitsMoved, PaymentAnswered, ParcelTracked, AlarmRaised)
)


def counted(order: Order | None, event: AnyOrderEvent) -> tuple[datetime, str, str] | None:
    """The hour, the channel, and as what an event of an order counts; test orders and history count for nothing.

    Exceptions are holds, units that a location rejects, declined payments, parcels astray, and alarms: by when they happened.
    """
    if type(event) not in _TYPES or order is None or order.is_test or order.history:
        return None
    match event:
        case OrderPlaced():
            return _hour(event.accepted_at), order.channel, ORDERS
        case ShipmentHandedOver():
            return _hour(event.at), order.channel, SHIPMENTS
        case HoldPlaced():
            return _hour(event.hold.placed_at), order.channel, EXCEPTIONS
        case AlarmRaised():
            return _hour(event.alarm.raised_at), order.channel, EXCEPTIONS
        case UnitsMoved(move=Move.REJECT) | ParcelTracked(state=ParcelState.LOST | ParcelState.EXCEPTION):
            return _hour(event.at), order.channel, EXCEPTIONS
        case PaymentAnswered() if event.declined:
            return _hour(event.at), order.channel, EXCEPTIONS
        case _:
            return None


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
