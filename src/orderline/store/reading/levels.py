"""Stock as it stands: shelves, claims, SKUs, alarms, and the merchant's settings as lists."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

import msgspec

from orderline.core.stock.refusals import StockRefusal as R
from orderline.core.stock.state import PoolLevel, Sku, StockLevel
from orderline.store.reading.promises import load_known
from orderline.store.reading.source import Source
from orderline.values.failures import Refused


class LevelRow(msgspec.Struct, frozen=True):
    """The shelf of a SKU at a location. free: what may still be allocated; promisable: what it adds to its pool.

    phantom: sellable units thought not to be there, `doubt_ppm` of them. Of an inactive location nothing may be
    allocated, and it adds nothing.
    """

    sku: str
    location: str
    sellable: int
    picked: int
    damaged: int
    quality_control: int
    blocked: int
    missing: int
    display: int
    allocated: int
    safety: int
    doubt_ppm: int
    on_hand: int
    free: int
    promisable: int
    oversold: int
    phantom: int


class PoolRow(msgspec.Struct, frozen=True):
    """What is claimed of a SKU in a pool, and what is left to promise.

    expected: units to come by dated supply; pegged: promised of it; kept: those that have come.
    demanded: units that scheduled demand is open for; withheld: what of it is kept back from what is there.
    """

    pool: str
    promisable: int
    claims: int
    held: int
    backordered: int
    threshold: int
    expected: int
    pegged: int
    kept: int
    demanded: int
    withheld: int
    atp: int
    oversold: int


class SkuStock(msgspec.Struct, frozen=True):
    """A SKU with all its shelves and pools."""

    sku: Sku
    levels: list[LevelRow]
    pools: list[PoolRow]


class Alarm(msgspec.Struct, frozen=True):
    """A shelf with fewer units than are allocated to fulfillment orders."""

    sku: str
    location: str
    quantity: int
    found_at: datetime


_skus = msgspec.json.Decoder(Sku)


def load_levels(
    source: Source, *, skus: Sequence[str] = (), locations: Sequence[str] = (), after: tuple[str, str], most: int
) -> list[LevelRow]:
    """Shelves by SKU and location; of these SKUs all at once, else page by page after a place."""
    places = list(locations) or None
    if skus:
        rows = source.rows("reading_stock", "shelves_of", skus=list(skus), locations=places)
        rows = [row for row in rows if (row[0], row[1]) > after][:most]
    else:
        rows = source.rows("reading_stock", "list_levels", sku=after[0], location=after[1], locations=places, most=most)
    closed = _inactive(source)
    return [_level(StockLevel(*row), closed) for row in rows]


def load_sku_stock(source: Source, code: str, *, locations: Sequence[str] = ()) -> SkuStock:
    """One SKU with its shelves and claims. Refused SKU_UNKNOWN."""
    found = load_known(source, {code}).get(code)
    if found is None:
        raise Refused(R.SKU_UNKNOWN, field="sku", value=code[:100])
    rows = source.rows("reading_stock", "shelves_of", skus=[code], locations=list(locations) or None)
    closed = _inactive(source)
    levels = [_level(StockLevel(*row), closed) for row in rows]
    return SkuStock(found[0], levels, [_pool(level) for _, level in sorted(found[1].items())])


def load_skus(source: Source, *, prefix: str = "", after: str = "", most: int) -> list[Sku]:
    """SKUs by code after one of them, as long as their codes begin so."""
    rows = source.rows("reading_stock", "list_skus", low=prefix, after=after, most=most)
    return [_skus.decode(body) for _, body in takewhile(lambda row: row[0].startswith(prefix), rows)]


def load_substituted(source: Source, *, skus: Sequence[str] = (), most: int) -> list[Sku]:
    """SKUs for which something else may be sent, by code."""
    rows = source.rows("reading_stock", "substituted_skus", codes=list(skus) or None, most=most)
    return [_skus.decode(body) for (body,) in rows]


def load_oversold(source: Source, *, locations: Sequence[str] = (), after: tuple[str, str], most: int) -> list[Alarm]:
    """Open alarms by SKU and location."""
    rows = source.rows(
        "reading_stock",
        "list_oversold",
        sku=after[0],
        location=after[1],
        locations=list(locations) or None,
        most=most,
    )
    return [Alarm(*row) for row in rows]


def _inactive(source: Source) -> set[str]:
    return {code for code, location in source.settings().locations.items() if not location.offers}


def _level(level: StockLevel, closed: Collection[str]) -> LevelRow:
    offered = (0, 0) if level.location in closed else (level.free, level.promisable)
    values: list[Any] = [*msgspec.structs.astuple(level), level.on_hand, *offered, level.oversold, level.phantom]
    return LevelRow(*values)


def _pool(level: PoolLevel) -> PoolRow:
    values: list[Any] = [*msgspec.structs.astuple(level)[1:], level.atp, level.oversold]
    return PoolRow(*values)
