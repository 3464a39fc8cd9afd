"""Lots as they stand, and what has become of one: the question of a recall."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from orderline.core.stock.lots import LotLevel
from orderline.store.reading.source import Source

_ORDER: Final = "order:"


class RecalledOrder(msgspec.Struct, frozen=True):
    """An order that got units of a lot: sent to its customer, or picked for it and not sent yet."""

    order: UUID
    number: str
    channel: str
    placed_at: datetime
    sent: int
    picked: int


class Recall(msgspec.Struct, frozen=True):
    """Where all units of a lot are. sold: over the counter, less what came back there; nobody knows to whom.

    orders_hidden: orders of channels that the caller may not see.
    """

    sku: str
    lot: str
    shelves: list[LotLevel]
    orders: list[RecalledOrder]
    sold: int
    orders_hidden: int = 0


def load_lots(
    source: Source,
    *,
    skus: Sequence[str] = (),
    locations: Sequence[str] = (),
    lots: Sequence[str] = (),
    after: tuple[str, str, str, str] = ("", "", "", ""),
    most: int,
) -> list[LotLevel]:
    """Lots by SKU, location, bucket and code after a place; of these, where any are named."""
    rows = source.rows(
        "lots",
        "list_lots",
        skus=list(skus) or None,
        locations=list(locations) or None,
        lots=list(lots) or None,
        sku=after[0],
        location=after[1],
        bucket=after[2],
        lot=after[3],
        most=most,
    )
    return [LotLevel(*row) for row in rows]


def load_recall(
    source: Source, sku: str, lot: str, *, channels: Sequence[str] = (), locations: Sequence[str] = (), most: int
) -> Recall:
    """All that is known of a lot. channels, locations: only their orders and shelves are told, if there are any."""
    sent: dict[UUID, int] = {}
    picked: dict[UUID, int] = {}
    sold = 0
    for cause, units_picked, units_sent, units_sold in source.rows("lots", "recalled", sku=sku, lot=lot):
        if cause.startswith(_ORDER):
            order = UUID(cause.removeprefix(_ORDER))
            sent[order], picked[order] = int(units_sent), int(units_picked)
        else:
            sold += int(units_sold)
    found = [order for order in sent if sent[order] or picked[order]]
    rows = source.rows("lots", "recalled_orders", ids=found) if found else []
    orders = [
        RecalledOrder(id_, number, channel, placed_at, sent[id_], picked[id_])
        for id_, number, channel, placed_at in sorted(rows, key=lambda row: (row[3], row[1]))
        if not channels or channel in channels
    ]
    shelves = load_lots(source, skus=(sku,), locations=locations, lots=(lot,), most=most)
    return Recall(sku, lot, shelves, orders, sold, len(found) - len(orders))
