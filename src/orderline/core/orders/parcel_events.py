"""What has happened to the parcels of an order."""

from datetime import datetime

from orderline.core.orders.facts import OrderEvent
from orderline.core.orders.parcels import LineQuantity, ParcelDocument, ParcelState, PickedLot, RateChoice
from orderline.values.ids import ParcelId, ShipmentId


class ParcelPacked(OrderEvent, frozen=True, gc=False, tag="parcel_packed", kw_only=True):
    """Units were put into a parcel. returned: of that return, to go back to the customer."""

    id: ParcelId
    number: int
    fulfillment: int
    items: tuple[LineQuantity, ...]
    at: datetime
    weight_g: int = 0
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    ref: str = ""
    combined: str = ""
    lots: tuple[PickedLot, ...] = ()
    returned: int = 0


class ParcelLabeled(OrderEvent, frozen=True, gc=False, tag="parcel_labeled", kw_only=True):
    """A carrier knows the parcel by a tracking number."""

    parcel: int
    carrier: str
    service: str
    tracking_number: str
    at: datetime
    partner: str = ""
    cost_minor: int = 0
    cost_currency: str = ""
    documents: tuple[ParcelDocument, ...] = ()


class FulfillmentWaved(OrderEvent, frozen=True, gc=False, tag="fulfillment_waved", kw_only=True):
    """The fulfillment order is picked together with others."""

    fulfillment: int
    wave: str
    at: datetime


class FulfillmentCombined(OrderEvent, frozen=True, gc=False, tag="fulfillment_combined", kw_only=True):
    """The fulfillment order leaves in one parcel with those of other orders; empty: on its own again."""

    fulfillment: int
    combination: str
    at: datetime


class ParcelManifested(OrderEvent, frozen=True, gc=False, tag="parcel_manifested", kw_only=True):
    """The parcel stands in a manifest, which the carrier signs for."""

    parcel: int
    manifest: str
    at: datetime


class RateChosen(OrderEvent, frozen=True, gc=False, tag="rate_chosen", kw_only=True):
    """Carrier and service of a parcel were chosen, before its label is bought: the first offer is taken."""

    parcel: int
    choice: RateChoice


class LabelRequested(OrderEvent, frozen=True, gc=False, tag="label_requested", kw_only=True):
    """A label is to be bought for a parcel, of this service and connector where they are named.

    anew: what is not named is chosen; without it the service of the label before stays.
    """

    parcel: int
    at: datetime
    service: str = ""
    partner: str = ""
    anew: bool = False


class LabelVoidRequested(OrderEvent, frozen=True, gc=False, tag="label_void_requested", kw_only=True):
    """The carrier is to take a label back that was not used."""

    parcel: int
    tracking_number: str
    at: datetime
    reason: str = ""


class LabelVoided(OrderEvent, frozen=True, gc=False, tag="label_voided", kw_only=True):
    """The carrier has taken a label back: the parcel has none, and can't leave without another."""

    parcel: int
    tracking_number: str
    at: datetime


class LabelVoidRefused(OrderEvent, frozen=True, gc=False, tag="label_void_refused", kw_only=True):
    """The carrier has not taken a label back; it stays in force."""

    parcel: int
    tracking_number: str
    at: datetime
    code: str = ""


class ShipmentHandedOver(OrderEvent, frozen=True, gc=False, tag="shipment_handed_over", kw_only=True):
    """Parcels left the location. `carrier` is "counter" when the customer collected them.

    late: their units had been canceled.
    """

    id: ShipmentId
    number: int
    fulfillment: int
    location: str
    parcels: tuple[int, ...]
    at: datetime
    carrier: str = ""
    late: bool = False


class HandoverUndone(OrderEvent, frozen=True, gc=False, tag="handover_undone", kw_only=True):
    """Parcels of a shipment had not left: that they were handed over was recorded by mistake."""

    shipment: int
    parcels: tuple[int, ...]
    at: datetime
    by: str
    reason: str = ""


class ParcelTracked(OrderEvent, frozen=True, gc=False, tag="parcel_tracked", kw_only=True):
    """A carrier told where a parcel is; `at` when it happened there."""

    parcel: int
    state: ParcelState
    at: datetime
    code: str = ""
    place: str = ""


AnyParcelEvent = (
    ParcelPacked
    | ParcelLabeled
    | RateChosen
    | LabelRequested
    | LabelVoidRequested
    | LabelVoided
    | LabelVoidRefused
    | ParcelManifested
    | FulfillmentWaved
    | FulfillmentCombined
    | ShipmentHandedOver
    | HandoverUndone
    | ParcelTracked
)
