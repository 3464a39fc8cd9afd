"""Dated supply as it stands: what is to come, what of it is promised, and what is promised beyond it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import msgspec

from orderline.core.supply.rows import SupplyKind, record_of, row_id
from orderline.core.supply.slips import Learned
from orderline.core.supply.state import PurchaseOrder
from orderline.store.loading import decode_record, supply_of_row
from orderline.store.reading.source import Source


class SupplyView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row of dated supply. free: units that may still be promised; overpegged: promised beyond what is counted on.

    kept: units that have come and wait for the claims of their orders. learned: what slack and confidence were taken from.
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
    learned: Learned | None = None


def load_purchases(source: Source, names: Collection[str]) -> list[PurchaseOrder]:
    """Purchase orders of these names, those there are."""
    rows = source.rows("supply", "purchases", names=sorted(names)) if names else []
    return [decode_record("purchase_order", body) for (body,) in rows]


def load_learned(source: Source, ids: Iterable[str]) -> dict[str, Learned]:
    """What was learned of vendors, by the rows of dated supply that are counted on by it."""
    wanted = set(ids)
    names = {name for kind, name in map(record_of, wanted) if kind == "purchase_order"}
    lines = ((each.id, line) for each in load_purchases(source, names) for line in each.lines)
    found = {row_id("purchase_order", name, line.line): line.learned for name, line in lines}
    return {id_: learned for id_, learned in found.items() if learned is not None and id_ in wanted}


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
    found = [supply_of_row(row) for row in rows]
    learned = load_learned(source, [row.id for row in found])
    return [
        SupplyView(
            row.id, row.sku, row.pool, row.location, row.kind, row.due_at, row.slack_days, row.ready_at,
            row.confidence_ppm, row.open, row.pegged, row.kept, row.counted, row.free, row.overpegged,
            learned.get(row.id),
        )
        for row in found
    ]  # fmt: skip
