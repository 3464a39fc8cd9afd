"""Parcels and shipments of an order, as they stand."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from orderline.values.ids import ParcelId, ShipmentId


class LineQuantity(msgspec.Struct, frozen=True, gc=False):
    """A number of units of one line."""

    line: int
    quantity: int


class PickedLot(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Units of a lot, or the one of a serial number, that were picked for a line or are in a parcel."""

    line: int
    lot: str
    quantity: int = 1


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


# Parcels that have not been handed over, and those that have and are neither there nor back.
WAITING: Final = (ParcelState.PACKED, ParcelState.LABELED)
UNDER_WAY: Final = (
    ParcelState.HANDED_OVER,
    ParcelState.IN_TRANSIT,
    ParcelState.OUT_FOR_DELIVERY,
    ParcelState.EXCEPTION,
    ParcelState.RETURNING,
)


class ParcelDocument(msgspec.Struct, frozen=True, gc=False):
    """A label that is kept, by its format and what it must be: so many bytes, with this SHA-256 in hex."""

    format: str
    size_bytes: int
    sha256: str


class Dropped(StrEnum):
    """Why an offer was not taken. The first that is true is told."""

    OTHER_SERVICE = "other_service"
    OTHER_METHOD = "other_method"
    TOO_DEAR = "too_dear"
    OTHER_CURRENCY = "other_currency"
    TOO_HEAVY = "too_heavy"
    PRICED_LIVE = "priced_live"
    REFUSED = "refused"
    SILENT = "silent"
    LATE = "late"
    DEARER = "dearer"


class RateOffer(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A service that would take a parcel. partner: the connector that sells its labels; empty: nobody of ours does.

    live: told by the carrier; else read from the table of the service. latest_at: when the parcel would be there.
    upgrade: it is of another method than the order's.
    """

    partner: str
    carrier: str
    service: str
    cost_minor: int
    currency: str
    latest_at: datetime
    live: bool = False
    dropped: Dropped | None = None
    upgrade: bool = False


class RateChoice(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """Offers for a parcel: the one that was taken, which is not dropped, stands first.

    promised_by: when the parcel is to be there; none: nothing was promised. silent: connectors that told no rates.
    upgrade_minor: what more a service of another method might cost to keep the promise. extra_minor: what the one taken
    costs more than what would have been taken, which is late.
    """

    at: datetime
    method: str
    weight_g: int
    offers: tuple[RateOffer, ...]
    promised_by: datetime | None = None
    silent: tuple[str, ...] = ()
    upgrade_minor: int = 0
    extra_minor: int = 0

    @property
    def taken(self) -> RateOffer | None:
        """The offer that was taken; None: no offer could be."""
        return self.offers[0] if self.offers and self.offers[0].dropped is None else None

    @property
    def late(self) -> bool:
        """Does not even what was taken keep the promise?"""
        taken = self.taken
        return taken is not None and self.promised_by is not None and taken.latest_at > self.promised_by


class Parcel(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One package with a weight, dimensions and, once labeled, a tracking number; `ref` is its location's name for it.

    partner: the connector that its label was bought through; empty, when nobody said. cost_minor: what the label cost.
    combined: the combination that it is a part of; its label, and what its carrier tells, are that of all its parts.
    choice: how its carrier and service were chosen, where there was something to choose.
    lots: which lots and serial numbers are in it, as far as they are known.
    scanned: the carrier has told that it was given it.
    returned: the return whose goods it takes back to the customer.
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
    choice: RateChoice | None = None
    combined: str = ""
    lots: tuple[PickedLot, ...] = ()
    scanned: bool = False
    returned: int = 0


class Shipment(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Parcels handed to a carrier, or to the customer at a counter, together.

    late: their units had been canceled. undone: parcels that turned out to be here still, which are not among `parcels`;
    undone_at: when none was left.
    """

    id: ShipmentId
    number: int
    fulfillment: int
    location: str
    parcels: tuple[int, ...]
    handed_over_at: datetime
    carrier: str = ""
    late: bool = False
    undone: tuple[int, ...] = ()
    undone_at: datetime | None = None
