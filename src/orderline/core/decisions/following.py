"""What asks customers: which facts lead to questions about units, and to a look at those that were asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from orderline.core.decisions.asking import UNFILLABLE, Asked, DecisionCause
from orderline.core.holds.rules import ADDRESS
from orderline.core.jobs import FollowUp, JobBody, JobKind
from orderline.core.moves import Move
from orderline.core.orders.agreed_events import DecisionClosed, OrderAmended
from orderline.core.orders.events import (
    AnyOrderEvent,
    HoldPlaced,
    HoldReleased,
    PickupExpired,
    PickupReadied,
    PromiseRevised,
    UnitsMoved,
)
from orderline.core.orders.promised import PromiseCause
from orderline.core.orders.state import Order
from orderline.values.ids import OrderId

SUPPLY: Final = "supply"  # the reason of moves that follow a change of what is to come
_ASKED_ABOUT: Final = (HoldPlaced, PromiseRevised, PickupExpired)


def may_ask(event: AnyOrderEvent) -> bool:
    """May an event be what somebody is to be asked about? Told quickly, for most are not."""
    if isinstance(event, UnitsMoved):
        return event.move is Move.UNPEG
    return isinstance(event, _ASKED_ABOUT)


def asking_follow_ups(order: Order, events: Sequence[AnyOrderEvent], now: datetime) -> list[FollowUp]:
    """Ask what becomes of units that something has happened to; see whether what was asked is still a question."""
    if any(isinstance(event, DecisionClosed) and event.to is Asked.CUSTOMER for event in events):
        return []  # what has followed was chosen
    jobs: list[FollowUp] = []
    for event in events:
        match event:
            case HoldPlaced() if event.hold.type == UNFILLABLE and event.hold.line is not None:
                jobs.append(asking(order.id, DecisionCause.UNFILLABLE, now))
            case HoldPlaced() if event.hold.type == ADDRESS:
                jobs.append(asking(order.id, DecisionCause.ADDRESS, now, hold=event.hold.number))
            case PromiseRevised():
                for latest_at in sorted({each.window.latest_at for each in event.lines}):
                    lines = tuple(each.line for each in event.lines if each.window.latest_at == latest_at)
                    jobs.append(draft_delay_request(order.id, lines, latest_at, event.cause, now))
            case PickupExpired():
                jobs.append(asking(order.id, DecisionCause.UNCOLLECTED, now, fulfillment=event.fulfillment))
            case UnitsMoved(move=Move.UNPEG) if event.reason == SUPPLY:
                jobs.extend(_late_supply(order, event, events, now))
            case _:
                pass
    if any(isinstance(event, UnitsMoved | HoldReleased | OrderAmended | PickupReadied) for event in events):
        jobs.extend(
            FollowUp(
                JobKind.REVIEW_DECISION, f"{order.id} {JobKind.REVIEW_DECISION} {each.id}", JobBody(key=each.id), now
            )
            for each in order.asked
        )
    return list(dict.fromkeys(jobs))


def _late_supply(order: Order, freed: UnitsMoved, events: Sequence[AnyOrderEvent], now: datetime) -> list[FollowUp]:
    """Supply that units waited for is late, or does not come. Where a promise has moved, that asks already."""
    promised = {each.line for each in order.promises if each.outcome is None}
    moved = [each for each in events if isinstance(each, UnitsMoved) and each.move is Move.PEG]
    again = {(item.line, item.supply): item.promised_at for each in moved for item in each.items}
    held = {hold.line for hold in order.holds if hold.type == UNFILLABLE}
    jobs: list[FollowUp] = []
    for item in freed.items:
        line = order.line_of(item.line)
        latest_at = again.get((item.line, item.supply))
        if latest_at is not None and item.line not in promised:
            about = PromiseCause.SUPPLIER
            jobs.append(draft_delay_request(order.id, (item.line,), latest_at, about, now, supply=item.supply))
        elif latest_at is None and line is not None and line.units.unplanned and item.line not in held:
            about = PromiseCause.SUPPLIER
            jobs.append(draft_delay_request(order.id, (item.line,), None, about, now, supply=item.supply))
    return jobs


def draft_delay_request(
    order: OrderId,
    lines: Sequence[int],
    new_date: datetime | None,
    cause: PromiseCause,
    now: datetime,
    *,
    supply: str = "",
) -> FollowUp:
    """The job that asks a customer about a delay, where the policy of the channel says so.

    lines: those that are late. new_date: when they will be there; None: nobody knows. supply: the row that slipped.
    """
    body = JobBody(cause=DecisionCause.DELAY, lines=tuple(lines), latest_at=new_date, why=cause, key=supply)
    return FollowUp(JobKind.DRAFT_DECISION, f"{order} {JobKind.DRAFT_DECISION}", body, now)


def asking(order: OrderId, cause: DecisionCause, now: datetime, *, fulfillment: int = 0, hold: int = 0) -> FollowUp:
    """The job that asks about units that can't be had, or were not collected, or whose address is doubted."""
    body = JobBody(cause=cause, fulfillment=fulfillment, hold=hold)
    return FollowUp(JobKind.DRAFT_DECISION, f"{order} {JobKind.DRAFT_DECISION}", body, now)
