"""How far the record of a shelf is believed: learned from what people who went there have found and not found.

Every unit that was picked, sold over the counter, received or counted speaks for the record; every one that a pick or a
rejection has missed speaks against it. The confidence is the mean of the Beta posterior of the two. A count settles the
shelf: only what has happened since speaks. Off, unless a rule says otherwise. Source: domain model 4.2 (phantom_n).
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from orderline.core.supply.rows import ALL

LOOKED_BACK: Final = timedelta(days=90)
Shelf = tuple[str, str]  # SKU, location


class Seen(msgspec.Struct, frozen=True, gc=False):
    """Units found and missed at a shelf since an instant: the last count, where there was one."""

    since: datetime
    found: int = 0
    missed: int = 0


class Sighting(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Units of a shelf that somebody has found, or missed; `cause` is the ledger's."""

    at: datetime
    units: int
    found: bool
    cause: str
    id: UUID | None = None


class Doubt(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a shelf's confidence was learned from: 1 - missed / (prior + found + missed), with the last rows behind it.

    prior: units taken as found before anything is known, by `rule`.
    """

    confidence_ppm: int
    rule: str
    prior: int
    found: int
    missed: int
    since: datetime
    rows: tuple[Sighting, ...] = ()


def doubt_ppm(seen: Seen, prior: int) -> int:
    """The share of the record that is not believed; rounded up. Nought as long as nothing was missed.

    prior: units taken as found before anything is known; nought: the record is believed whatever was missed.
    """
    if not prior or not seen.missed:
        return 0
    return -(-seen.missed * ALL // (prior + seen.found + seen.missed))
