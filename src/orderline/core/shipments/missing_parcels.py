"""Parcels that were delivered, as their carrier says, and not received, as their customer says: looked into, then decided.

Accepted, the parcel is lost after all, with all that follows; rejected, it stays delivered.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.fulfillments.moving import move_items
from orderline.core.jobs import FollowUp
from orderline.core.moves import Bucket, Move
from orderline.core.orders.events import MovedItem, ParcelTracked
from orderline.core.orders.guards import check_fulfillment, check_text
from orderline.core.orders.parcels import ParcelState
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.records import Record, RecordCommand, RecordEvent, RecordKey, RecordKind, Window
from orderline.core.shipments.deadlines import deadline
from orderline.core.stock.checks import check_code
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

ANSWER_WITHIN: Final = timedelta(days=5)
NOT_RECEIVED: Final = "not_received"


class MissingRefusal(StrEnum):
    MISSING_PARCEL_UNKNOWN = "MISSING_PARCEL_UNKNOWN"
    MISSING_PARCEL_EXISTS = "MISSING_PARCEL_EXISTS"
    MISSING_PARCEL_STATE = "MISSING_PARCEL_STATE"


R = MissingRefusal


class MissingState(StrEnum):
    """What was decided. withdrawn: it has turned up."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


S = MissingState


class MissingParcel(Record, frozen=True, kw_only=True):
    """A customer has not received a parcel. due_at: when it is to be decided; overdue: it was not."""

    id: str
    order: OrderId
    order_number: str
    parcel: int
    location: str
    carrier: str
    tracking_number: str
    state: MissingState
    reported_at: datetime
    delivered_at: datetime
    due_at: datetime
    note: str = ""
    answer: str = ""
    decided_by: str = ""
    overdue: bool = False


class ParcelMissed(RecordEvent, frozen=True, kw_only=True, tag="parcel_missed"):
    """A customer says that a delivered parcel was not received."""

    case: MissingParcel


class MissingDecided(RecordEvent, frozen=True, kw_only=True, tag="missing_decided"):
    """It was decided what is true."""

    state: MissingState
    answer: str
    by: str


class MissingOverdue(RecordEvent, frozen=True, kw_only=True, tag="missing_overdue"):
    """It was not decided in time."""

    at: datetime


AnyMissingEvent = ParcelMissed | MissingDecided | MissingOverdue


class MissingCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on such a case, and its order."""

    case: str
    order: OrderId

    def records(self) -> Iterable[RecordKey]:
        """The case."""
        return (("missing_parcel", self.case),)

    def orders(self) -> Iterable[OrderId]:
        """The order."""
        return (self.order,)


class ReportMissing(MissingCommand, frozen=True, gc=False, kw_only=True, tag="report_missing"):
    """The customer has not received a parcel that was delivered."""

    parcel: int
    note: str = ""


class DecideMissing(MissingCommand, frozen=True, gc=False, kw_only=True, tag="decide_missing"):
    """Accepted: the parcel is lost. Rejected: it was delivered. Neither: it has turned up (`withdrawn`)."""

    state: MissingState
    answer: str


class MissingDue(RecordCommand, frozen=True, gc=False, kw_only=True, tag="missing_due"):
    """The day has come by which it was to be decided."""

    case: str
    due_at: datetime

    def records(self) -> Iterable[RecordKey]:
        """The case."""
        return (("missing_parcel", self.case),)


def decide_report_missing(draft: Draft, command: ReportMissing, context: Context) -> None:
    """Refused MISSING_PARCEL_EXISTS: the name is taken. MISSING_PARCEL_STATE: the parcel was not delivered."""
    check_code(command.case, "case")
    known = draft.world.records.get(("missing_parcel", command.case))
    if isinstance(known, MissingParcel):
        if (known.order, known.parcel) != (command.order, command.parcel):
            raise Refused(R.MISSING_PARCEL_EXISTS, field="case", value=command.case)
        return
    order = draft.world.orders.get(command.order)
    parcel = order.parcel_of(command.parcel) if order is not None else None
    if order is None or parcel is None or parcel.state is not ParcelState.DELIVERED or parcel.moved_at is None:
        state = parcel.state if parcel is not None else None
        raise Refused(R.MISSING_PARCEL_STATE, field="parcel", value=command.parcel, state=state, allowed="delivered")
    case = MissingParcel(
        id=command.case,
        order=order.id,
        order_number=order.number,
        parcel=parcel.number,
        location=check_fulfillment(order, parcel.fulfillment).location,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        state=S.OPEN,
        reported_at=context.now,
        delivered_at=parcel.moved_at,
        due_at=context.now + ANSWER_WITHIN,
        note=check_text(command.note, "note", 1_000),
    )
    draft.tell_record(MISSING_PARCEL, case.id, ParcelMissed(case=case))


def decide_missing(draft: Draft, command: DecideMissing, context: Context) -> None:
    """Refused MISSING_PARCEL_STATE: it was decided, or the parcel is elsewhere by now."""
    case = draft.world.records.get(("missing_parcel", command.case))
    if not isinstance(case, MissingParcel) or case.order != command.order:
        raise Refused(R.MISSING_PARCEL_UNKNOWN, field="case", value=command.case[:100])
    if case.state is not S.OPEN or command.state is S.OPEN:
        raise Refused(R.MISSING_PARCEL_STATE, field="case", value=case.id, state=case.state)
    answer = check_text(command.answer, "answer", 1_000, required=True)
    if command.state is S.ACCEPTED:
        _lose(draft, case, context)
    event = MissingDecided(state=command.state, answer=answer, by=context.actor.name)
    draft.tell_record(MISSING_PARCEL, case.id, event)


def _lose(draft: Draft, case: MissingParcel, context: Context) -> None:
    """The parcel is lost after all: its units, and what follows of it."""
    order = draft.world.orders[case.order]
    parcel = order.parcel_of(case.parcel) if order is not None else None
    if order is None or parcel is None or parcel.state is not ParcelState.DELIVERED:
        raise Refused(R.MISSING_PARCEL_STATE, field="parcel", value=case.parcel, allowed="delivered")
    lost = ParcelTracked(parcel=parcel.number, state=ParcelState.LOST, at=context.now, code=NOT_RECEIVED)
    draft.tell(order.id, lost)
    items = [MovedItem(item.line, Bucket.DELIVERED, Bucket.LOST, item.quantity) for item in parcel.items]
    fulfillment = check_fulfillment(order, parcel.fulfillment)
    move_items(draft, order, fulfillment, Move.LOSE, items, context.now, reason=NOT_RECEIVED)


def decide_missing_due(draft: Draft, command: MissingDue, context: Context) -> None:
    """Refused NOTHING_TO_DO: it was decided."""
    case = draft.world.records.get(("missing_parcel", command.case))
    if not isinstance(case, MissingParcel) or case.state is not S.OPEN or case.overdue:
        raise Refused(OrderRefusal.NOTHING_TO_DO, field="case", value=command.case)
    draft.tell_record(MISSING_PARCEL, case.id, MissingOverdue(at=context.now))


def evolve_missing(case: MissingParcel | None, event: AnyMissingEvent) -> MissingParcel:
    """The case after an event."""
    if isinstance(event, ParcelMissed):
        return event.case
    assert case is not None
    if isinstance(event, MissingOverdue):
        return replace(case, overdue=True)
    return replace(case, state=event.state, answer=event.answer, decided_by=event.by)


def _window(case: MissingParcel) -> Window:
    is_open = case.state is S.OPEN
    owner = "supervisor" if case.overdue else "service"
    return Window(case.state, case.location, owner if is_open else "", case.due_at if is_open else None)


def _follow_ups(world: World, case: Any, events: Sequence[Any], now: datetime) -> list[FollowUp]:
    """Its deadline is looked at when it has come."""
    reported = any(isinstance(event, ParcelMissed) for event in events)
    return [deadline(MISSING_PARCEL, case.id, case.due_at)] if reported else []


MISSING_PARCEL: Final = RecordKind(
    "missing_parcel", MissingParcel, AnyMissingEvent, evolve_missing, _window, _follow_ups
)
RULES: Final = {
    ReportMissing: decide_report_missing,
    DecideMissing: decide_missing,
    MissingDue: decide_missing_due,
}
