"""Carriers that come to a location for parcels: asked for, booked or refused, called off, and closed with a manifest.

One by a person; or for each day by the location's calendar, where the location says so (`books_pickups`).
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, assert_never
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.jobs import FollowUp, JobBody, JobKind
from orderline.core.orders.guards import check_text
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.records import Record, RecordCommand, RecordEvent, RecordKey, RecordKind, Window
from orderline.core.stock.checks import check_code, check_location
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.time import utc

LONGEST: Final = timedelta(hours=24)
AHEAD: Final = timedelta(days=60)
MOST_PARCELS: Final = 100_000
KIND: Final = "carrier_pickup"


class CarrierPickupRefusal(StrEnum):
    CARRIER_PICKUP_UNKNOWN = "CARRIER_PICKUP_UNKNOWN"
    CARRIER_PICKUP_EXISTS = "CARRIER_PICKUP_EXISTS"
    CARRIER_PICKUP_STATE = "CARRIER_PICKUP_STATE"
    CARRIER_PICKUP_WINDOW = "CARRIER_PICKUP_WINDOW"


R = CarrierPickupRefusal


class CarrierPickupState(StrEnum):
    """Whether the carrier comes. `canceling`: it is asked not to; `collected`: a manifest was closed for it."""

    ASKED = "asked"
    BOOKED = "booked"
    REFUSED = "refused"
    CANCELING = "canceling"
    CANCELED = "canceled"
    COLLECTED = "collected"


S = CarrierPickupState
OPEN: Final = (S.ASKED, S.BOOKED, S.CANCELING)


class CarrierPickup(Record, frozen=True, kw_only=True):
    """A carrier's visit at a location on a day there. ready_at, close_at: between what it may come.

    from_at, until_at, reference: what it has answered; code: why it does not come, or can't be called off.
    """

    id: str
    location: str
    carrier: str
    partner: str
    day: date
    ready_at: datetime
    close_at: datetime
    state: CarrierPickupState
    asked_at: datetime
    asked_by: str
    parcels: int = 0
    weight_g: int = 0
    note: str = ""
    reference: str = ""
    from_at: datetime | None = None
    until_at: datetime | None = None
    code: str = ""
    manifest: str = ""


class CarrierPickupAsked(RecordEvent, frozen=True, kw_only=True, tag="carrier_pickup_asked"):
    """A carrier is to come."""

    pickup: CarrierPickup


class CarrierPickupAnswered(RecordEvent, frozen=True, kw_only=True, tag="carrier_pickup_answered"):
    """The carrier comes, or says why not."""

    state: CarrierPickupState
    reference: str = ""
    from_at: datetime | None = None
    until_at: datetime | None = None
    code: str = ""


class CarrierPickupMoved(RecordEvent, frozen=True, kw_only=True, tag="carrier_pickup_moved"):
    """It is called off, or over. manifest: what it was given."""

    state: CarrierPickupState
    code: str = ""
    manifest: str = ""


AnyCarrierPickupEvent = CarrierPickupAsked | CarrierPickupAnswered | CarrierPickupMoved


class CarrierPickupCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a carrier's visit."""

    pickup: str

    def records(self) -> Iterable[RecordKey]:
        """The visit."""
        return ((KIND, self.pickup),)


class BookCarrierPickup(CarrierPickupCommand, frozen=True, gc=False, kw_only=True, tag="book_carrier_pickup"):
    """Have a carrier come to a location between two instants of a day there.

    partner: the connector that it is asked by; that of the carrier's name, or the one that sells labels, when not given.
    """

    location: str
    carrier: str
    ready_at: datetime
    close_at: datetime
    parcels: int = 1
    weight_g: int = 0
    note: str = ""
    partner: str = ""


class AnswerCarrierPickup(CarrierPickupCommand, frozen=True, gc=False, kw_only=True, tag="answer_carrier_pickup"):
    """What the carrier has said. code: why it does not come."""

    reference: str = ""
    from_at: datetime | None = None
    until_at: datetime | None = None
    code: str = ""


class CancelCarrierPickup(CarrierPickupCommand, frozen=True, gc=False, kw_only=True, tag="cancel_carrier_pickup"):
    """Have the carrier not come."""


class AnswerPickupCancel(CarrierPickupCommand, frozen=True, gc=False, kw_only=True, tag="answer_pickup_cancel"):
    """What the carrier has said to that. code: why it comes all the same."""

    code: str = ""


def decide_book(draft: Draft, command: BookCarrierPickup, context: Context) -> None:
    """Refused CARRIER_PICKUP_EXISTS, LOCATION_UNKNOWN; CARRIER_PICKUP_WINDOW: it ends before it begins, or has passed."""
    check_code(command.pickup, "pickup")
    if (KIND, command.pickup) in draft.world.records:
        raise Refused(R.CARRIER_PICKUP_EXISTS, field="pickup", value=command.pickup)
    check_location(draft.world, command.location)
    ready_at, close_at = utc(command.ready_at, field="ready_at"), utc(command.close_at, field="close_at")
    if not ready_at < close_at <= ready_at + LONGEST:
        allowed = "after ready_at, within a day"
        raise Refused(R.CARRIER_PICKUP_WINDOW, field="close_at", value=close_at, allowed=allowed)
    if not context.now < close_at <= context.now + AHEAD:
        raise Refused(R.CARRIER_PICKUP_WINDOW, field="close_at", value=close_at, allowed="within 60 days from now")
    for name, value, most in (("parcels", command.parcels, MOST_PARCELS), ("weight_g", command.weight_g, 10**9)):
        if not 0 <= value <= most:
            raise Refused(OrderRefusal.AMOUNT_OUT_OF_RANGE, field=name, value=value, allowed=f"from 0 to {most}")
    zone = ZoneInfo(draft.world.settings.locations[command.location].time_zone)
    pickup = CarrierPickup(
        id=command.pickup,
        location=command.location,
        carrier=check_text(command.carrier, "carrier", 60, required=True),
        partner=check_text(command.partner, "partner", 100),
        day=ready_at.astimezone(zone).date(),
        ready_at=ready_at,
        close_at=close_at,
        state=S.ASKED,
        asked_at=context.now,
        asked_by=context.actor.name,
        parcels=command.parcels,
        weight_g=command.weight_g,
        note=check_text(command.note, "note", 500),
    )
    draft.tell_record(CARRIER_PICKUP, pickup.id, CarrierPickupAsked(pickup=pickup))


