"""Carriers that come for parcels: booked, called off, listed."""

from typing import Final

from orderline.api.calls import Operation, Right
from orderline.api.records import Records
from orderline.core.shipments import carrier_pickups as c

_PICKUPS: Final = Records(
    kind=c.CARRIER_PICKUP,
    one="carrier_pickup",
    many="carrier_pickups",
    capability="shipments",
    read=Right.FULFILLMENTS_READ,
    write=Right.FULFILLMENTS_WRITE,
    unknown=c.CarrierPickupRefusal.CARRIER_PICKUP_UNKNOWN,
    states=c.CarrierPickupState,
    location_of=lambda pickup: pickup.location,
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    *_PICKUPS.reading(),
    _PICKUPS.creating(
        c.BookCarrierPickup, summary="Have a carrier come to a location", names="pickup",
        refusals=("CARRIER_PICKUP_EXISTS", "CARRIER_PICKUP_WINDOW", "LOCATION_UNKNOWN", "AMOUNT_OUT_OF_RANGE"),
    ),
    _PICKUPS.acting(
        c.AnswerCarrierPickup, path="answers", summary="What the carrier has said to a pick-up", names="pickup",
        refusals=("CARRIER_PICKUP_STATE",),
    ),
    _PICKUPS.acting(
        c.CancelCarrierPickup, path="cancellations", summary="Have a carrier not come", names="pickup",
        refusals=("CARRIER_PICKUP_STATE",),
    ),
    _PICKUPS.acting(
        c.AnswerPickupCancel, path="cancellation-answers", summary="What the carrier has said to that", names="pickup",
        refusals=("CARRIER_PICKUP_STATE",),
    ),
)  # fmt: skip
