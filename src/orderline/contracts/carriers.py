"""What a carrier's connector must offer, and the tracking facts it tells."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from orderline.contracts.terms import Fact, Opened, Recipient, Ref, Text
from orderline.values.failures import Trouble


class TrackingCode(StrEnum):
    """Where a parcel is, in the carriers' common words."""

    LABEL_CREATED = "label_created"
    HANDED_OVER = "handed_over"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    EXCEPTION = "exception"
    DAMAGED = "damaged"
    LOST = "lost"
    RETURNING = "returning"
    RETURNED = "returned"


LAST_CODES: Final = frozenset({TrackingCode.DELIVERED, TrackingCode.LOST, TrackingCode.RETURNED})


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """What a box weighs and measures."""

    weight_g: int
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0


class RateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What would it cost to send these packages from there to here?"""

    ship_from: Recipient
    ship_to: Recipient
    packages: tuple[Package, ...]


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A service offered for a RateRequest, for all its packages together."""

    carrier: str
    service: str
    cost_minor: int
    currency: str
    transit_days: int


class LabelFormat(StrEnum):
    """What a label comes as; `pdf` for any printer, `zpl` (II) for label printers."""

    PDF = "pdf"
    ZPL = "zpl"


class LabelDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A label as the printer takes it."""

    format: LabelFormat
    content: bytes

    @property
    def fits(self) -> bool:
        """Is it what it says, and no larger than labels are?"""
        return self.content.startswith(_BEGINNINGS[self.format]) and len(self.content) <= LABEL_MOST_BYTES


LABEL_MOST_BYTES: Final = 1024 * 1024
_BEGINNINGS: Final = {LabelFormat.PDF: b"%PDF-", LabelFormat.ZPL: b"^XA"}


class LabelRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Buy a label for one parcel. Sent again under the same key it is bought once.

    drop_off: it comes from a customer, who may have no printer: a code to show at a counter is wanted as well.
    parcel_ref: the location's name for the parcel, as in its Packed fact, so that whoever scans it knows it.
    formats: those wanted; a carrier that has one alone gives that one.
    """

    key: str
    parcel_ref: str
    service: str
    ship_from: Recipient
    ship_to: Recipient
    package: Package
    order_number: str = ""
    signature: bool = False
    drop_off: bool = False
    insured_minor: int = 0
    currency: str = ""
    formats: tuple[LabelFormat, ...] = (LabelFormat.PDF, LabelFormat.ZPL)


class Labeled(msgspec.Struct, frozen=True, kw_only=True, tag="labeled", tag_field="state"):
    """A label was bought, and what the printer takes of it. cost_minor: what it cost, in `currency`.

    drop_off_code: what is shown where the parcel is taken in, instead of a label.
    """

    key: str
    tracking_number: str
    carrier: str
    service: str
    documents: tuple[LabelDocument, ...]
    cost_minor: int
    currency: str
    drop_off_code: str = ""


class NotLabeled(msgspec.Struct, frozen=True, kw_only=True, tag="not_labeled", tag_field="state"):
    """The carrier does not take this parcel (address, weight, service); nothing was bought."""

    key: str
    code: str
    message: str = ""


class VoidLabel(msgspec.Struct, frozen=True, kw_only=True):
    """Give back a label that was not used."""

    key: str
    tracking_number: str


class Voided(msgspec.Struct, frozen=True, kw_only=True, tag="voided", tag_field="state"):
    key: str


class NotVoided(msgspec.Struct, frozen=True, kw_only=True, tag="not_voided", tag_field="state"):
    """Used already, or unknown."""

    key: str
    code: str
    message: str = ""


class ManifestRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The parcels given to the carrier at one pick-up."""

    key: str
    location: str
    tracking_numbers: tuple[str, ...]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The carrier's receipt; `unknown` are numbers it has no label for."""

    reference: str
    accepted: tuple[str, ...]
    unknown: tuple[str, ...] = ()


class PickupRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Come to a location for parcels, between two instants. Sent again under the same key it is booked once."""

    key: str
    location: str
    ship_from: Recipient
    ready_at: datetime
    close_at: datetime
    parcels: int
    weight_g: int = 0
    note: str = ""


class PickupBooked(msgspec.Struct, frozen=True, kw_only=True, tag="pickup_booked", tag_field="state"):
    """The carrier comes, between these instants."""

    key: str
    reference: str
    from_at: datetime
    until_at: datetime


class PickupNotBooked(msgspec.Struct, frozen=True, kw_only=True, tag="pickup_not_booked", tag_field="state"):
    """The carrier does not come then, or not there."""

    key: str
    code: str
    message: str = ""


class PickupCancel(msgspec.Struct, frozen=True, kw_only=True):
    """Do not come. reference: the carrier's name for what was booked."""

    key: str
    reference: str


class PickupCanceled(msgspec.Struct, frozen=True, kw_only=True, tag="pickup_canceled", tag_field="state"):
    key: str


class PickupNotCanceled(msgspec.Struct, frozen=True, kw_only=True, tag="pickup_not_canceled", tag_field="state"):
    """It has come, is on its way, or does not know of it."""

    key: str
    code: str
    message: str = ""


class TrackingFact(Fact, frozen=True, kw_only=True, tag="tracking"):
    """A scan of a parcel. `code` is the carrier's word, `normalized` ours; without it a person says what the word means."""

    tracking_number: Ref
    code: Ref
    normalized: TrackingCode | None = None
    place: Text = ""
    parcel_ref: Text = ""


LabelOutcome = Labeled | NotLabeled | Trouble
VoidOutcome = Voided | NotVoided | Trouble


class Carriers(Opened, Protocol):
    """The carrier, opened for one account."""

    async def rate(self, requests: Sequence[RateRequest]) -> list[tuple[Rate, ...]]:
        """Services offered for each, cheapest first. Trouble: the carrier did not answer."""
        ...

    async def buy_labels(self, requests: Sequence[LabelRequest]) -> list[LabelOutcome]: ...

    async def void_labels(self, requests: Sequence[VoidLabel]) -> list[VoidOutcome]: ...

    async def book_pickup(self, request: PickupRequest) -> PickupBooked | PickupNotBooked:
        """Have the carrier come. Trouble: it did not answer; the same key may be sent again."""
        ...

    async def cancel_pickup(self, request: PickupCancel) -> PickupCanceled | PickupNotCanceled:
        """Have it not come. Trouble: as above."""
        ...

    async def manifest(self, request: ManifestRequest) -> Manifest:
        """Tell the carrier what it was given. Trouble: it did not answer; the same key may be sent again."""
        ...
