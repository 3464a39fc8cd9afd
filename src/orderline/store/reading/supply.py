"""Dated supply as it stands: what is to come, what of it is promised, and what is promised beyond it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from orderline.core.supply.rows import SupplyKind
from orderline.store.loading import supply_of_row
from orderline.store.reading.source import Source


class SupplyView(msgspec.Struct, frozen=True):
    """A row of dated supply. free: units that may still be promised; overpegged: promised beyond what is counted on.

    kept: units that have come and wait for the claims of their orders.
    """

    id: str
    sku: str
    pool: str
    location: str
    kind: SupplyKind
    due_at: datetime
    slack_days: int
    ready_at: datetime
    confidence_ppm: int
    open: int
    pegged: int
    kept: int
    counted: int
    free: int
    overpegged: int


def load_supply(
    source: Source,
    *,
    skus: Sequence[str] = (),
    locations: Sequence[str] = (),
    overpegged: bool = False,
    after: tuple[str, str, str] = ("", "", ""),
    most: int,
) -> list[SupplyView]:
    """Rows by SKU, pool and id after a place; of these SKUs and locations, if there are any.

    overpegged: only those promised beyond what is counted on.
    """
    rows = source.rows(
        "reading_stock",
        "list_supply",
        skus=list(skus) or None,
        locations=list(locations) or None,
        overpegged=overpegged,
        sku=after[0],
        pool=after[1],
        id=after[2],
        most=most,
    )
    return [
        SupplyView(
            row.id, row.sku, row.pool, row.location, row.kind, row.due_at, row.slack_days, row.ready_at,
            row.confidence_ppm, row.open, row.pegged, row.kept, row.counted, row.free, row.overpegged,
        )
        for row in map(supply_of_row, rows)
    ]  # fmt: skip
