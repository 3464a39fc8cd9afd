"""What has happened to holds, and what the hold policy has found."""

from datetime import datetime

import msgspec

from orderline.core.holds.state import Confirming, Outcome, ScorePoint
from orderline.core.orders.facts import OrderEvent
from orderline.core.orders.state import Hold


class HoldPlaced(OrderEvent, frozen=True, gc=False, tag="hold_placed"):
    """Named commands are stopped until the hold is lifted."""

    hold: Hold


class HoldReleased(OrderEvent, frozen=True, gc=False, omit_defaults=True, tag="hold_released"):
    """A hold is at its end; what it alone has stopped goes on. outcome: rejected, what follows stands beside."""

    hold: int
    by: str
    at: datetime
    reason: str = ""
    outcome: Outcome = Outcome.RELEASED
    type: str = ""


class HoldConfirming(OrderEvent, frozen=True, gc=False, tag="hold_confirming"):
    """Somebody has resolved a hold that a second one has to confirm; it stands until then."""

    hold: int
    confirming: Confirming
    reason: str = ""


class HoldEscalated(OrderEvent, frozen=True, gc=False, tag="hold_escalated"):
    """Nobody has resolved a hold in time, or somebody was asked to; it is theirs now."""

    hold: int
    owner: str
    at: datetime
    reason: str = ""


class OrderScreened(OrderEvent, frozen=True, gc=False, omit_defaults=True, tag="order_screened", kw_only=True):
    """The hold policy has looked at the order. facts: what it has seen, by name; they name no person.

    trigger: what made it look. placed: the rules whose holds stand beside, with the line.
    """

    policy: str
    trigger: str
    at: datetime
    facts: dict[str, dict[str, str | int | bool | list[str]]] = msgspec.field(
        default_factory=dict[str, dict[str, str | int | bool | list[str]]]
    )
    score: int = 0
    points: tuple[ScorePoint, ...] = ()
    placed: tuple[str, ...] = ()


AnyHoldEvent = HoldPlaced | HoldReleased | HoldConfirming | HoldEscalated | OrderScreened
