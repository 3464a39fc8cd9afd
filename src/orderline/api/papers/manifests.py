"""Manifests: what a carrier was given at a location on a day; closed once, printed as often as need be."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.papers.parcels import PDF, print_paper
from orderline.api.reading.paging import readers
from orderline.api.records import Records
from orderline.api.scoping import check_every_channel, check_location
from orderline.core.documents.handing import manifest_paper
from orderline.core.documents.paper import Paper
from orderline.core.shipments import manifests as m
from orderline.core.shipments.carrier_pickups import CARRIER_PICKUP, CarrierPickupState
from orderline.core.stock.refusals import StockRefusal
from orderline.store.documents import load_handed_over
from orderline.store.reading.records import load_record, load_records
from orderline.store.reading.source import Source
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.time import utc

_MANIFESTS: Final = Records(
    kind=m.MANIFEST,
    one="manifest",
    many="manifests",
    capability="shipments",
    read=Right.FULFILLMENTS_READ,
    write=Right.FULFILLMENTS_WRITE,
    unknown=m.ManifestRefusal.MANIFEST_UNKNOWN,
    states=m.ManifestState,
    location_of=lambda manifest: manifest.location,
    orders_in=lambda manifest: [each.order for each in manifest.parcels],
)


class CloseManifestInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """day: as it is at the location."""

    location: str
    carrier: str
    day: date


async def close_manifest(call: Call[None, CloseManifestInput]) -> Answer:
    """Find the parcels and list them; once closed, the manifest as it is."""
    asked = call.input
    check_location(call, asked.location)
    check_every_channel(call, "channel", "")  # a carrier takes what there is
    parcels = await readers(call).run(lambda source: _parcels(source, call.path["id"], asked))
    pickup = await readers(call).run(lambda source: _pickup(source, asked))
    command = m.CloseManifest(
        manifest=call.path["id"],
        location=asked.location,
        carrier=asked.carrier,
        day=asked.day,
        parcels=tuple(m.ManifestedParcel(OrderId(order), number) for order, number in sorted(parcels)),
        pickup=pickup,
    )
    return await decide(call, command, found=True)


async def read_manifest_paper(call: Call[None, None]) -> Answer:
    """The list that the driver signs."""
    manifest: m.Manifest = await _MANIFESTS.found(call)

    def make(source: Source) -> Paper:
        visit = load_record(source, CARRIER_PICKUP.name, manifest.pickup) if manifest.pickup else None
        return manifest_paper(manifest, source.settings().locations[manifest.location], visit)

    return await print_paper(call, make)


def _parcels(source: Source, id_: str, asked: CloseManifestInput) -> list[tuple[Any, int]]:
    """Those of the manifest where it is closed already, so that asking again is the same command."""
    known = load_record(source, "manifest", id_) if id_.isprintable() else None
    return [(each.order, each.parcel) for each in known.parcels] if known is not None else _handed_over(source, asked)


def _pickup(source: Source, asked: CloseManifestInput) -> str:
    """The visit of the carrier that is booked for that day; empty: none is."""
    booked = load_records(
        source,
        CARRIER_PICKUP.name,
        states=(CarrierPickupState.BOOKED,),
        subjects=(asked.location,),
        most=m.MOST_PARCELS,
    )
    return next((each.id for each in booked if (each.carrier, each.day) == (asked.carrier, asked.day)), "")


def _handed_over(source: Source, asked: CloseManifestInput) -> list[tuple[Any, int]]:
    location = source.settings().locations.get(asked.location)
    if location is None:
        raise Refused(StockRefusal.LOCATION_UNKNOWN, field="location", value=asked.location)
    utc(datetime.combine(asked.day, time(), UTC), field="day")
    since = datetime.combine(asked.day, time(), ZoneInfo(location.time_zone))
    until = datetime.combine(asked.day + timedelta(days=1), time(), ZoneInfo(location.time_zone))
    span = (since.astimezone(UTC), until.astimezone(UTC))
    return load_handed_over(source, asked.location, asked.carrier, *span, most=m.MOST_PARCELS)


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_MANIFESTS.reading(),
    Operation(
        name="close_manifest", method="PUT", path="/v1/manifests/{id}", right=Right.FULFILLMENTS_WRITE,
        summary="List what a carrier was given at a location on a day, and tell the carrier",
        description="Up to 1,000 parcels that stand in no other manifest. Closing it again changes nothing; what is"
        " handed over later goes into another.",
        handler=close_manifest, capability="shipments", input=CloseManifestInput, output=m.Manifest,
        refusals=("MANIFEST_EXISTS", "MANIFEST_EMPTY", "MANIFEST_PARCELS", "LOCATION_UNKNOWN"),
    ),
    _MANIFESTS.acting(
        m.ConfirmManifest, path="receipts", summary="The carrier's receipt for a manifest", names="manifest",
        refusals=("MANIFEST_STATE",),
    ),
    Operation(
        name="read_manifest_paper", method="GET", path="/v1/manifests/{id}/paper", right=Right.FULFILLMENTS_READ,
        summary="Print a manifest for the driver to sign", handler=read_manifest_paper, capability="shipments",
        output=PDF, refusals=("MANIFEST_UNKNOWN",),
    ),
)  # fmt: skip
