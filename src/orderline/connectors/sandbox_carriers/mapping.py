"""The sandbox carrier's messages and ours: pure translation. Its facts come in our own format."""

from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from orderline.contracts.carriers import (
    LabelDocument,
    Labeled,
    LabelFormat,
    LabelRequest,
    Manifest,
    ManifestRequest,
    NotLabeled,
    NotVoided,
    PickupBooked,
    PickupCancel,
    PickupCanceled,
    PickupNotBooked,
    PickupNotCanceled,
    PickupRequest,
    Rate,
    RateRequest,
    Voided,
    VoidLabel,
)

CARRIER: Final = "sandbox"


class OfferIn(msgspec.Struct, frozen=True):
    """A service the carrier offers, for all packages together."""

    service: str
    cost: int
    currency: str
    days: int


class OffersIn(msgspec.Struct, frozen=True):
    results: list[list[OfferIn]]


class SoldIn(msgspec.Struct, frozen=True):
    """The carrier's answer to one label wanted."""

    key: str
    sold: bool
    code: str = ""
    tracking: str = ""
    carrier: str = ""
    service: str = ""
    zpl: str = ""
    pdf: str = ""
    cost: int = 0
    currency: str = ""
    qr: str = ""


class SoldAllIn(msgspec.Struct, frozen=True):
    results: list[SoldIn]


class VoidedIn(msgspec.Struct, frozen=True):
    key: str
    voided: bool
    code: str = ""


class VoidedAllIn(msgspec.Struct, frozen=True):
    results: list[VoidedIn]


class ManifestIn(msgspec.Struct, frozen=True):
    reference: str
    accepted: list[str]
    unknown: list[str]


class BookedIn(msgspec.Struct, frozen=True):
    """The carrier's answer to a pick-up wanted; `begins` and `ends`: when it comes."""

    key: str
    booked: bool
    code: str = ""
    reference: str = ""
    begins: datetime | None = None
    ends: datetime | None = None


class CalledOffIn(msgspec.Struct, frozen=True):
    key: str
    canceled: bool
    code: str = ""


def render_rates(requests: Sequence[RateRequest]) -> dict[str, Any]:
    return {
        "rates": [
            {
                "origin": each.ship_from,
                "destination": each.ship_to,
                "weights_g": [package.weight_g for package in each.packages],
            }
            for each in requests
        ]
    }


def render_labels(requests: Sequence[LabelRequest]) -> dict[str, Any]:
    return {
        "labels": [
            {
                "key": each.key,
                "parcel": each.parcel_ref,
                "service": each.service,
                "origin": each.ship_from,
                "destination": each.ship_to,
                "weight_g": each.package.weight_g,
                "reference": each.order_number,
                "formats": each.formats,
                "drop_off": each.drop_off,
            }
            for each in requests
        ]
    }


def render_voids(requests: Sequence[VoidLabel]) -> dict[str, Any]:
    return {"voids": [{"key": each.key, "tracking": each.tracking_number} for each in requests]}


def render_manifest(request: ManifestRequest) -> dict[str, Any]:
    return {"key": request.key, "location": request.location, "trackings": request.tracking_numbers}


def parse_offers(offers: Sequence[OfferIn]) -> tuple[Rate, ...]:
    rates = [
        Rate(
            carrier=CARRIER,
            service=each.service,
            cost_minor=each.cost,
            currency=each.currency,
            transit_days=each.days,
        )
        for each in offers
    ]
    return tuple(sorted(rates, key=lambda rate: (rate.cost_minor, rate.service)))


def parse_sold(result: SoldIn) -> Labeled | NotLabeled:
    if not result.sold:
        return NotLabeled(key=result.key, code=result.code)
    return Labeled(
        key=result.key,
        tracking_number=result.tracking,
        carrier=result.carrier,
        service=result.service,
        documents=tuple(
            LabelDocument(format=form, content=content)
            for form, content in ((LabelFormat.PDF, b64decode(result.pdf)), (LabelFormat.ZPL, result.zpl.encode()))
            if content
        ),
        cost_minor=result.cost,
        currency=result.currency,
        drop_off_code=result.qr,
    )


def parse_voided(result: VoidedIn) -> Voided | NotVoided:
    return Voided(key=result.key) if result.voided else NotVoided(key=result.key, code=result.code)


def render_pickup(request: PickupRequest) -> dict[str, Any]:
    return {
        "key": request.key,
        "location": request.location,
        "origin": request.ship_from,
        "ready": request.ready_at,
        "close": request.close_at,
        "parcels": request.parcels,
        "weight_g": request.weight_g,
        "note": request.note,
    }


def render_cancel(request: PickupCancel) -> dict[str, Any]:
    return {"key": request.key, "reference": request.reference}


def parse_booked(result: BookedIn) -> PickupBooked | PickupNotBooked:
    if not result.booked or result.begins is None or result.ends is None:
        return PickupNotBooked(key=result.key, code=result.code)
    return PickupBooked(key=result.key, reference=result.reference, from_at=result.begins, until_at=result.ends)


def parse_called_off(result: CalledOffIn) -> PickupCanceled | PickupNotCanceled:
    return PickupCanceled(key=result.key) if result.canceled else PickupNotCanceled(key=result.key, code=result.code)


def parse_manifest(receipt: ManifestIn) -> Manifest:
    return Manifest(reference=receipt.reference, accepted=tuple(receipt.accepted), unknown=tuple(receipt.unknown))
