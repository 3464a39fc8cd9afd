"""Carriers that come to a location: booked and called off over real HTTP, each day by the calendar, closed by a manifest."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from orderline.core.orders.commands import PackUnits, ParcelInput, PickUnits, ShipParcels
from orderline.core.orders.state import LineQuantity
from orderline.core.promises.calendar_rules import WEEKDAYS, CalendarRules, Cutoff, WeekHours
from orderline.core.promises.commands import PutCalendar, PutHandling
from orderline.core.promises.handling import HandlingRules
from orderline.core.shipments.carrier_pickups import (
    BookCarrierPickup,
    CancelCarrierPickup,
    CarrierPickup,
    CarrierPickupState,
)
from orderline.core.shipments.manifests import CloseManifest, ManifestedParcel
from orderline.sandbox.settings import Partner
from orderline.store.loading import decode_record
from orderline.values.failures import Refused
from worker.site import PLACES, Site, until

S = CarrierPickupState


def book(site: Site, name: str = "P-1", **about: Any) -> None:
    begins = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    asked: dict[str, Any] = {"ready_at": begins, "close_at": begins + timedelta(hours=3), "parcels": 4, **about}
    site.engine.run(BookCarrierPickup(pickup=name, location="lyon", carrier="sandbox", **asked))


def pickups(site: Site) -> list[CarrierPickup]:
    rows = site.rows("SELECT body FROM records WHERE cell = %(cell)s AND kind = 'carrier_pickup' ORDER BY id")
    return [decode_record("carrier_pickup", body) for (body,) in rows]


def stands(site: Site, state: CarrierPickupState) -> CarrierPickup:
    return until(lambda: [each for each in pickups(site) if each.state is state], f"one that is {state}")[0]


def test_a_carrier_is_asked_to_come_and_not_to(site: Site) -> None:
    book(site)
    booked = stands(site, S.BOOKED)
    assert booked.reference == "PU-000001"
    assert booked.from_at == booked.ready_at
    assert booked.until_at == booked.ready_at + timedelta(hours=2)
    with pytest.raises(Refused, match="CARRIER_PICKUP_EXISTS"):
        book(site)
    site.engine.run(CancelCarrierPickup(pickup="P-1"))
    assert stands(site, S.CANCELED).reference == "PU-000001"
    with pytest.raises(Refused, match="CARRIER_PICKUP_STATE"):
        site.engine.run(CancelCarrierPickup(pickup="P-1"))
    site.until_no_jobs()
    site.verified()


def test_a_lost_answer_books_one_visit(site: Site) -> None:
    site.misbehave(Partner.CARRIER, drop_next=1)
    book(site)
    until(lambda: any(job["last_error"] for job in site.jobs(kind="carrier_pickup")), "a job to be tried again")
    site.clock.forward(60)
    assert stands(site, S.BOOKED).reference == "PU-000001"
    book(site, "P-2")
    until(lambda: [each.reference for each in pickups(site)] == ["PU-000001", "PU-000002"], "one more, and no third")
    site.until_no_jobs()
    site.verified()


def test_a_visit_that_the_carrier_does_not_make_is_told_with_its_reason(site: Site) -> None:
    begins = datetime.now(UTC) + timedelta(hours=1)
    book(site, ready_at=begins, close_at=begins + timedelta(minutes=10))
    assert stands(site, S.REFUSED).code == "window_too_short"
    [(state, owner)] = site.rows("SELECT state, owner FROM records WHERE cell = %(cell)s AND kind = 'carrier_pickup'")
    assert (state, owner) == ("refused", "lyon")


@pytest.mark.parametrize(
    ("about", "code"),
    [
        ({"close_at": datetime(2020, 1, 1, tzinfo=UTC)}, "CARRIER_PICKUP_WINDOW"),
        ({"ready_at": datetime(2090, 1, 1, 9, tzinfo=UTC), "close_at": datetime(2090, 1, 1, 10, tzinfo=UTC)},
         "CARRIER_PICKUP_WINDOW"),
        ({"parcels": -1}, "AMOUNT_OUT_OF_RANGE"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused_at_once(still_site: Site, about: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused, match=code):
        book(still_site, **about)


def test_a_location_has_its_carriers_come_each_day(site: Site) -> None:
    every_day = WeekHours(days=WEEKDAYS, hours=("00:00-24:00",))
    always = CalendarRules(time_zone="UTC", week=(every_day,), collections=(Cutoff(at="16:00"),))
    site.engine.run(PutCalendar(calendar="always", rules=always))
    site.engine.run(PutHandling(handling="lyon", rules=HandlingRules(calendar="always")))
    site.put_location("lyon", PLACES["lyon"], partner="", books_pickups=("sandbox",))
    site.clock.forward(600)
    booked = until(lambda: [e for e in pickups(site) if e.state is S.BOOKED], "a visit by the calendar")[0]
    assert booked.id == f"lyon-sandbox-{booked.day:%Y%m%d}"
    assert (booked.ready_at.hour, booked.note) == (16, "16:00")
    site.until_no_jobs()
    assert len({each.day for each in pickups(site)}) == len(pickups(site))
    site.verified()


def test_a_manifest_is_closed_for_the_visit_that_was_booked(site: Site) -> None:
    site.put_location("lyon", PLACES["lyon"], partner="")
    site.stock(TEE_lyon=2)
    order_id = site.place(("TEE", 2))
    site.until_units(order_id, "allocated", 2)
    both = (LineQuantity(1, 2),)
    site.engine.run(PickUnits(order=order_id, fulfillment=1, lines=both))
    site.engine.run(PackUnits(order=order_id, fulfillment=1, parcels=(ParcelInput(items=both, weight_g=900),)))
    until(lambda: site.order(order_id).parcels[0].tracking_number, "a label")
    site.engine.run(ShipParcels(order=order_id, fulfillment=1))
    now = datetime.now(UTC)
    book(site, ready_at=now, close_at=now + timedelta(hours=3))
    stands(site, S.BOOKED)
    day = site.order(order_id).shipments[0].handed_over_at.date()
    parcels = (ManifestedParcel(order_id, 1),)
    asked = CloseManifest(manifest="M-1", location="lyon", carrier="sandbox", day=day, parcels=parcels, pickup="P-1")
    with pytest.raises(Refused, match="CARRIER_PICKUP_UNKNOWN"):
        site.engine.run(msgspec.structs.replace(asked, pickup="P-9"))
    site.engine.run(asked)
    assert stands(site, S.COLLECTED).manifest == "M-1"
    site.until_no_jobs()
    site.verified()
