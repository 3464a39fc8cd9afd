"""Units known by a lot or a serial number: which stand where, and which to take first (first expired, first out).

A serial number is a lot of one unit, and stands on one shelf at most. The lots of a shelf add up to it, bucket by bucket.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec

from orderline.values.failures import Refused

UNKNOWN: Final = "?"  # the lot of units of which nobody has told it


class LotRefusal(StrEnum):
    """Why lots are refused; ordered, the first that applies wins."""

    SKU_NOT_TRACKED = "SKU_NOT_TRACKED"
    LOTS_REQUIRED = "LOTS_REQUIRED"
    LOT_NOT_ACCEPTABLE = "LOT_NOT_ACCEPTABLE"
    LOT_NOT_HERE = "LOT_NOT_HERE"
    SERIAL_ELSEWHERE = "SERIAL_ELSEWHERE"
    EXPIRY_REQUIRED = "EXPIRY_REQUIRED"
    EXPIRY_DIFFERS = "EXPIRY_DIFFERS"
    LOT_EXPIRED = "LOT_EXPIRED"
    LOT_SHORT_LIFE = "LOT_SHORT_LIFE"


class Tracking(StrEnum):
    """How units of a SKU are told apart."""

    NONE = "none"
    LOT = "lot"
    SERIAL = "serial"


class LotUnits(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Units of a lot, or the one of a serial number; expires_on: the last day they may be used."""

    lot: str
    quantity: int = 1
    expires_on: date | None = None


class LotLevel(msgspec.Struct, frozen=True, gc=False):
    """Units of a lot in a bucket of a shelf."""

    sku: str
    location: str
    bucket: str
    lot: str
    quantity: int
    expires_on: date | None = None
    serial: bool = False


class LotPlace(msgspec.Struct, frozen=True, gc=False):
    """A shelf that has units of a lot."""

    location: str
    bucket: str
    expires_on: date | None


class AgedLot(msgspec.Struct, frozen=True):
    """Sellable units of a lot that ends too soon for a channel."""

    location: str
    lot: str
    quantity: int
    expires_on: date


@dataclass
class ShelfLots:
    """What a batch knows of lots: how SKUs are tracked, the lots of shelves, and where those that are named stand."""

    tracked: dict[str, Tracking] = field(default_factory=dict[str, Tracking])
    levels: dict[tuple[str, str], tuple[LotLevel, ...]] = field(default_factory=dict[tuple[str, str], Any])
    # Shelves that were not locked, by SKU and lot; nobody else brings a serial number there meanwhile.
    elsewhere: dict[tuple[str, str], tuple[LotPlace, ...]] = field(default_factory=dict[tuple[str, str], Any])
    is_planned: bool = False  # a rule may only see what was loaded

    def copy(self) -> "ShelfLots":
        """The same, to be compared with later."""
        return ShelfLots(dict(self.tracked), dict(self.levels), dict(self.elsewhere), self.is_planned)

    def tracking_of(self, sku: str) -> Tracking:
        """How units of a SKU are told apart."""
        return self.tracked.get(sku, Tracking.NONE)

    def tracks(self, sku: str) -> bool:
        """Are units of a SKU told apart?"""
        return self.tracked.get(sku, Tracking.NONE) is not Tracking.NONE

    def of(self, sku: str, location: str) -> tuple[LotLevel, ...]:
        """The lots of a shelf. RuntimeError: the batch has not loaded them."""
        found = self.levels.get((sku, location))
        if found is None and self.is_planned:
            raise RuntimeError(f"a rule looks at lots that the plan had not loaded: {sku} at {location}")
        return found or ()

    def places_of(self, sku: str, lot: str) -> tuple[LotPlace, ...]:
        """The shelves that have units of a lot."""
        here = [
            LotPlace(level.location, level.bucket, level.expires_on)
            for key, levels in self.levels.items()
            if key[0] == sku
            for level in levels
            if level.lot == lot
        ]
        others = (place for place in self.elsewhere.get((sku, lot), ()) if (sku, place.location) not in self.levels)
        return (*here, *others)


def is_fresh(expires_on: date | None, on: date, shelf_days: int) -> bool:
    """May units be sold on a day, `shelf_days` at least before they expire?"""
    return expires_on is None or on + timedelta(days=shelf_days) <= expires_on


