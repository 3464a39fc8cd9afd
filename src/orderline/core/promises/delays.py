"""Force majeure: what a delay does to promises that were made before it. Pure."""

from datetime import datetime

from orderline.core.orders.promised import LinePromise, LineWindowInput
from orderline.core.orders.state import DemandGroup, Order, ParcelState
from orderline.core.promises import tables
from orderline.core.promises.calendars import compile_calendar, instant_of, seconds_of
from orderline.core.promises.network import Delay, Network
from orderline.core.promises.transit import End, end_of
from orderline.values.geo import time_zone


def source_of(delay: Delay) -> str:
    """What a window says that was moved by a delay, so that the same delay moves it once."""
    return f"delay {delay.id}"


def delayed_windows(order: Order, delay: Delay, network: Network) -> tuple[LineWindowInput, ...]:
    """Later windows for the lines that a delay keeps; none of what is there, or was moved by it already."""
    windows: list[LineWindowInput] = []
    for promise in order.promises:
        line = order.line_of(promise.line)
        if line is None or promise.outcome is not None or promise.window.source == source_of(delay):
            continue
        group = order.group_of(line.group)
        if _concerned(order, promise, group, delay, network):
            windows.append(_later(promise, group, delay))
    return tuple(windows)


def _concerned(order: Order, promise: LinePromise, group: DemandGroup, delay: Delay, network: Network) -> bool:
    window = promise.window
    carriers = {service.split(" ")[0] for service in window.services} | {
        parcel.carrier
        for parcel in order.parcels
        if any(item.line == promise.line for item in parcel.items) and parcel.state is not ParcelState.DELIVERED
    }
    if delay.carrier and delay.carrier not in carriers:
        return False
    if delay.location and delay.location not in window.locations:
        return False
    if delay.country:
        ends = [end_of(group.place.country, group.place.postal_code)]
        ends += [network.sites[code].end for code in window.locations if code in network.sites]
        if not any(_inside(end, delay) for end in ends):
            return False
    left_at = window.handover_at or window.at
    # What was to be there before it began is late for another reason; what leaves when it is over is not kept.
    if delay.since is not None and window.latest_at < delay.since:
        return False
    return delay.until is None or left_at <= delay.until


def _inside(end: End, delay: Delay) -> bool:
    return end.country == delay.country and end.postal.startswith(delay.postal)


def _later(promise: LinePromise, group: DemandGroup, delay: Delay) -> LineWindowInput:
    window = promise.window
    return LineWindowInput(
        line=promise.line,
        earliest_at=window.earliest_at,
        latest_at=_moved(window.latest_at, group, delay.days),
        handover_at=window.handover_at,
        locations=window.locations,
        services=window.services,
        supply=window.supply,
    )


def _moved(at: datetime, group: DemandGroup, days: int) -> datetime:
    """So many delivery days later, at the same hour there."""
    place = group.place
    calendar = compile_calendar(tables.delivery_days(place.country.upper(), place.region, time_zone(place), ()))
    seconds = seconds_of(at)
    day = calendar.day_of(seconds)
    last = calendar.add_working_days(day, days)
    return at if last is None else instant_of(seconds + (last - day) * 86_400)
