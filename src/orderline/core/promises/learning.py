"""What has been seen: how fast locations work, and how long carriers take. Pure; facts in, whole numbers out."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from orderline.core.orders.state import Order, ParcelState
from orderline.core.promises import tables
from orderline.core.promises.calendars import Calendar, seconds_of
from orderline.core.promises.handling import Pace, WorkKind
from orderline.core.promises.network import LearnedKey, Network
from orderline.core.promises.transit import TransitDays, end_of
from orderline.values.address import Place
from orderline.values.geo import distance_m, locate, time_zone


class Delivery(msgspec.Struct, frozen=True):
    """A parcel that was delivered: by whom, from where to where, and when."""

    carrier: str
    service: str
    location: str
    place: Place
    handed_over_at: datetime
    delivered_at: datetime


class WorkDone(msgspec.Struct, frozen=True):
    """A fulfillment order that was handed over: where, and from when to when it waited there."""

    location: str
    opened_at: datetime
    handed_over_at: datetime
    units: int


def deliveries_of(order: Order) -> list[Delivery]:
    """The parcels of an order that a carrier has delivered."""
    found: list[Delivery] = []
    for parcel in order.parcels:
        if parcel.state is not ParcelState.DELIVERED or parcel.moved_at is None or parcel.shipment is None:
            continue
        shipment = order.shipments[parcel.shipment - 1]
        group = order.group_of(order.fulfillments[parcel.fulfillment - 1].group)
        if group.pickup_location is None:
            service = parcel.service or group.method
            found.append(
                Delivery(
                    parcel.carrier or shipment.carrier, service, shipment.location, group.place,
                    shipment.handed_over_at, parcel.moved_at,
                )
            )  # fmt: skip
    return found


def learn_transit(network: Network, deliveries: Iterable[Delivery]) -> dict[LearnedKey, TransitDays]:
    """Working days really taken, by carrier, service and zone of the network's tables.

    Where only the standard tables are known, any carrier's service of the same name counts for them.
    """
    services = {service.key: service for service in network.services}
    learned: dict[LearnedKey, TransitDays] = {}
    for each in deliveries:
        site = network.sites.get(each.location)
        service = services.get((each.carrier, each.service)) or services.get((tables.CARRIER, each.service))
        if site is None or service is None or each.delivered_at < each.handed_over_at:
            continue
        found = locate(each.place)
        away_m = None
        if found is not None and site.coordinates is not None:
            away_m = distance_m(site.coordinates, found.coordinates)
        zone = service.zones.find(site.end, end_of(each.place.country, each.place.postal_code), away_m)
        if zone is None:
            continue
        calendar = network.delivery_calendar(service, each.place, time_zone(each.place))
        out = seconds_of(each.handed_over_at)
        since = max(site.calendar.day_of(out), calendar.day_of(out))
        until = calendar.day_of(seconds_of(each.delivered_at))
        key = (*service.key, zone)
        learned[key] = learned.get(key, TransitDays()).plus(calendar.working_days_between(since, until))
    return learned


def pace_of(calendar: Calendar, kind: WorkKind, done: Sequence[WorkDone]) -> Pace:
    """Work handed over, and the work time in which anything waited: an idle place is not a slow one."""
    spans = sorted((seconds_of(each.opened_at), seconds_of(each.handed_over_at)) for each in done)
    busy = 0
    reached = 0
    for begin, end in spans:
        begin = max(begin, reached)
        if end > begin:
            busy += calendar.work_between(begin, end)
            reached = end
    work = len(done) if kind is WorkKind.ORDERS else sum(each.units for each in done)
    return Pace(work, busy)
