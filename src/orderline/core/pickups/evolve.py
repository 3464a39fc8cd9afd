"""Pickups of an order as its events tell them."""

from typing import assert_never

from msgspec.structs import replace

from orderline.core.orders.events import (
    PickupCollected,
    PickupExpired,
    PickupReadied,
    PickupRestocked,
    PickupTried,
)
from orderline.core.pickups.state import Pickup

AnyPickupEvent = PickupReadied | PickupTried | PickupCollected | PickupExpired | PickupRestocked


def evolve_pickups(pickups: tuple[Pickup, ...], event: AnyPickupEvent) -> tuple[Pickup, ...]:
    """The pickups after an event; each fulfillment order has one at most."""
    before = next((each for each in pickups if each.fulfillment == event.fulfillment), None)
    after = _evolved(before, event)
    if after is None:
        return pickups
    if before is None:
        return (*pickups, after)
    return tuple(after if each is before else each for each in pickups)


def _evolved(pickup: Pickup | None, event: AnyPickupEvent) -> Pickup | None:
    match event:
        case PickupReadied():
            return _readied(pickup, event)
        case PickupTried():
            return pickup and replace(pickup, tries=(*pickup.tries, event.version))
        case PickupCollected():
            return pickup and replace(pickup, parcels=tuple(p for p in pickup.parcels if p not in event.parcels))
        case PickupExpired():
            return pickup and replace(pickup, uncollected_at=event.at)
        case PickupRestocked():
            return pickup and replace(pickup, parcels=(), restocked=pickup.restocked + event.units)
        case _:
            assert_never(event)


def _readied(pickup: Pickup | None, event: PickupReadied) -> Pickup:
    tries = pickup.tries if pickup is not None and event.code_hash == pickup.code_hash else ()
    parcels = (*(pickup.parcels if pickup is not None else ()), *event.parcels)
    return Pickup(
        fulfillment=event.fulfillment,
        parcels=parcels,
        ready_at=event.at if pickup is None else pickup.ready_at,
        deadline_at=event.deadline_at,
        code_hash=event.code_hash,
        seed=event.seed,
        tries=tries,
        restocked=0 if pickup is None else pickup.restocked,
    )
