"""What was found and missed at shelves, and how far their record is believed for it."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

from orderline.core.stock.doubt import LOOKED_BACK, Doubt, Seen, Shelf, Sighting
from orderline.core.stock.keeping import KeepChange, KeepRule, Kept, doubt_changes, shelf_rule
from orderline.core.stock.state import Settings, StockLevel
from orderline.core.supply.rows import ALL
from orderline.store.reading.source import Source

AT_ONCE: Final = 2_000
MOST_ROWS: Final = 10


def load_doubt_changes(
    source: Source, settings: Settings, rules: Sequence[KeepRule], now: datetime, since: date
) -> Iterator[list[KeepChange]]:
    """What differs from what was seen, of shelves that have rejected units since a day or are in doubt."""
    suspects: list[Shelf] = [(row[0], row[1]) for row in source.rows("doubt", "suspects", since=since)]
    learning = any(rule.sets is Kept.CONFIDENCE for rule in rules)
    for start in range(0, len(suspects), AT_ONCE):
        some = suspects[start : start + AT_ONCE]
        shelves = [StockLevel(*row) for row in source.rows("reading_stock", "shelves_at", **_keys(some))]
        seen = load_seen(source, some, now) if learning else {}
        yield doubt_changes(rules, settings, shelves, seen, now)


def load_seen(source: Source, shelves: Sequence[Shelf], now: datetime) -> dict[Shelf, Seen]:
    """What was found and missed at shelves since they were last counted, as far as one looks back."""
    rows = source.rows("doubt", "seen", since=now - LOOKED_BACK, **_keys(shelves))
    return {(row[0], row[1]): Seen(row[2], int(row[3]), int(row[4])) for row in rows}


def load_doubts(
    source: Source, settings: Settings, rules: Sequence[KeepRule], shelves: Sequence[StockLevel], now: datetime
) -> dict[Shelf, Doubt]:
    """Why shelves are in doubt, those that are."""
    doubted = {(each.sku, each.location): each.doubt_ppm for each in shelves if each.doubt_ppm}
    found: dict[Shelf, Doubt] = {}
    for shelf, seen in (load_seen(source, list(doubted), now) if doubted else {}).items():
        rule = shelf_rule(rules, settings, *shelf, now, Kept.CONFIDENCE)
        rows = source.rows("doubt", "sightings", sku=shelf[0], location=shelf[1], since=seen.since, most=MOST_ROWS)
        found[shelf] = Doubt(
            confidence_ppm=ALL - doubted[shelf],
            rule=rule.id if rule is not None else "",
            prior=rule.units if rule is not None else 0,
            found=seen.found,
            missed=seen.missed,
            since=seen.since,
            rows=tuple(Sighting(*row) for row in rows),
        )
    return found


def _keys(shelves: Sequence[Shelf]) -> dict[str, Any]:
    return {"skus": [sku for sku, _ in shelves], "locations": [location for _, location in shelves]}