def first_to_expire(levels: Iterable[LotLevel], bucket: str, on: date | None = None) -> list[LotLevel]:
    """The lots of a bucket as they are to be taken; what does not expire comes last, what is not known at the end.

    on: what has expired by that day comes after all others.
    """
    there = (level for level in levels if level.bucket == bucket)
    gone = on or date.min
    return sorted(
        there,
        key=lambda each: (
            not is_fresh(each.expires_on, gone, 0),
            each.lot == UNKNOWN,
            each.expires_on or date.max,
            each.lot,
        ),
    )


def proposed(
    levels: Iterable[LotLevel],
    bucket: str,
    quantity: int,
    taken: Mapping[str, int] | None = None,
    *,
    on: date | None = None,
) -> tuple[LotUnits, ...]:
    """Which lots to take units of a bucket from; taken: by lot, what is taken already. The rest is of no known lot.

    on: as for `first_to_expire`.
    """
    found: list[LotUnits] = []
    for level in first_to_expire(levels, bucket, on):
        units = min(quantity, level.quantity - (taken or {}).get(level.lot, 0))
        if units > 0:
            found.append(LotUnits(level.lot, units, level.expires_on))
            quantity -= units
    return added(found, [LotUnits(UNKNOWN, quantity)]) if quantity else tuple(found)


def added(lots: Sequence[LotUnits], more: Iterable[LotUnits]) -> tuple[LotUnits, ...]:
    """Lots with others put to them."""
    sums = {each.lot: each for each in lots}
    for each in more:
        before = sums.get(each.lot)
        units = each.quantity + (before.quantity if before is not None else 0)
        sums[each.lot] = LotUnits(each.lot, units, before.expires_on if before is not None else each.expires_on)
    return tuple(sums.values())


def less(lots: Sequence[LotUnits], taken: Iterable[LotUnits]) -> tuple[LotUnits, ...]:
    """Lots with some taken out of them."""
    out: dict[str, int] = {}
    for each in taken:
        out[each.lot] = out.get(each.lot, 0) + each.quantity
    left = (LotUnits(each.lot, each.quantity - out.get(each.lot, 0), each.expires_on) for each in lots)
    return tuple(each for each in left if each.quantity > 0)


def first_of(lots: Iterable[LotUnits], quantity: int) -> tuple[LotUnits, ...]:
    """So many units of lots, in their order; fewer when there are not as many."""
    found: list[LotUnits] = []
    for each in lots:
        units = min(quantity, each.quantity)
        if units:
            found.append(LotUnits(each.lot, units, each.expires_on))
        quantity -= units
    return tuple(found)


def moved(
    levels: Sequence[LotLevel],
    sku: str,
    location: str,
    units: LotUnits,
    source: str | None,
    target: str | None,
    *,
    serial: bool,
) -> tuple[LotLevel, ...]:
    """The lots of a shelf after units of one went from a bucket to another; None: from or to the outside.

    RuntimeError: the bucket has fewer units of the lot, which whoever decides has to look after.
    """
    kept = {(level.bucket, level.lot): level for level in levels}
    expires_on = units.expires_on
    if source:
        before = kept.get((source, units.lot))
        if before is None or before.quantity < units.quantity:
            raise RuntimeError(f"{units.quantity} of lot {units.lot} of {sku} leave {source} at {location}: not there")
        expires_on = before.expires_on
        kept[source, units.lot] = msgspec.structs.replace(before, quantity=before.quantity - units.quantity)
    if target:
        there = kept.get((target, units.lot))
        quantity = units.quantity + (there.quantity if there is not None else 0)
        kept[target, units.lot] = LotLevel(
            sku, location, target, units.lot, quantity, expires_on, serial and units.lot != UNKNOWN
        )
    return tuple(level for level in kept.values() if level.quantity)


def check_lot_code(code: str, field: str) -> str:
    """Refused LOT_NOT_ACCEPTABLE: not 1 to 60 printable characters without a space at either end, or "?"."""
    if not 0 < len(code) <= 60 or not code.isprintable() or code != code.strip() or code == UNKNOWN:
        allowed = "1 to 60 printable characters, no space at either end"
        raise Refused(LotRefusal.LOT_NOT_ACCEPTABLE, field=field, value=code[:80], allowed=allowed)
    return code
