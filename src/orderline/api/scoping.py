"""What a key sees: orders by id or by number, of its channels and locations, and the work at its locations."""

import asyncio
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

from orderline.api.calls import Call
from orderline.api.refusals import ApiRefusal
from orderline.core.orders.refusals import OrderRefusal
from orderline.store.database import Database
from orderline.store.scopes import find_orders, locations_of, orders_at
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_MOST_NUMBERED: Final = 100_000
_LONGEST: Final = 100

# An order keeps its number and its channel for ever, so what was found once is remembered.
_numbered: WeakKeyDictionary[Database, dict[str, tuple[OrderId, str]]] = WeakKeyDictionary()


async def order_of(call: Call[Any, Any], name: str = "order", *, anywhere: bool = False) -> OrderId:
    """The order a path names by its id or number. Refused ORDER_UNKNOWN: there is none, or not for this key.

    anywhere: whatever locations work on it; the caller checks the location of the work itself.
    """
    reference, key = call.path[name], call.key
    if not key.channels and (anywhere or not key.locations) and _UUID.fullmatch(reference):
        return OrderId(UUID(reference))  # whether it exists, the engine will find
    found = (await orders_of(call, (reference,), anywhere=anywhere))[0]
    if found is None:
        raise order_unknown(reference, name)
    return found


async def orders_of(call: Call[Any, Any], references: Sequence[str], *, anywhere: bool = False) -> list[OrderId | None]:
    """Orders by id or number, in the order asked; None for those that are not there, or not for this key."""
    database, key = call.services.database, call.key
    numbered = _numbered.setdefault(database, {})
    known: dict[str, tuple[OrderId, str]] = {}
    ids: set[UUID] = set()
    numbers: set[str] = set()
    for reference in references:
        if _UUID.fullmatch(reference):
            if key.channels:
                ids.add(UUID(reference))
            else:
                known[reference] = (OrderId(UUID(reference)), "")
        elif (found := numbered.get(reference)) is not None:
            known[reference] = found
        elif 0 < len(reference) <= _LONGEST:
            numbers.add(reference)
    if ids or numbers:
        found_now = await asyncio.to_thread(find_orders, database, ids, numbers)
        if len(numbered) > _MOST_NUMBERED:
            numbered.clear()
        numbered.update({each: found_now[each] for each in numbers if each in found_now})
        known.update(found_now)
    seen = [_seen(call, known.get(each) or known.get(each.lower())) for each in references]
    if anywhere or not key.locations:
        return seen
    asked = {each for each in seen if each is not None}
    there = await asyncio.to_thread(orders_at, database, asked, key.locations) if asked else set[OrderId]()
    return [each if each in there else None for each in seen]


def is_id(reference: str) -> bool:
    """Is it the id of an order, and not a number?"""
    return _UUID.fullmatch(reference) is not None


def order_unknown(reference: str, field: str = "order") -> Refused:
    """The refusal for an order that is not there, or not for this key: the two can't be told apart."""
    return Refused(OrderRefusal.ORDER_UNKNOWN, field=field, value=reference)


async def check_fulfillment(call: Call[Any, Any], order: OrderId) -> int:
    """The number of the fulfillment order in the path. Refused FULFILLMENT_UNKNOWN, LOCATION_NOT_YOURS."""
    number = number_in(call, OrderRefusal.FULFILLMENT_UNKNOWN)
    await _check_location(call, order, number, OrderRefusal.FULFILLMENT_UNKNOWN, parcels=False)
    return number


async def check_parcel(call: Call[Any, Any], order: OrderId) -> int:
    """The number of the parcel in the path. Refused PARCEL_UNKNOWN, LOCATION_NOT_YOURS."""
    number = number_in(call, OrderRefusal.PARCEL_UNKNOWN)
    await _check_location(call, order, number, OrderRefusal.PARCEL_UNKNOWN, parcels=True)
    return number


def number_in(call: Call[Any, Any], unknown: StrEnum) -> int:
    """The number in the path, refused as `unknown` when it is none: nothing has such a number."""
    given = call.path["number"]
    if not _NUMBER.fullmatch(given):
        raise Refused(unknown, field="number", value=given)
    return int(given)


def check_channel(call: Call[Any, Any], channel: str) -> None:
    """Refused CHANNEL_NOT_YOURS: the key is for other channels."""
    if not call.key.sees_channel(channel):
        allowed = sorted(call.key.channels)
        raise Refused(ApiRefusal.CHANNEL_NOT_YOURS, field="channel", value=channel, allowed=allowed)


def check_location(call: Call[Any, Any], location: str) -> None:
    """Refused LOCATION_NOT_YOURS: the key is for other locations."""
    if not call.key.sees_location(location):
        allowed = sorted(call.key.locations)
        raise Refused(ApiRefusal.LOCATION_NOT_YOURS, field="location", value=location, allowed=allowed)


def check_every_location(call: Call[Any, Any], field: str, value: str) -> None:
    """Refused LOCATION_NOT_YOURS: the key is for some locations, and what it asks for is of several."""
    if call.key.locations:
        raise Refused(ApiRefusal.LOCATION_NOT_YOURS, field=field, value=value, allowed=sorted(call.key.locations))


def check_unlimited(call: Call[Any, Any]) -> None:
    """Refused CHANNEL_NOT_YOURS, LOCATION_NOT_YOURS: the key is for some, and what it asks for is of all."""
    everything = "all locations and channels"
    if call.key.channels:
        raise Refused(ApiRefusal.CHANNEL_NOT_YOURS, value=everything, allowed=sorted(call.key.channels))
    if call.key.locations:
        raise Refused(ApiRefusal.LOCATION_NOT_YOURS, value=everything, allowed=sorted(call.key.locations))


def check_every_channel(call: Call[Any, Any], field: str, value: str) -> None:
    """Refused CHANNEL_NOT_YOURS: the key is for some channels, and what it asks for is of several."""
    if call.key.channels:
        raise Refused(ApiRefusal.CHANNEL_NOT_YOURS, field=field, value=value, allowed=sorted(call.key.channels))


async def _check_location(
    call: Call[Any, Any], order: OrderId, number: int, unknown: OrderRefusal, *, parcels: bool
) -> None:
    if not call.key.locations:
        return
    locations = await asyncio.to_thread(locations_of, call.services.database, order, parcels=parcels)
    if number not in locations:
        raise Refused(unknown, field="number", value=number)
    check_location(call, locations[number])


def _seen(call: Call[Any, Any], found: tuple[OrderId, str] | None) -> OrderId | None:
    if found is None:
        return None
    return found[0] if not call.key.channels or found[1] in call.key.channels else None
