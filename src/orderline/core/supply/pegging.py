"""Which rows of dated supply units of a line are pegged to: the first to be ready, as far as they may be promised."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from orderline.core.demands.rows import Ahead
from orderline.core.moves import Bucket
from orderline.core.orders.events import MovedItem
from orderline.core.supply.rows import SupplyRow, by_date


def peg_items(
    line: int,
    rows: Iterable[SupplyRow],
    wanted: int,
    until: datetime,
    pickup: str | None = None,
    taken: Mapping[str, int] | None = None,
    *,
    promised_at: datetime | None = None,
    ahead: Mapping[str, Ahead] | None = None,
) -> list[MovedItem]:
    """Units of a line that go from `unplanned` to rows ready by an instant.

    pickup: the one location they may come to. taken: units of rows that are promised already beside what they say.
    promised_at: the promise that stands; it holds where a row is ready by then.
    ahead: by pool, where demand is scheduled: what may be promised beside it; what is given here is taken from it.
    """
    items: list[MovedItem] = []
    ahead = ahead or {}
    for row in by_date(rows):
        quantity = min(wanted, row.free - (taken or {}).get(row.id, 0))
        if quantity <= 0 or row.ready_at > until or pickup not in (None, row.location):
            continue
        scheduled = ahead.get(row.pool)
        if scheduled is not None:
            quantity = min(quantity, scheduled.room(row.ready_at))
            if not quantity:
                continue
            scheduled.take(row.ready_at, quantity)
        items.append(
            MovedItem(
                line,
                Bucket.UNPLANNED,
                Bucket.PEGGED,
                quantity,
                row.pool,
                supply=row.id,
                promised_at=row.ready_at if promised_at is None else max(promised_at, row.ready_at),
            )
        )
        wanted -= quantity
        if not wanted:
            break
    return items
