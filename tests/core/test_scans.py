"""Where parcels have been, out of the journal: the last scan first, and nothing that has not been."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from orderline.core.orders.parcel_events import AnyParcelEvent, HandoverUndone, ParcelTracked, ShipmentHandedOver
from orderline.core.orders.state import ParcelState as S
from orderline.core.shipments.scans import scans_of
from orderline.values.ids import ShipmentId

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(hours: int) -> datetime:
    return START + timedelta(hours=hours)


def handed(hours: int, *parcels: int, carrier: str = "express") -> ShipmentHandedOver:
    id_ = ShipmentId(UUID(int=hours))
    return ShipmentHandedOver(
        id=id_, number=1, fulfillment=1, location="lyon", parcels=parcels, at=at(hours), carrier=carrier
    )


def told(hours: int, state: S, place: str = "", parcel: int = 1) -> ParcelTracked:
    return ParcelTracked(parcel=parcel, state=state, at=at(hours), code="E-17", place=place)


def undone(hours: int, *parcels: int) -> HandoverUndone:
    return HandoverUndone(shipment=1, parcels=parcels, at=at(hours), by="ann")


CASES: list[tuple[list[AnyParcelEvent], dict[int, list[tuple[int, S, str]]]]] = [
    ([handed(0, 1, 2)], {1: [(0, S.HANDED_OVER, "")], 2: [(0, S.HANDED_OVER, "")]}),
    (
        [handed(0, 1), told(5, S.DELIVERED, "door"), told(3, S.OUT_FOR_DELIVERY, "Paris")],
        {1: [(5, S.DELIVERED, "door"), (3, S.OUT_FOR_DELIVERY, "Paris"), (0, S.HANDED_OVER, "")]},
    ),
    ([handed(0, 1), told(0, S.IN_TRANSIT)], {1: [(0, S.IN_TRANSIT, ""), (0, S.HANDED_OVER, "")]}),
    ([handed(0, 1), told(1, S.HANDED_OVER, "Lyon hub")], {1: [(1, S.HANDED_OVER, "Lyon hub")]}),
    ([handed(0, 1), undone(1, 1)], {}),
    ([handed(0, 1), undone(1, 1), handed(2, 1)], {1: [(2, S.HANDED_OVER, "")]}),
    ([handed(0, 1, carrier="counter"), told(0, S.DELIVERED)], {1: [(0, S.DELIVERED, "")]}),
    ([told(0, S.PACKED), told(0, S.LABELED)], {}),
]


@pytest.mark.parametrize(("events", "expected"), CASES)
def test_scans_are_told_the_last_one_first(
    events: list[AnyParcelEvent], expected: dict[int, list[tuple[int, S, str]]]
) -> None:
    found = {
        number: [(each.at, each.state, each.place) for each in scans] for number, scans in scans_of(events).items()
    }
    assert found == {
        number: [(at(hours), state, place) for hours, state, place in scans] for number, scans in expected.items()
    }
