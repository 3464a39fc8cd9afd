"""Parcels after a fact: labeled, labels given back, listed, on their way. No rule lives here."""

from msgspec.structs import replace

from orderline.core.orders.parcel_events import (
    LabelRequested,
    LabelVoided,
    LabelVoidRefused,
    LabelVoidRequested,
    ParcelLabeled,
    ParcelManifested,
    ParcelPacked,
    ParcelTracked,
    RateChosen,
)
from orderline.core.orders.parcels import Parcel, ParcelState

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
        case ParcelTracked():
            return replace(parcel, state=event.state, moved_at=event.at)
