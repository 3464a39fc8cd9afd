"""What every carriers connector must do, whatever the carrier behind it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orderline.contracts.carriers import (
    Carriers,
    Labeled,
    LabelRequest,
    ManifestRequest,
    NotLabeled,
    NotVoided,
    Package,
    PickupBooked,
    PickupCancel,
    PickupCanceled,
    PickupNotBooked,
    PickupNotCanceled,
    PickupRequest,
    RateRequest,
    Voided,
    VoidLabel,
)
from orderline.contracts.terms import Recipient

LYON = Recipient(name="Warehouse", city="Lyon", postal_code="69001", country="FR")
LILLE = Recipient(name="Ana ^XZ~", lines=("1 Main Street",), city="Lille", postal_code="59000", country="FR")
OPENS = datetime(2030, 11, 20, 15, tzinfo=UTC)
BERLIN = Recipient(name="Ben", lines=("Hauptstr. 1",), city="Berlin", postal_code="10115", country="DE")


def label(key: str, **changes: Any) -> LabelRequest:
    content: dict[str, Any] = {
        "key": key,
        "parcel_ref": f"parcel-{key}",
        "service": "standard",
        "ship_from": LYON,
        "ship_to": LILLE,
        "package": Package(weight_g=900),
    }
    return LabelRequest(**content | changes)


def pickup(key: str, **changes: Any) -> PickupRequest:
    asked: dict[str, Any] = {
        "key": key, "location": "lyon", "ship_from": LYON, "ready_at": OPENS, "close_at": OPENS + timedelta(hours=3),
        "parcels": 3,
    }  # fmt: skip
    return PickupRequest(**asked | changes)


async def labeled(carriers: Carriers, key: str = "l-1") -> Labeled:
    """A label that was bought."""
    [outcome] = await carriers.buy_labels([label(key)])
    assert isinstance(outcome, Labeled)
    return outcome


@pytest.mark.anyio
class CarriersConformance:
    """To be inherited; needs a fixture `carriers`."""

    async def test_rates_come_cheapest_first_and_farther_costs_more(self, carriers: Carriers) -> None:
        near, far = await carriers.rate(
            [RateRequest(ship_from=LYON, ship_to=to, packages=(Package(weight_g=900),)) for to in (LILLE, BERLIN)]
        )
        assert [each.cost_minor for each in near] == sorted(each.cost_minor for each in near)
        assert far[0].cost_minor > near[0].cost_minor

    async def test_a_set_has_one_outcome_per_parcel_in_order_and_numbers_differ(self, carriers: Carriers) -> None:
        requests = [label(f"l-{number}") for number in range(5)]
        requests[2] = label("l-2", service="by pigeon")
        outcomes = await carriers.buy_labels(requests)
        assert [type(each) for each in outcomes] == [Labeled, Labeled, NotLabeled, Labeled, Labeled]
        assert len({each.tracking_number for each in outcomes if isinstance(each, Labeled)}) == 4

    async def test_a_label_is_a_document_the_printer_takes(self, carriers: Carriers) -> None:
        outcome = await labeled(carriers)
        assert outcome.documents
        assert len({each.format for each in outcome.documents}) == len(outcome.documents)
        for each in outcome.documents:
            assert each.fits
            assert outcome.tracking_number.encode() in each.content
        assert outcome.cost_minor > 0

    async def test_a_label_asked_for_again_is_the_same_document(self, carriers: Carriers) -> None:
        assert (await labeled(carriers)).documents == (await labeled(carriers)).documents

    async def test_a_label_not_used_can_be_given_back_and_an_unknown_one_cannot(self, carriers: Carriers) -> None:
        bought = await labeled(carriers)
        outcomes = await carriers.void_labels(
            [VoidLabel(key="v-1", tracking_number=bought.tracking_number), VoidLabel(key="v-2", tracking_number="none")]
        )
        assert [type(each) for each in outcomes] == [Voided, NotVoided]

    async def test_a_manifest_names_what_was_taken_and_what_is_unknown(self, carriers: Carriers) -> None:
        bought = await labeled(carriers)
        asked = ManifestRequest(key="m-1", location="lyon", tracking_numbers=(bought.tracking_number, "none"))
        receipt = await carriers.manifest(asked)
        assert (receipt.accepted, receipt.unknown) == ((bought.tracking_number,), ("none",))
        assert await carriers.manifest(asked) == receipt

    async def test_a_pick_up_is_booked_once_within_the_time_that_was_given(self, carriers: Carriers) -> None:
        booked = await carriers.book_pickup(pickup("p-1"))
        assert isinstance(booked, PickupBooked)
        assert OPENS <= booked.from_at < booked.until_at <= OPENS + timedelta(hours=3)
        assert await carriers.book_pickup(pickup("p-1")) == booked
        other = await carriers.book_pickup(pickup("p-2"))
        assert isinstance(other, PickupBooked)
        assert other.reference != booked.reference

    async def test_a_pick_up_that_can_not_be_is_refused(self, carriers: Carriers) -> None:
        refused = await carriers.book_pickup(pickup("p-1", close_at=OPENS))
        assert isinstance(refused, PickupNotBooked)
        assert refused.code

    async def test_a_pick_up_is_called_off_as_often_as_it_is_asked(self, carriers: Carriers) -> None:
        booked = await carriers.book_pickup(pickup("p-1"))
        assert isinstance(booked, PickupBooked)
        for _ in range(2):
            off = await carriers.cancel_pickup(PickupCancel(key="pc-1", reference=booked.reference))
            assert isinstance(off, PickupCanceled)
        assert isinstance(await carriers.cancel_pickup(PickupCancel(key="pc-2", reference="none")), PickupNotCanceled)

    async def test_a_label_handed_over_cannot_be_given_back(self, carriers: Carriers) -> None:
        number = (await labeled(carriers)).tracking_number
        await carriers.manifest(ManifestRequest(key="m-1", location="lyon", tracking_numbers=(number,)))
        [outcome] = await carriers.void_labels([VoidLabel(key="v-1", tracking_number=number)])
        assert isinstance(outcome, NotVoided)
