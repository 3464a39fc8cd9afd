"""What rules would change on all shelves and pools, or does change: read page by page."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from orderline.core.stock.doubt import LOOKED_BACK
from orderline.core.stock.keeping import NAME, KeepChange, KeepRule, KeepRules, changes
from orderline.core.stock.state import PoolLevel, Settings, StockLevel
from orderline.store.reading.doubting import load_doubt_changes
from orderline.store.reading.records import load_record
from orderline.store.reading.source import Source

AT_ONCE: Final = 5_000


def load_rules(source: Source) -> tuple[KeepRule, ...]:
    """The rules that hold."""
    found: Any = load_record(source, "keep_rules", NAME)
    return found.rules if isinstance(found, KeepRules) else ()


def load_changes(
    source: Source, settings: Settings, rules: Sequence[KeepRule], now: datetime
) -> Iterator[list[KeepChange]]:
    """What differs from rules, some thousand shelves or pools at a time."""
    yield from load_doubt_changes(source, settings, rules, now, (now - LOOKED_BACK).date())
    for name in ("list_levels", "list_pools") if rules else ():
        after = ("", "")
        while True:
            more: dict[str, Any] = {"locations": None} if name == "list_levels" else {}
            rows = source.rows("reading_stock", name, sku=after[0], location=after[1], most=AT_ONCE, **more)
            if name == "list_levels":
                yield changes(rules, settings, [StockLevel(*row) for row in rows], (), now)
            else:
                yield changes(rules, settings, (), [PoolLevel(*row) for row in rows], now)
            if len(rows) < AT_ONCE:
                break
            after = (rows[-1][0], rows[-1][1])
