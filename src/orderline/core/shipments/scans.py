"""Where parcels have been: what carriers told of them, out of the journal of their order."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from orderline.core.orders.events import AnyOrderEvent
from orderline.core.orders.parcel_events import HandoverUndone, ParcelTracked, ShipmentHandedOver
from orderline.core.orders.state import ParcelState
from orderline.core.shipments.decide import COUNTER

# What is ours to know: no carrier has told it.
_OURS: Final = frozenset({ParcelState.PACKED, ParcelState.LABELED, ParcelState.VOIDED})


class Scan(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a parcel was at an instant, as its carrier calls the place."""

    at: datetime
    state: ParcelState
    place: str = ""


def scans_of(events: Iterable[AnyOrderEvent]) -> dict[int, tuple[Scan, ...]]:
    """By the number of the parcel, the last one first. The location that has handed it over is not told.

    What was undone has not been; that the carrier was given a parcel is said once, though it says so as well.
    """
    found: dict[int, list[Scan]] = {}
    for event in events:
        match event:
            case ShipmentHandedOver() if event.carrier != COUNTER:
                for number in event.parcels:
                    found[number] = [Scan(event.at, ParcelState.HANDED_OVER)]
            case HandoverUndone():
                for number in event.parcels:
                    found.pop(number, None)
            case ParcelTracked() if event.state not in _OURS:
                scans = found.setdefault(event.parcel, [])
                if event.state is ParcelState.HANDED_OVER:
                    scans[:] = [each for each in scans if each.state is not event.state]
                scans.append(Scan(event.at, event.state, event.place))
            case _:
                pass
    return {number: tuple(sorted(scans, key=lambda each: each.at)[::-1]) for number, scans in found.items()}
