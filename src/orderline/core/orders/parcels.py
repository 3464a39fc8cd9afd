"""Parcels and shipments of an order, as they stand."""

from datetime import datetime
from enum import StrEnum

import msgspec

from orderline.values.ids import ParcelId, ShipmentId


class LineQuantity(msgspec.Struct, frozen=True, gc=False):
    """A number of units of one line."""

    line: int
    quantity: int


class ParcelState(StrEnum):
    """Where a parcel is, in the carriers' common words."""

    PACKED = "packed"
    LABELED = "labeled"
    HANDED_OVER = "handed_over"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    EXCEPTION = "exception"
    RETURNING = "returning"
    DELIVERED = "delivered"
    LOST = "lost"
    RETURNED = "returned"
    VOIDED = "voided"


class ParcelDocument(msgspec.Struct, frozen=True, gc=False):
    """A label that is kept, by its format and what it must be: so many bytes, with this SHA-256 in hex."""

    format: str
    size_bytes: int
    sha256: str


class Parcel(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One package with a weight, dimensions and, once labeled, a tracking number; `ref` is its location's name for it.

    partner: the connector that its label was bought through; empty, when nobody said. cost_minor: what the label cost.
    voiding: the carrier was asked to take the label back. voided: tracking numbers of labels it has taken back.
    """

    id: ParcelId
    number: int
    fulfillment: int
    items: tuple[LineQuantity, ...]
    state: ParcelState = ParcelState.PACKED
    weight_g: int = 0
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    carrier: str = ""
    service: str = ""
    tracking_number: str = ""
    shipment: int | None = None
    moved_at: datetime | None = None
    ref: str = ""
    partner: str = ""
    cost_minor: int = 0
    cost_currency: str = ""
    documents: tuple[ParcelDocument, ...] = ()
    voiding: bool = False
    voided: tuple[str, ...] = ()
    manifest: str = ""


class Shipment(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Parcels handed to a carrier, or to the customer at a counter, together."""

    id: ShipmentId
    number: int
    fulfillment: int
    location: str
    parcels: tuple[int, ...]
    handed_over_at: datetime
    carrier: str = ""
