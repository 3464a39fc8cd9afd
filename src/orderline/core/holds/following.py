"""What makes the hold policy look at an order again, and what else follows events about holds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from orderline.core.disputes.events import DisputeTold
from orderline.core.disputes.state import TAKEN
from orderline.core.holds.events import HoldPlaced, HoldReleased
from orderline.core.holds.policy import Trigger
from orderline.core.holds.rules import FRAUD
from orderline.core.holds.state import SCREENING, Outcome
from orderline.core.jobs import FollowUp, JobBody, JobKind
from orderline.core.moves import Move
from orderline.core.orders.agreed_events import OrderAmended
from orderline.core.orders.events import AnyOrderEvent, OrderAnnotated, PaymentAnswered, UnitsMoved
from orderline.core.orders.state import Order
from orderline.core.stock.state import Settings

# Why somebody is suggested for the block list.
WAS_FRAUD: Final = "was fraud"
CHARGED_BACK: Final = "was charged back"


# Moves by which units may lose the stock that was kept for them.
_FALL_BACK: Final = frozenset({Move.UNRESERVE, Move.RECLAIM, Move.UNPEG, Move.PULL_BACK, Move.REJECT})


def screening_follow_ups(
    settings: Settings, order: Order, events: Sequence[AnyOrderEvent], now: datetime
) -> list[FollowUp]:
    """Look at an order before anything else is done about it; suggest for the block list whose order was fraud, or was charged back."""
    own = str(order.id)
    wanted: dict[tuple[Trigger, str], None] = {}
    jobs: list[FollowUp] = []
    watched = any(each.looks_at(order.channel, now) for each in settings.screened.values())
    for event in events:
        match event:
            case HoldPlaced() if event.hold.type == SCREENING:
                wanted[Trigger.ACCEPT, ""] = None
            case OrderAmended() if watched:
                wanted[Trigger.EDIT, ""] = None
            case PaymentAnswered() | OrderAnnotated() if watched and order.screening is not None:
                wanted[Trigger.CONDITION, ""] = None
            case UnitsMoved() if watched and event.move in _FALL_BACK and _waits_again(order):
                wanted[Trigger.CONDITION, ""] = None
            case HoldReleased():
                if watched and event.type not in ("", SCREENING):
                    wanted[Trigger.RESOLVED, event.type] = None
                if event.type == FRAUD and event.outcome is Outcome.REJECTED:
                    jobs.append(_suggesting(order, WAS_FRAUD, now))
            case DisputeTold() if event.stage in TAKEN:
                why = f"{CHARGED_BACK}: {event.reason}" if event.reason else CHARGED_BACK
                jobs.append(_suggesting(order, why, now))
            case _:
                pass
    for trigger, resolved in wanted:
        body = JobBody(template=trigger, key=resolved, test=order.is_test)
        jobs.append(FollowUp(JobKind.SCREEN, own, body, now))
    return jobs


def _waits_again(order: Order) -> bool:
    """Was it looked at before, and has it units without stock now?"""
    return order.screening is not None and any(line.units.unplanned for line in order.lines)


def _suggesting(order: Order, why: str, now: datetime) -> FollowUp:
    body = JobBody(template=why, test=order.is_test)
    return FollowUp(JobKind.SUGGEST_ENTRIES, f"{order.id} {JobKind.SUGGEST_ENTRIES}", body, now)
