"""Parcels after a fact: labeled, labels given back, listed, handed over, on their way. No rule lives here."""

from msgspec.structs import replace

from orderline.core.orders.parcel_events import (
    HandoverUndone,
    LabelRequested,
    LabelVoided,
    LabelVoidRefused,
    LabelVoidRequested,
    ParcelLabeled,
    ParcelManifested,
    ParcelPacked,
    ParcelTracked,
    RateChosen,
    ShipmentHandedOver,
)
from orderline.core.orders.parcels import Parcel, ParcelState, Shipment
from orderline.core.orders.state import Order

ParcelEvent = (
    ParcelLabeled
    | RateChosen
    | LabelRequested
    | LabelVoidRequested
    | LabelVoided
    | LabelVoidRefused
    | ParcelManifested
    | ParcelTracked
)


def packed(event: ParcelPacked) -> Parcel:
    """The parcel that came to be."""
    return Parcel(
        id=event.id,
        number=event.number,
        fulfillment=event.fulfillment,
        items=event.items,
        weight_g=event.weight_g,
        length_mm=event.length_mm,
        width_mm=event.width_mm,
        height_mm=event.height_mm,
        moved_at=event.at,
        ref=event.ref,
        combined=event.combined,
        lots=event.lots,
        returned=event.returned,
    )


def evolve_parcel(parcel: Parcel, event: ParcelEvent) -> Parcel:
    """The parcel after an event that is about it alone."""
    match event:
        case ParcelLabeled():
            return replace(
                parcel,
                carrier=event.carrier,
                service=event.service,
                tracking_number=event.tracking_number,
                state=ParcelState.LABELED if parcel.state is ParcelState.PACKED else parcel.state,
                partner=event.partner,
                cost_minor=event.cost_minor,
                cost_currency=event.cost_currency,
                documents=event.documents,
            )
        case RateChosen():
            return replace(parcel, choice=event.choice)
        case LabelRequested():
            service = event.service if event.anew else event.service or parcel.service
            return replace(parcel, service=service, partner=event.partner or parcel.partner, choice=None)
        case LabelVoidRequested():
            return replace(parcel, voiding=True)
        case LabelVoidRefused():
            return replace(parcel, voiding=False)
        case LabelVoided():
            return replace(
                parcel,
                state=ParcelState.PACKED if parcel.state is ParcelState.LABELED else parcel.state,
                carrier="",
                tracking_number="",
                partner="",
                cost_minor=0,
                cost_currency="",
                documents=(),
                voiding=False,
                voided=(*parcel.voided, event.tracking_number),
            )
        case ParcelManifested():
            return replace(parcel, manifest=event.manifest)
        case ParcelTracked() if event.state is ParcelState.HANDED_OVER:
            return replace(parcel, scanned=True)
        case ParcelTracked():
            return replace(parcel, state=event.state, moved_at=event.at)


def handed_over(order: Order, event: ShipmentHandedOver) -> Order:
    """The order with parcels handed over together."""
    shipment = Shipment(
        id=event.id,
        number=event.number,
        fulfillment=event.fulfillment,
        location=event.location,
        parcels=event.parcels,
        handed_over_at=event.at,
        carrier=event.carrier,
        late=event.late,
    )
    parcels = tuple(
        replace(parcel, shipment=event.number, state=ParcelState.HANDED_OVER, moved_at=event.at)
        if parcel.number in event.parcels
        else parcel
        for parcel in order.parcels
    )
    return replace(order, shipments=(*order.shipments, shipment), parcels=parcels)


def handed_back(order: Order, event: HandoverUndone) -> Order:
    """The order with parcels back where they were before they were handed over; a shipment of none is undone."""
    shipment = order.shipments[event.shipment - 1]
    left = tuple(number for number in shipment.parcels if number not in event.parcels)
    undone = tuple(dict.fromkeys((*shipment.undone, *event.parcels)))
    changed = replace(shipment, parcels=left, undone=undone, undone_at=None if left else event.at)
    parcels = tuple(
        replace(parcel, shipment=None, manifest="", scanned=False, state=_before(parcel, shipment), moved_at=event.at)
        if parcel.number in event.parcels
        else parcel
        for parcel in order.parcels
    )
    shipments = tuple(changed if each.number == shipment.number else each for each in order.shipments)
    return replace(order, shipments=shipments, parcels=parcels)


def _before(parcel: Parcel, shipment: Shipment) -> ParcelState:
    if shipment.late:
        return ParcelState.VOIDED
    return ParcelState.LABELED if parcel.tracking_number else ParcelState.PACKED
