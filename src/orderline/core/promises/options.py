"""Options as they are told: parts with their steps, a window for each line, each way once with what it is best at."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from orderline.core.promises.model import CartLine, Goal, LineWindow, Option, Part, PartItem
from orderline.core.promises.ways import ServiceOffer, steps


def part_order(part: Part) -> tuple[datetime, str, str]:
    """What comes first stands first."""
    return part.latest_at, part.location, part.supply


def part_of(offer: ServiceOffer, items: tuple[PartItem, ...]) -> Part:
    """Units as one location would serve them by a service."""
    calendars = dict.fromkeys((offer.handover.calendar, offer.way.calendar))
    return Part(
        location=offer.location,
        items=items,
        carrier=offer.carrier,
        service=offer.service,
        handover_at=offer.handover_at,
        earliest_at=offer.earliest_at,
        latest_at=offer.latest_at,
        cost_minor=offer.cost_minor,
        carbon_g=offer.carbon_g,
        parcels=offer.parcels,
        cutoff_at=offer.handover.cutoff_at,
        cutoff=offer.handover.cutoff,
        calendars=tuple(calendars),
        steps=steps(offer),
        quantile_ppm=offer.way.quantile_ppm,
    )


def windows_of_cart(lines: Sequence[CartLine], parts: Sequence[Part], now: datetime) -> tuple[LineWindow, ...]:
    """One per line of the cart: from its first unit to its last. What is not sent is there at once."""
    windows: list[LineWindow] = []
    for number in dict.fromkeys(line.line for line in lines):
        own = [line for line in lines if line.line == number]
        wanted = sum(line.quantity for line in own if line.stocked)
        serving = [(part, item) for part in parts for item in part.items if item.line == number]
        unpromised = wanted - sum(item.quantity for _, item in serving)
        early = [part.earliest_at for part, _ in serving] or ([] if wanted else [now])
        late = [part.latest_at for part, _ in serving] or ([] if wanted else [now])
        windows.append(LineWindow(number, min(early, default=None), max(late, default=None), unpromised))
    return tuple(windows)


_GOALS: Final[tuple[tuple[Goal, Callable[[Option], Any]], ...]] = (
    (Goal.FASTEST, lambda option: option.latest_at),
    (Goal.CHEAPEST, lambda option: option.cost_minor),
    (Goal.FEWEST_PARCELS, lambda option: option.parcels),
    (Goal.GREENEST, lambda option: option.carbon_g),
)


def told(found: Sequence[Option]) -> tuple[Option, ...]:
    """Each way once, what it is best at, and a name; incomplete ones are the best of nothing while others are not."""
    ways: dict[tuple[Any, ...], Option] = {}
    for option in found:
        if option.latest_at is not None:
            serving = tuple((part.location, part.carrier, part.service, part.items) for part in option.parts)
            ways.setdefault((serving, option.pickup_location), option)
    options = list(ways.values())
    able = [option for option in options if option.complete] or options
    goals: dict[int, list[Goal]] = {}
    for goal, measure in _GOALS:
        best = min(able, key=lambda option: (measure(option), option.cost_minor, option.latest_at), default=None)
        if best is not None:
            goals.setdefault(id(best), []).append(goal)
    ordered = sorted(options, key=lambda option: (not goals.get(id(option)), option.latest_at, option.cost_minor))
    return tuple(
        msgspec.structs.replace(option, id=str(number), goals=tuple(goals.get(id(option), ())))
        for number, option in enumerate(ordered, 1)
    )
