"""What the connector of a warehouse (WMS, 3PL, store system) must offer, and the facts it tells.

Requests and cancellations go as sets, one outcome per item, in order. What is done comes back as facts; facts of one
fulfillment order carry a rising `sequence`, since they may arrive twice or out of order.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from orderline.contracts.terms import Fact, Opened, Quantity, Recipient, Ref, Sequence64, Text, Whole
from orderline.values.failures import Trouble
from orderline.values.ids import FulfillmentId


class ShortReason(StrEnum):
    """Why units were not served; the first two also say where the units are now thought to be."""

    MISSING = "missing"
    DAMAGED = "damaged"
    CAPACITY = "capacity"
    CLOSED = "closed"
    CANNOT_SHIP = "cannot_ship"
    OTHER = "other"


class RequestedLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Units to serve of one order line."""

    line: int
    sku: str
    quantity: int
    description: str = ""
    gift_message: str = ""


class FulfillmentRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Pick, pack and ship these units from this location. Sent again under the same id it has one effect.

    number: what people read on the pick list, for example "SO-1001-1".
    service: the service level promised to the customer; empty where the customer collects.
    """

    fulfillment_id: FulfillmentId
    number: str
    order_number: str
    location: str
    lines: tuple[RequestedLine, ...]
    recipient: Recipient | None = None
    service: str = ""
    due_at: datetime | None = None
    priority: int = 0
    note: str = ""


class CancelRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Ask to stop work. No lines: all of it; lines need the capability `partial_cancel`."""

    key: str
    fulfillment_id: FulfillmentId
    lines: tuple[RequestedLine, ...] = ()
    reason: str = ""


class Received(msgspec.Struct, frozen=True, kw_only=True, tag="received", tag_field="verdict"):
    """The location has it; whether it serves it comes as a fact."""

    fulfillment_id: FulfillmentId
    reference: str


class NotReceived(msgspec.Struct, frozen=True, kw_only=True, tag="not_received", tag_field="verdict"):
    """The location will not take it as it is (unknown SKU, unknown location ...); nothing was started."""

    fulfillment_id: FulfillmentId
    code: str
    message: str = ""


class CancelGranted(msgspec.Struct, frozen=True, kw_only=True, tag="granted", tag_field="verdict"):
    """Work has stopped; the units stand where they stood."""

    fulfillment_id: FulfillmentId


class CancelDenied(msgspec.Struct, frozen=True, kw_only=True, tag="denied", tag_field="verdict"):
    """Too late, or not possible; work goes on."""

    fulfillment_id: FulfillmentId
    code: str
    message: str = ""


class CancelPending(msgspec.Struct, frozen=True, kw_only=True, tag="pending", tag_field="verdict"):
    """Somebody at the location will decide; CancelAccepted or CancelRejected follows as a fact."""

    fulfillment_id: FulfillmentId


class ShortLine(msgspec.Struct, frozen=True):
    """Units of a line that were not served, and why."""

    line: int
    quantity: Quantity
    reason: ShortReason
    note: Text = ""


class PickedLine(msgspec.Struct, frozen=True):
    """Units of a line taken from the shelf."""

    line: int
    quantity: Quantity
    lot: Text = ""
    serials: tuple[Ref, ...] = ()


class PackedItem(msgspec.Struct, frozen=True):
    """Units of a line in a parcel."""

    line: int
    quantity: Quantity


class PackedParcel(msgspec.Struct, frozen=True, kw_only=True):
    """One box. `parcel_ref` is the location's name for it, unique at the partner."""

    parcel_ref: Ref
    items: tuple[PackedItem, ...]
    weight_g: Whole = 0
    length_mm: Whole = 0
    width_mm: Whole = 0
    height_mm: Whole = 0


class HandedParcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel given to a carrier, or over the counter. Tracking number and carrier where the location knows them."""

    parcel_ref: Ref
    tracking_number: Text = ""
    carrier: Text = ""


class _FulfillmentFact(Fact, frozen=True, kw_only=True):
    fulfillment_id: FulfillmentId
    sequence: Sequence64
    location: Text = ""


class Accepted(_FulfillmentFact, frozen=True, kw_only=True, tag="accepted"):
    """The location will serve it."""

    reference: Text = ""


class Rejected(_FulfillmentFact, frozen=True, kw_only=True, tag="rejected"):
    """The location cannot serve these units; units not named stay its work."""

    lines: tuple[ShortLine, ...]


class Picked(_FulfillmentFact, frozen=True, kw_only=True, tag="picked"):
    """Units taken from the shelf, and those that were not found or not fit; short units are no longer its work."""

    lines: tuple[PickedLine, ...]
    short: tuple[ShortLine, ...] = ()


class Packed(_FulfillmentFact, frozen=True, kw_only=True, tag="packed"):
    """Picked units are in parcels."""

    parcels: tuple[PackedParcel, ...]


class HandedOver(_FulfillmentFact, frozen=True, kw_only=True, tag="handed_over"):
    """Parcels left the location."""

    parcels: tuple[HandedParcel, ...]


class CancelAccepted(_FulfillmentFact, frozen=True, kw_only=True, tag="cancel_accepted"):
    """The location has stopped, as asked."""


class CancelRejected(_FulfillmentFact, frozen=True, kw_only=True, tag="cancel_rejected"):
    """The location goes on, though asked to stop."""

    code: Text = ""


WarehouseFact = Accepted | Rejected | Picked | Packed | HandedOver | CancelAccepted | CancelRejected
RequestOutcome = Received | NotReceived | Trouble
CancelOutcome = CancelGranted | CancelDenied | CancelPending | Trouble


class Warehouses(Opened, Protocol):
    """The partner that runs one or many locations."""

    async def request(self, requests: Sequence[FulfillmentRequest]) -> list[RequestOutcome]: ...

    async def request_cancel(self, requests: Sequence[CancelRequest]) -> list[CancelOutcome]: ...
