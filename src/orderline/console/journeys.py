"""Where the units of an order go: the locations that fulfill it, its parcels on their way, and where they are to arrive.

The page says it in words; the picture beside it is drawn when it is asked for, so that the page waits for no coast.
"""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from string import ascii_uppercase
from typing import Any, Final

from orderline.console.maps import HEIGHT, WIDTH, Point, Spot, Way, draw
from orderline.console.order_parts import Parcel, parcels_of
from orderline.console.ports import Backend
from orderline.console.rendering import assets, render, static_path
from orderline.console.visits import Sent, Visit, whole
from orderline.values.address import Place
from orderline.values.address_rules import find_country
from orderline.values.geo import locate

# Beyond so many a map says nothing any more.
MOST_PLACES: Final = len(ascii_uppercase)
MOST_PARCELS: Final = 20
_OVER: Final = ("delivered", "lost")


@dataclass
class Origin:
    """A location that fulfills. numbers: of its fulfillment orders; groups: whose units they are."""

    mark: str
    location: str
    numbers: list[int]
    groups: list[int]


@dataclass
class Target:
    """Where units of some demand groups are to arrive. mark: "", where there is only one."""

    mark: str
    place: Place
    groups: list[int]


@dataclass
class Leg:
    """A parcel on its way. origin: None where its location is not on the map. last: what was told last: instant, what, where."""

    parcel: Parcel
    origin: Origin | None
    target: Target | None

    @property
    def last(self) -> tuple[str, str, str] | None:
        """What its location or its carrier has said last."""
        return self.parcel.told[0] if self.parcel.told else None


@dataclass
class Journey:
    """All of it; empty as long as no location is to fulfill the order."""

    origins: list[Origin]
    legs: list[Leg]
    targets: list[Target]


def journey_of(order: Mapping[str, Any], parcels: Sequence[Parcel]) -> Journey:
    """From where to where the units go, each with its mark on the map."""
    sent = {each.fulfillment for each in parcels}
    origins: dict[str, Origin] = {}
    group_of: dict[int, int] = {}
    for each in order.get("fulfillments", ()):
        group_of[each["number"]] = each["group"]
        if each.get("execution") == "canceled" and each["number"] not in sent:
            continue
        at = each["location"]
        if at not in origins and len(origins) < MOST_PLACES:
            origins[at] = Origin(ascii_uppercase[len(origins)], at, [], [])
        if at in origins:
            origins[at].numbers.append(each["number"])
            origins[at].groups.append(each["group"])
    targets: dict[Place, Target] = {}
    for group in order["agreements"][-1]["groups"]:
        if group["group"] in group_of.values():
            place = Place(**group["place"])
            targets.setdefault(place, Target("", place, [])).groups.append(group["group"])
    if len(targets) > 1:
        for at, target in enumerate(targets.values(), 1):
            target.mark = str(at)
    legs = [
        Leg(
            each,
            next((origin for origin in origins.values() if each.fulfillment in origin.numbers), None),
            next((target for target in targets.values() if group_of.get(each.fulfillment) in target.groups), None),
        )
        for each in parcels[:MOST_PARCELS]
    ]
    return Journey(list(origins.values()), legs, list(targets.values()))


async def picture(visit: Visit) -> Sent:
    """The map of an order, in the colors of the page that it stands in."""
    read = await visit.ask("read_order", {"order": visit.path["order"]}, query={"parts": "timeline"})
    order: dict[str, Any] = read["order"]
    journey = journey_of(order, parcels_of(order, read["timeline"], {}, visit.spoken))
    content = await asyncio.to_thread(_drawn, journey, visit.parts.backend)
    return Sent(whole(content), "image/svg+xml", f"{order['number']}.svg", picture=True)


def _drawn(journey: Journey, backend: Backend) -> bytes:
    places = backend.places([each.location for each in journey.origins])
    starts = {each.location: _point(places.get(each.location)) for each in journey.origins}
    ends = {id(each): _point(each.place) for each in journey.targets}
    spots = [Spot(each.location, each.mark, "serves", *at) for each in journey.origins if (at := starts[each.location])]
    spots += [Spot("", each.mark, "target", *at) for each in journey.targets if (at := ends[id(each)])]
    ways: list[Way] = []
    for leg in journey.legs:
        start = starts[leg.origin.location] if leg.origin else None
        end = ends[id(leg.target)] if leg.target else None
        gone = list(_gone(leg, start, end))
        if gone:
            spots.append(Spot("", str(leg.parcel.number), "parcel", *gone[-1]))
        ahead = None if leg.parcel.state in _OVER else start if leg.parcel.state == "returning" else end
        ways += _ways(gone, ahead)
    sent = {leg.parcel.fulfillment for leg in journey.legs}
    for origin in journey.origins:
        start = starts[origin.location]
        waiting = {group for number, group in zip(origin.numbers, origin.groups, strict=True) if number not in sent}
        for target in journey.targets:
            if start and not waiting.isdisjoint(target.groups):
                ways += _ways([start], ends[id(target)])
    drawn = draw(spots, ways)
    return render("map.svg", {"drawn": drawn, "width": WIDTH, "height": HEIGHT, "style": style()})


def _ways(gone: Sequence[Point], ahead: Point | None) -> Iterator[Way]:
    if len(gone) > 1:
        yield Way("gone", tuple(gone))
    if gone and ahead and ahead != gone[-1]:
        yield Way("ahead", (gone[-1], ahead))


def _gone(leg: Leg, start: Point | None, end: Point | None) -> Iterator[Point]:
    """The places that a parcel is known to have been at, the last one last."""
    last = start
    if start:
        yield start
    for _, _, where in reversed(leg.parcel.told):
        at = spoken_point(where, leg.target.place.country if leg.target else "") if where else None
        if at and at != last:
            yield at
            last = at
    if leg.parcel.state == "delivered" and end and end != last:
        yield end


def spoken_point(text: str, country: str) -> Point | None:
    """Where a place is that a carrier names, as `Lyon FR` or `Memphis, TN, US`; None: no town of that name is known.

    country: where it is, if it does not say so.
    """
    parts = [each.strip() for each in text.split(",") if each.strip()]
    named = re.fullmatch(r"(.*?)[\s,]+([A-Z]{2,3})", text.strip())
    tries: list[Place] = []
    if named:
        city, _, region = (each.strip() for each in named[1].partition(","))
        rules = find_country(country)
        if rules and rules.find_region(named[2]):
            tries.append(Place(country=country, city=city, region=named[2]))
        tries.append(Place(country=named[2], city=city, region=region))
    if parts and country:
        tries.append(Place(country=country, city=parts[0]))
    for place in tries:
        found = locate(place)
        if found and found.precision in ("postal", "city"):
            return found.coordinates.latitude_udeg / 1_000_000, found.coordinates.longitude_udeg / 1_000_000
    return None


def _point(place: Place | None) -> Point | None:
    found = locate(place) if place else None
    return (found.coordinates.latitude_udeg / 1e6, found.coordinates.longitude_udeg / 1e6) if found else None


@cache
def style() -> str:
    """What a picture is drawn with that stands for itself: the colors of the console, and the sheet of maps."""
    told, sheet = (assets()[static_path(name)][0].decode() for name in ("console.css", "map.css"))
    colors = re.search(r":root \{.*?\}", told, re.DOTALL)
    assert colors is not None
    return f"{colors[0]}\n{sheet}"
