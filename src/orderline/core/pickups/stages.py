"""Stages: a reading of where units of a fulfillment order stand that is collected. Computed, never decided."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from orderline.core.orders.parcels import WAITING
from orderline.core.orders.state import FulfillmentOrder, Order, Parcel
from orderline.core.pickups.state import Pickup, PickupStage


def pickup_of(order: Order, fulfillment: FulfillmentOrder) -> Pickup | None:
    """What lies, or has lain, ready of a fulfillment order."""
    return next((each for each in order.pickups if each.fulfillment == fulfillment.number), None)


def ready_parcels(order: Order, pickup: Pickup) -> list[Parcel]:
    """Parcels that lie ready now."""
    return [parcel for parcel in order.parcels if parcel.number in pickup.parcels and parcel.state in WAITING]


def last_day(pickup: Pickup, time_zone: str) -> date:
    """The last day on which it can be collected, where it lies."""
    return (pickup.deadline_at - timedelta(seconds=1)).astimezone(ZoneInfo(time_zone)).date()


def stages_of(order: Order, fulfillment: FulfillmentOrder) -> dict[PickupStage, int]:
    """Units by stage, those that have come least far first; parts of one fulfillment order may stand in several."""
    pickup = pickup_of(order, fulfillment)
    ready = sum(i.quantity for p in ready_parcels(order, pickup) for i in p.items) if pickup is not None else 0
    late = pickup is not None and pickup.uncollected_at is not None
    units = [item.units for item in fulfillment.items]
    packed = sum(each.packed for each in units)
    stages = {
        PickupStage.TO_PICK: sum(each.allocated + each.released for each in units),
        PickupStage.PICKED: sum(each.picked for each in units),
        PickupStage.PACKED: max(0, packed - ready),
        PickupStage.READY: 0 if late else min(packed, ready),
        PickupStage.UNCOLLECTED: min(packed, ready) if late else 0,
        PickupStage.RESTOCKED: pickup.restocked if pickup is not None else 0,
        PickupStage.HANDED_OVER: sum(each.gone for each in units),
    }
    return {stage: quantity for stage, quantity in stages.items() if quantity}
