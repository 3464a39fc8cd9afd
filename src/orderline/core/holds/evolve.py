"""Apply what has happened to holds to their order."""

from typing import assert_never

from msgspec.structs import replace

from orderline.core.holds.events import (
    AnyHoldEvent,
    HoldConfirming,
    HoldEscalated,
    HoldPlaced,
    HoldReleased,
    OrderScreened,
)
from orderline.core.holds.state import Screening
from orderline.core.orders.state import Order


def evolve_holds(order: Order, event: AnyHoldEvent) -> Order:
    """The order after an event about its holds."""
    match event:
        case HoldPlaced():
            return replace(order, holds=(*order.holds, event.hold), holds_placed=order.holds_placed + 1)
        case HoldReleased():
            return replace(order, holds=tuple(hold for hold in order.holds if hold.number != event.hold))
        case HoldConfirming():
            return _with(order, event.hold, confirming=event.confirming)
        case HoldEscalated():
            return _with(order, event.hold, owner=event.owner, escalated_at=event.at)
        case OrderScreened():
            before = order.screening.placed if order.screening is not None else ()
            screening = Screening(
                policy=event.policy,
                at=event.at,
                score=event.score,
                points=event.points,
                placed=tuple(dict.fromkeys((*before, *event.placed))),
            )
            return replace(order, screening=screening)
        case _:
            assert_never(event)


def _with(order: Order, number: int, **changes: object) -> Order:
    holds = tuple(replace(hold, **changes) if hold.number == number else hold for hold in order.holds)
    return replace(order, holds=holds)
