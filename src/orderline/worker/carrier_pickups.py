"""Carriers asked to come to a location, or not to; and each day by the calendars of locations that say so."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from typing import Any, Final

from orderline.contracts.carriers import (
    PickupBooked,
    PickupCancel,
    PickupCanceled,
    PickupNotBooked,
    PickupNotCanceled,
    PickupRequest,
)
from orderline.contracts.registry import Capability, Kind
from orderline.core.promises.calendars import instant_of, seconds_of
from orderline.core.promises.network import Network
from orderline.core.shipments.carrier_pickups import (
    CARRIER_PICKUP,
    AnswerCarrierPickup,
    AnswerPickupCancel,
    BookCarrierPickup,
    CarrierPickup,
    CarrierPickupState,
)
from orderline.core.stock.state import Settings
from orderline.engine.recipients import sender_of
from orderline.engine.submissions import Submission
from orderline.store.database import Database
from orderline.store.jobs import Job
from orderline.store.reading.records import load_record
from orderline.store.reading.source import Source, open_source
from orderline.worker.work import Work

AHEAD: Final = timedelta(hours=24)
STAYS: Final = timedelta(hours=2)
NOBODY: Final = "no_connector"


async def ask_for_pickups(work: Work, jobs: Sequence[Job]) -> None:
    """One call for each: to come, or not to."""
    for job in jobs:
        pickup = await work.read(_load, work.database, job.body.key)
        if pickup is None or pickup.state not in (CarrierPickupState.ASKED, CarrierPickupState.CANCELING):
            await work.finish([job])
        else:
            work.spawn([job], _ask(work, job, pickup))


async def _ask(work: Work, job: Job, pickup: CarrierPickup) -> None:
    names = work.partners.sellers()
    fits = (name for name in (pickup.partner, pickup.carrier, work.partners.chosen(Kind.CARRIERS)) if name in names)
    name = next(fits, "")
    partner = work.partners.partner(Kind.CARRIERS, name) if name else None
    coming = pickup.state is CarrierPickupState.ASKED
    if partner is None or not partner.can(Capability.PICKUPS):
        made = AnswerCarrierPickup if coming else AnswerPickupCancel
        await work.submit([(job, made(pickup=pickup.id, code=NOBODY))])
        return
    settings = await work.settings()
    answers = await work.call(partner, [job], lambda contract: _call(contract, pickup, settings))
    if answers is None:
        return
    match answers[0]:
        case PickupBooked() as booked:
            command: Any = AnswerCarrierPickup(
                pickup=pickup.id, reference=booked.reference, from_at=booked.from_at, until_at=booked.until_at
            )
        case PickupNotBooked() as refused:
            command = AnswerCarrierPickup(pickup=pickup.id, code=refused.code or "refused")
        case PickupCanceled():
            command = AnswerPickupCancel(pickup=pickup.id)
        case PickupNotCanceled() as refused:
            command = AnswerPickupCancel(pickup=pickup.id, code=refused.code or "refused")
    await work.submit([(job, command)])


async def _call(
    contract: Any, pickup: CarrierPickup, settings: Settings
) -> list[PickupBooked | PickupNotBooked | PickupCanceled | PickupNotCanceled]:
    if pickup.state is CarrierPickupState.CANCELING:
        asked = PickupCancel(key=f"pickup-off-{pickup.id}", reference=pickup.reference)
        return [await contract.cancel_pickup(asked)]
    request = PickupRequest(
        key=f"pickup-{pickup.id}",
        location=pickup.location,
        ship_from=sender_of(settings.locations[pickup.location]),
        ready_at=pickup.ready_at,
        close_at=pickup.close_at,
        parcels=pickup.parcels,
        weight_g=pickup.weight_g,
        note=pickup.note,
    )
    return [await contract.book_pickup(request)]


async def book_by_calendars(work: Work) -> int:
    """Book the next visit of each carrier that a location has come each day; returns how many are new."""
    settings = await work.settings()
    wanted = {
        code: each.books_pickups for code, each in settings.locations.items() if each.active and each.books_pickups
    }
    if not wanted:
        return 0
    now = work.services.clock()
    network = await work.read(work.network, now)
    due = [
        made for code, carriers in wanted.items() for carrier in carriers if (made := _due(network, code, carrier, now))
    ]
    known = await work.read(_known, work.database, [each.pickup for each in due])
    new = [Submission(command=each) for each in due if each.pickup not in known]
    outcomes = await work.engine.answer_all(new)
    return sum(1 for told in outcomes if told.answer)


def _due(network: Network, location: str, carrier: str, now: datetime) -> BookCarrierPickup | None:
    """The next visit by the location's calendar, if it is within a day: one for each day."""
    found = network.sites[location].calendar.next_collection(seconds_of(now), carrier)
    if found is None:
        return None
    ready_at = instant_of(found.at)
    if ready_at > now + AHEAD:
        return None
    day = date.fromordinal(found.day)
    return BookCarrierPickup(
        pickup=f"{location}-{carrier}-{day:%Y%m%d}",
        location=location,
        carrier=carrier,
        ready_at=ready_at,
        close_at=ready_at + STAYS,
        note=found.rule,
    )


def _load(database: Database, id_: str) -> CarrierPickup | None:
    with database.connection() as connection:
        return load_record(Source(connection, database.cell), CARRIER_PICKUP.name, id_)


def _known(database: Database, ids: Sequence[str]) -> set[str]:
    with closing(open_source(database).connection) as connection:
        source = Source(connection, database.cell)
        return {id_ for id_ in ids if load_record(source, CARRIER_PICKUP.name, id_) is not None}
