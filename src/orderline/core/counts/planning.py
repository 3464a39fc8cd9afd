"""What should be counted first: where much is sold, the record is doubtful, and a unit is worth something. Pure.

score = (units sold in four weeks + 1) x doubt x value of a unit. The doubt is that of `stock.doubt` with one more unit
missed, so that no record is beyond doubt; a shelf that sells nothing may do so because nothing is there.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from orderline.core.stock.doubt import LOOKED_BACK, Seen, Shelf, doubt_ppm
from orderline.core.stock.state import StockLevel
from orderline.core.supply.rows import ALL

PRIOR: Final = 20  # units taken as found before anything is known of a shelf


class CountProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A shelf that should be counted, and why. value_minor: what a unit was last sold for, in `currency`.

    doubt_ppm: how little its record is to be believed; counted_at: its last count in 90 days. at_risk_minor: what of the
    record may not be there, in money.
    """

    sku: str
    location: str
    score: int
    sellable: int
    sold: int
    doubt_ppm: int
    found: int
    missed: int
    missing: int
    value_minor: int
    currency: str
    at_risk_minor: int
    counted_at: datetime | None
    reasons: tuple[str, ...]


class Worth(msgspec.Struct, frozen=True):
    """What a unit was last sold for."""

    minor: int
    currency: str


def doubt_of(level: StockLevel, seen: Seen | None, now: datetime) -> int:
    """How little the record of a shelf is to be believed, in parts per million."""
    seen = seen or Seen(now)
    missed = seen.missed + level.missing + level.oversold + 1
    return doubt_ppm(Seen(seen.since, seen.found, missed), PRIOR)


def propose_counts(
    shelves: Iterable[StockLevel],
    sold: Mapping[Shelf, int],
    seen: Mapping[Shelf, Seen],
    worth: Mapping[str, Worth],
    now: datetime,
) -> list[CountProposal]:
    """Shelves by what a count of them would be worth, the most first; empty ones of which nothing is missed are left out."""
    found: list[CountProposal] = []
    for level in shelves:
        shelf = (level.sku, level.location)
        if not (level.sellable or level.missing or level.oversold):
            continue
        there, units = seen.get(shelf), sold.get(shelf, 0)
        doubt = doubt_of(level, there, now)
        value = worth.get(level.sku, Worth(0, ""))
        counted_at = there.since if there is not None and there.since > now - LOOKED_BACK else None
        found.append(
            CountProposal(
                sku=level.sku,
                location=level.location,
                score=(units + 1) * doubt * max(1, value.minor) // ALL,
                sellable=level.sellable,
                sold=units,
                doubt_ppm=doubt,
                found=there.found if there is not None else 0,
                missed=there.missed if there is not None else 0,
                missing=level.missing,
                value_minor=value.minor,
                currency=value.currency,
                at_risk_minor=-(-level.sellable * doubt * value.minor // ALL),
                counted_at=counted_at,
                reasons=_reasons(level, units, there, counted_at),
            )
        )
    return sorted(found, key=lambda each: (-each.score, each.location, each.sku))


def _reasons(level: StockLevel, sold: int, seen: Seen | None, counted_at: datetime | None) -> tuple[str, ...]:
    told: list[str] = []
    if seen is not None and seen.missed:
        told.append(f"{seen.missed} missed and {seen.found} found since {seen.since.date().isoformat()}")
    if level.missing:
        told.append(f"{level.missing} missing, to be found or written off")
    if level.oversold:
        told.append(f"{level.oversold} allocated that are not there")
    told.append(f"{sold} sold in 28 days" if sold else "nothing sold in 28 days, though it is there")
    told.append(f"last counted on {counted_at.date().isoformat()}" if counted_at else "not counted in 90 days")
    return tuple(told)
