"""What should be counted: all shelves of some locations weighed, those kept that weigh most."""

from collections.abc import Collection, Sequence
from datetime import datetime
from heapq import nlargest
from typing import Final

from orderline.core.counts.planning import CountProposal, Worth, propose_counts
from orderline.core.counts.state import Count, CountState
from orderline.core.replenishments.propose import SOLD_OVER
from orderline.core.stock.doubt import Seen, Shelf
from orderline.core.stock.state import StockLevel
from orderline.store.loading import decode_state
from orderline.store.reading.doubting import load_seen
from orderline.store.reading.records import load_records
from orderline.store.reading.source import Source

AT_ONCE: Final = 2_000
# So many times more than wanted are weighed with their value, which costs an order to be read for each SKU.
WEIGHED: Final = 5
MOST_OPEN: Final = 1_000
_UNDER_WAY: Final = (CountState.PLANNED, CountState.OPEN, CountState.RECOUNT, CountState.SUBMITTED)


def load_count_proposals(
    source: Source, now: datetime, *, locations: Collection[str] = (), most: int
) -> list[CountProposal]:
    """The shelves whose count would be worth most, at these locations, or anywhere; those being counted are left out."""
    counting = _being_counted(source, locations)
    after = ("", "")
    best: list[tuple[int, StockLevel, int, Seen | None]] = []
    while True:
        rows = source.rows(
            "reading_stock", "list_levels", sku=after[0], location=after[1], locations=list(locations) or None,
            most=AT_ONCE,
        )  # fmt: skip
        levels = [StockLevel(*row) for row in rows]
        shelves = [level for level in levels if (level.sku, level.location) not in counting]
        sold = load_sold(source, sorted({level.sku for level in shelves}), now)
        seen = load_seen(source, [(level.sku, level.location) for level in shelves], now) if shelves else {}
        weighed = {(e.sku, e.location): e.score for e in propose_counts(shelves, sold, seen, {}, now)}
        found = [
            (weighed[key], level, sold.get(key, 0), seen.get(key))
            for level in shelves
            if (key := (level.sku, level.location)) in weighed
        ]
        best = nlargest(most * WEIGHED, [*best, *found], key=lambda each: each[0])
        if len(rows) < AT_ONCE:
            break
        after = (levels[-1].sku, levels[-1].location)
    keys: list[Shelf] = [(level.sku, level.location) for _, level, _, _ in best]
    proposals = propose_counts(
        [level for _, level, _, _ in best],
        dict(zip(keys, (units for _, _, units, _ in best), strict=True)),
        {key: there for key, (_, _, _, there) in zip(keys, best, strict=True) if there is not None},
        load_worth(source, sorted({sku for sku, _ in keys})),
        now,
    )
    return proposals[:most]


def load_sold(source: Source, skus: Sequence[str], now: datetime) -> dict[Shelf, int]:
    """Units of SKUs that have left shelves for customers in four weeks."""
    rows = source.rows("replenishments", "sold", skus=list(skus), since=now - SOLD_OVER) if skus else []
    return {(row[0], row[1]): int(row[2]) for row in rows}


def load_worth(source: Source, skus: Sequence[str]) -> dict[str, Worth]:
    """What a unit of each SKU was last sold for, of those that were."""
    found: dict[str, Worth] = {}
    for sku, state in source.rows("counts", "last_orders", skus=list(skus)) if skus else ():
        order = decode_state(state)
        numbers = {line.line for line in order.lines if line.sku == sku}
        agreed = next((each for each in order.agreement.lines if each.line in numbers), None)
        if agreed is not None and agreed.quantity:
            found[sku] = Worth(max(0, agreed.total_minor // agreed.quantity), order.currency)
    return found


def _being_counted(source: Source, locations: Collection[str]) -> set[Shelf]:
    counts: list[Count] = load_records(source, "count", states=_UNDER_WAY, subjects=sorted(locations), most=MOST_OPEN)
    return {(line.sku, count.location) for count in counts for line in count.lines}
