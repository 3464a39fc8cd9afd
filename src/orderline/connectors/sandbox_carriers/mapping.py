"""The sandbox carrier's messages and ours: pure translation. Its facts come in our own format."""

from base64 import b64decode
from collections.abc import Sequence
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
    )


def parse_voided(result: VoidedIn) -> Voided | NotVoided:
    return Voided(key=result.key) if result.voided else NotVoided(key=result.key, code=result.code)


def parse_manifest(receipt: ManifestIn) -> Manifest:
    return Manifest(reference=receipt.reference, accepted=tuple(receipt.accepted), unknown=tuple(receipt.unknown))
