"""What is collected at one location and claimed from the pools that supply it: it is sent there first."""

from collections.abc import Sequence

from msgspec.structs import replace

from orderline.core.routing.model import RoutableLine, RoutableOrder
from orderline.core.stock.state import Settings
from orderline.values.geo import locate


def served_there(groups: Sequence[RoutableOrder], settings: Settings) -> list[RoutableOrder]:
    """Groups without what has to be sent to their pickup location first; one that goes all at once waits for it."""
    served: list[RoutableOrder] = []
    for group in groups:
        foreign = _foreign(group, settings)
        if not foreign:
            served.append(group)
        elif not group.ship_complete:
            lines = [
                replace(line, quantity=line.quantity - sum(q for _, q in pools), pools=_rest(line, pools))
                for line in group.lines
                for pools in (foreign.get(line.line, ()),)
            ]
            lines = [line for line in lines if line.pools]
            if lines:
                served.append(replace(group, lines=tuple(lines)))
    return served


def sent_there(groups: Sequence[RoutableOrder], settings: Settings) -> list[RoutableOrder]:
    """What has to be sent to pickup locations first, as orders whose customer lives there."""
    sent: list[RoutableOrder] = []
    for group in groups:
        foreign = _foreign(group, settings)
        if foreign and group.pickup_location is not None:
            place = settings.locations[group.pickup_location].place
            located = locate(place)
            lines = tuple(
                replace(line, quantity=sum(q for _, q in pools), pools=pools)
                for line in group.lines
                if (pools := foreign.get(line.line, ()))
            )
            sent.append(
                replace(
                    group,
                    lines=lines,
                    place=place,
                    destination=located.coordinates if located is not None else None,
                    pickup_location=None,
                    promised_by=None,
                )
            )
    return sent


def _foreign(group: RoutableOrder, settings: Settings) -> dict[int, tuple[tuple[str, int], ...]]:
    """Claims of lines, by number, in pools other than that of their pickup location."""
    store = settings.locations.get(group.pickup_location or "")
    if store is None:
        return {}
    found = {
        line.line: tuple((pool, units) for pool, units in line.pools if pool in store.supplied_from)
        for line in group.lines
    }
    return {line: pools for line, pools in found.items() if pools}


def _rest(line: RoutableLine, foreign: Sequence[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(each for each in line.pools if each not in foreign)