def decide_answer(draft: Draft, command: AnswerCarrierPickup, context: Context) -> None:
    """Refused CARRIER_PICKUP_STATE: nobody waits for an answer."""
    pickup = _in(draft, command, (S.ASKED,))
    event = CarrierPickupAnswered(
        state=S.REFUSED if command.code else S.BOOKED,
        reference=check_text(command.reference, "reference", 200, required=not command.code),
        from_at=command.from_at,
        until_at=command.until_at,
        code=check_text(command.code, "code", 200),
    )
    draft.tell_record(CARRIER_PICKUP, pickup.id, event)


def decide_cancel_pickup(draft: Draft, command: CancelCarrierPickup, context: Context) -> None:
    """Refused CARRIER_PICKUP_STATE: it was not booked, or is over."""
    pickup = _in(draft, command, (S.BOOKED, S.REFUSED))
    state = S.CANCELING if pickup.state is S.BOOKED else S.CANCELED
    draft.tell_record(CARRIER_PICKUP, pickup.id, CarrierPickupMoved(state=state))


def decide_answer_cancel(draft: Draft, command: AnswerPickupCancel, context: Context) -> None:
    """Refused CARRIER_PICKUP_STATE: the carrier was not asked."""
    pickup = _in(draft, command, (S.CANCELING,))
    code = check_text(command.code, "code", 200)
    draft.tell_record(CARRIER_PICKUP, pickup.id, CarrierPickupMoved(state=S.BOOKED if code else S.CANCELED, code=code))


def collect(draft: Draft, id_: str, manifest: str, where: tuple[str, str, date]) -> None:
    """A manifest was closed for a visit. where: location, carrier and day of the manifest.

    Refused CARRIER_PICKUP_UNKNOWN, CARRIER_PICKUP_STATE: there is none, or it is of another place or day, or was not booked.
    """
    pickup = draft.world.records.get((KIND, id_))
    if not isinstance(pickup, CarrierPickup):
        raise Refused(R.CARRIER_PICKUP_UNKNOWN, field="pickup", value=id_[:100])
    if pickup.state is not S.BOOKED or (pickup.location, pickup.carrier, pickup.day) != where:
        raise Refused(R.CARRIER_PICKUP_STATE, field="pickup", value=id_, state=pickup.state)
    draft.tell_record(CARRIER_PICKUP, pickup.id, CarrierPickupMoved(state=S.COLLECTED, manifest=manifest))


def evolve_carrier_pickup(pickup: CarrierPickup | None, event: AnyCarrierPickupEvent) -> CarrierPickup:
    """The visit after an event."""
    if isinstance(event, CarrierPickupAsked):
        return event.pickup
    assert pickup is not None
    match event:
        case CarrierPickupAnswered():
            return replace(
                pickup,
                state=event.state,
                reference=event.reference,
                from_at=event.from_at,
                until_at=event.until_at,
                code=event.code,
            )
        case CarrierPickupMoved():
            return replace(pickup, state=event.state, code=event.code, manifest=event.manifest)
        case _:
            assert_never(event)


def _in(draft: Draft, command: CarrierPickupCommand, states: Sequence[CarrierPickupState]) -> CarrierPickup:
    pickup = draft.world.records.get((KIND, command.pickup))
    if not isinstance(pickup, CarrierPickup):
        raise Refused(R.CARRIER_PICKUP_UNKNOWN, field="pickup", value=command.pickup[:100])
    if pickup.state not in states:
        allowed = [str(state) for state in states]
        raise Refused(R.CARRIER_PICKUP_STATE, field="pickup", value=pickup.id, state=pickup.state, allowed=allowed)
    return pickup


def _window(pickup: CarrierPickup) -> Window:
    owner = {S.REFUSED: pickup.location}.get(pickup.state, pickup.carrier)
    due_at = pickup.until_at or pickup.close_at
    is_open = pickup.state in OPEN or pickup.state is S.REFUSED
    return Window(pickup.state, pickup.location, owner if is_open else "", due_at if is_open else None)


def _follow_ups(world: World, pickup: Any, events: Sequence[Any], now: datetime) -> list[FollowUp]:
    """The carrier is asked to come, and not to."""
    asked = any(isinstance(event, CarrierPickupAsked) for event in events)
    if not asked and not (pickup.state is S.CANCELING and any(isinstance(e, CarrierPickupMoved) for e in events)):
        return []
    body = JobBody(key=pickup.id, location=pickup.location)
    return [FollowUp(JobKind.CARRIER_PICKUP, f"carrier pickup {pickup.id}", body, now)]


CARRIER_PICKUP: Final = RecordKind(
    KIND, CarrierPickup, AnyCarrierPickupEvent, evolve_carrier_pickup, _window, _follow_ups
)
RULES: Final = {
    BookCarrierPickup: decide_book,
    AnswerCarrierPickup: decide_answer,
    CancelCarrierPickup: decide_cancel_pickup,
    AnswerPickupCancel: decide_answer_cancel,
}
