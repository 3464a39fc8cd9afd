"""What is known of stock that may run out: how fast it goes, what is to come, what was asked for and not sent yet."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from orderline.core.replenishments.propose import SOLD_OVER, Cover, Proposal, Standing, cover_of, propose
from orderline.core.replenishments.state import NAME, ReplenishRule, ReplenishRules
from orderline.core.stock.doubt import Shelf
from orderline.core.stock.state import Channel, PoolLevel, Settings, Sku, SkuKind, StockLevel
from orderline.store.loading import supply_of_row
from orderline.store.reading.levels import load_skus
from orderline.store.reading.records import load_record, load_records
from orderline.store.reading.source import Source

AT_ONCE: Final = 500
MOST_DRAFTS: Final = 5_000


def load_rules(source: Source) -> tuple[ReplenishRule, ...]:
    """The rules that hold."""
    found: Any = load_record(source, "replenish_rules", NAME)
    return found.rules if isinstance(found, ReplenishRules) else ()


def load_proposals(
    source: Source, now: datetime, *, locations: Collection[str] = (), after: str = ""
) -> Iterator[tuple[str, list[Proposal]]]:
    """What should be sent or bought, by SKU after one; for these locations, if there are any. What was asked for counts."""
    rules, settings = load_rules(source), source.settings()
    drafts = load_drafts(source) if rules else {}
    for skus in _pages(source, after) if rules else ():
        known = load_standing(source, [sku.code for sku in skus], now, drafts)
        found: dict[str, list[Proposal]] = {}
        for each in propose(rules, settings, known, now):
            if not locations or each.location in locations:
                found.setdefault(each.sku, []).append(each)
        yield from sorted(found.items())


def load_cover(
    source: Source, settings: Settings, now: datetime, *, locations: Collection[str] = (), after: str = ""
) -> Iterator[Cover]:
    """How long stock lasts, shelf by shelf, by SKU after one; of these locations, if there are any."""
    for skus in _pages(source, after):
        known = load_standing(source, [sku.code for sku in skus], now, {})
        for level in known.shelves:
            if settings.locations[level.location].offers and (not locations or level.location in locations):
                sold = known.sold.get((level.sku, level.location), 0)
                yield Cover(level.sku, level.promisable, sold, cover_of(level.promisable, sold), level.location)


def load_channel_cover(source: Source, channel: Channel, now: datetime, *, after: str = "") -> Iterator[Cover]:
    """How long what a channel may promise lasts, by SKU after one, as it is ordered there."""
    for skus in _pages(source, after):
        codes = [sku.code for sku in skus]
        pools = _pools(source, codes)
        first = UUID(int=int((now - SOLD_OVER).timestamp() * 1000) << 80)  # ids begin with their time
        rows = source.rows("replenishments", "sold_on_channel", skus=codes, channel=channel.code, since=first)
        sold = {row[0]: int(row[1]) for row in rows}
        for code in codes:
            there = [level.atp for pool in channel.pools if (level := pools.get((code, pool))) is not None]
            available = max(0, sum(there) - channel.buffer)
            if there or code in sold:
                days = cover_of(available, sold.get(code, 0))
                yield Cover(code, available, sold.get(code, 0), days, channel=channel.code)


def load_standing(source: Source, codes: Sequence[str], now: datetime, drafts: dict[Shelf, int]) -> Standing:
    """What is known of SKUs. drafts: units that were asked for and are no dated supply yet."""
    shelves = [StockLevel(*row) for row in source.rows("reading_stock", "shelves_of", skus=list(codes), locations=None)]
    rows = source.rows("replenishments", "sold", skus=list(codes), since=now - SOLD_OVER)
    to_come = {shelf: units for shelf, units in drafts.items() if shelf[0] in set(codes)}
    for row in source.rows("supply", "supply_of", skus=list(codes)):
        supply = supply_of_row(row)
        shelf = (supply.sku, supply.location)
        to_come[shelf] = to_come.get(shelf, 0) + supply.free
    sold = {(row[0], row[1]): int(row[2]) for row in rows}
    return Standing(shelves, _pools(source, codes), sold, to_come)


def load_drafts(source: Source) -> dict[Shelf, int]:
    """Units of purchase orders and transfers that were planned, and not sent or approved yet, by where they are to go."""
    found: dict[Shelf, int] = {}
    for kind, place in (("purchase_order", "location"), ("transfer", "target")):
        for record in load_records(source, kind, states=("draft",), most=MOST_DRAFTS):
            for line in record.lines:
                shelf = (line.sku, getattr(record, place))
                found[shelf] = found.get(shelf, 0) + line.quantity
    return found


def _pages(source: Source, after: str) -> Iterator[list[Sku]]:
    while True:
        skus = load_skus(source, after=after, most=AT_ONCE)
        stocked = [sku for sku in skus if sku.kind is SkuKind.STOCKED and sku.active]
        if stocked:
            yield stocked
        if len(skus) < AT_ONCE:
            return
        after = skus[-1].code


def _pools(source: Source, codes: Sequence[str]) -> dict[tuple[str, str], PoolLevel]:
    rows = source.rows("reading_stock", "read_skus", codes=list(codes))
    return {(row[0], row[2]): PoolLevel(row[0], *row[2:]) for row in rows if row[2] is not None}
