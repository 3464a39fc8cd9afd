"""What papers are made of: labels as they are kept, SKUs and people, and the SKUs that lack what papers need."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from orderline.core.fulfillments.waves import Wave
from orderline.core.shipments.carrier_claims import CarrierClaim
from orderline.core.shipments.combinations import Combination
from orderline.core.shipments.manifests import Manifest
from orderline.core.stock.state import Sku
from orderline.core.transfers.state import Transfer
from orderline.store.database import Database
from orderline.store.loading import skus_of
from orderline.store.queries import query
from orderline.store.reading.records import load_record
from orderline.store.reading.source import Source
from orderline.store.working import KnownPerson, people_of
from orderline.values.ids import PersonToken

GAPS: Final = ("weight_g", "dimensions", "gtin", "hs_code", "origin")


def load_label(source: Source, order: UUID, parcel: int, tracking_number: str, form: str) -> bytes | None:
    """The label of a parcel in a format; None when it was never kept, or forgotten."""
    rows = source.rows(
        "shipments", "label_document", order_id=order, parcel=parcel, tracking_number=tracking_number, format=form
    )
    return bytes(rows[0][0]) if rows else None


def forget_labels(database: Database, before: datetime, most: int = 5_000) -> int:
    """Let go of labels kept before an instant; returns how many, `most` when there may be more."""
    with database.connection() as connection:
        return connection.execute(
            query("shipments", "forget_documents"), {"cell": database.cell, "before": before, "most": most}
        ).rowcount


class SkuGap(msgspec.Struct, frozen=True):
    """A SKU that open demand asks for and that lacks data. units: promised to orders and not gone yet.

    lacks: fields without a value: `weight_g` and `dimensions` for rates and boxes, `gtin` for scanning, `hs_code` and
    `origin` for parcels that leave the customs union.
    """

    sku: str
    description: str
    units: int
    lacks: tuple[str, ...]


def load_gaps(source: Source, *, lacks: Sequence[str] = (), most: int) -> list[SkuGap]:
    """SKUs with open demand that lack data (any, or one of those named), the most wanted first."""
    rows = source.rows("shipments", "sku_gaps", wanted=list(lacks) or list(GAPS), most=most)
    return [
        SkuGap(sku, description, int(units), tuple(name for name, gap in zip(GAPS, gaps, strict=True) if gap))
        for sku, description, units, *gaps in rows
    ]


def load_skus_of(source: Source, codes: Collection[str]) -> dict[str, Sku]:
    """What is known of SKUs."""
    return skus_of(source.rows("stock", "load_skus", codes=sorted(codes)))


def load_people_of(source: Source, tokens: Collection[PersonToken]) -> dict[PersonToken, KnownPerson]:
    """Who is behind tokens."""
    return people_of(source.rows("people", "load_people", tokens=sorted(tokens)))


def load_manifest(database: Database, id_: str) -> Manifest | None:
    """A manifest."""
    with database.connection() as connection:
        return load_record(Source(connection, database.cell), "manifest", id_)


def load_combination(database: Database, id_: str) -> Combination | None:
    """A combination."""
    with database.connection() as connection:
        return load_record(Source(connection, database.cell), "combination", id_)


def load_transfer(database: Database, id_: str) -> Transfer | None:
    """A transfer between locations."""
    with database.connection() as connection:
        return load_record(Source(connection, database.cell), "transfer", id_)


def load_claim(database: Database, id_: str) -> CarrierClaim | None:
    """A claim against a carrier."""
    with database.connection() as connection:
        return load_record(Source(connection, database.cell), "carrier_claim", id_)


def load_late_candidates(
    database: Database, carriers: Collection[str], least_days: int, since: datetime, most: int
) -> Iterator[list[tuple[UUID, int]]]:
    """Parcels (order, number) that carriers have delivered since an instant, and that are claimed for as late by nobody.

    least_days: what came in fewer days is no candidate. Up to `most` at a time, those delivered last first.
    """
    parameters: dict[str, Any] = {
        "carriers": sorted(carriers), "least": timedelta(days=least_days), "since": since, "most": most,
        "before": None, "order": None, "number": None,
    }  # fmt: skip
    while rows := database.rows(query("shipments", "late_candidates"), parameters):
        yield [(row[0], int(row[1])) for row in rows]
        if len(rows) < most:
            return
        parameters |= {"order": rows[-1][0], "number": rows[-1][1], "before": rows[-1][2]}


def load_handed_over(
    source: Source, location: str, carrier: str, since: datetime, until: datetime, *, most: int
) -> list[tuple[UUID, int]]:
    """Parcels (order, number) with tracking numbers that a carrier was given at a location in a span of time."""
    rows = source.rows(
        "shipments", "handed_over", location=location, carrier=carrier, since=since, until=until, most=most
    )
    return [(row[0], int(row[1])) for row in rows]


def load_wave(database: Database, id_: str) -> Wave | None:
    """A wave."""
    with database.connection() as connection:
        return load_record(Source(connection, database.cell), "wave", id_)


class StalledParcel(msgspec.Struct, frozen=True):
    """A parcel under way of which nothing was heard since `moved_at`."""

    order: UUID
    order_number: str
    parcel: int
    location: str
    carrier: str
    tracking_number: str
    state: str
    moved_at: datetime


def load_stalled(
    source: Source, before: datetime, *, locations: Sequence[str] = (), channels: Sequence[str] = (), most: int
) -> list[StalledParcel]:
    """Parcels under way that were last heard of before an instant, the longest silent first."""
    given = {"before": before, "locations": list(locations) or None, "channels": list(channels) or None, "most": most}
    rows = source.rows("shipments", "stalled_parcels", **given)
    return [StalledParcel(*row) for row in rows]
