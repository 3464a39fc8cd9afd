"""Units that end too soon for a channel, as its minimum life has it."""

from collections.abc import Collection
from datetime import date

from orderline.core.stock.lasting import offering
from orderline.core.stock.lots import AgedLot
from orderline.core.stock.state import Channel, Settings
from orderline.store.reading.source import Source

Aged = dict[tuple[str, str], list[AgedLot]]


def load_aged(source: Source, settings: Settings, channel: Channel | None, codes: Collection[str], day: date) -> Aged:
    """Lots that are not promised on a channel for a day, by (SKU, pool); one statement, where the channel asks for it."""
    if channel is None or not channel.min_life_days or not codes:
        return {}
    pool_of = {code: pool for pool in channel.pools for code in offering(settings, pool)}
    given = {"skus": list(codes), "locations": sorted(pool_of), "on": day, "days": channel.min_life_days}
    aged: Aged = {}
    for sku, *lot in source.rows("lots", "aged_lots", **given):
        found = AgedLot(*lot)
        aged.setdefault((sku, pool_of[found.location]), []).append(found)
    return aged


def units_of(aged: Aged, sku: str, pool: str) -> int:
    """How many units of a SKU in a pool those are."""
    return sum(each.quantity for each in aged.get((sku, pool), ()))
