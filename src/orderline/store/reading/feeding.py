"""What feeds have said of a SKU."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from orderline.core.stock.commands import feed_cause
from orderline.core.stock.feeds import SCOPED, feed_of
from orderline.core.vendors.state import FEED_AGE, FeedAge, FeedState
from orderline.store.loading import decode_record
from orderline.store.reading.source import Source

LOOK: Final = 500  # moves of each shelf that are looked at, the last first
_CAUSE: Final = feed_cause("")


class FeedSaid(msgspec.Struct, frozen=True, omit_defaults=True):
    """A feed that has changed the shelf of a SKU at a location.

    changed_at: when it last did, and by how many units. applied_at, sequence: of the feed as it came last; what it said of
    the SKU since `changed_at`, if anything, changed nothing. The sequence of a feed is for those who may send it. holds_until: until when the location's stock is promised
    without a new feed; null: for ever. stale: that is over.
    """

    location: str
    feed: str
    changed_at: datetime
    change: int
    applied_at: datetime
    sequence: int | None = None
    holds_until: datetime | None = None
    stale: bool = False


def load_feeds_of(source: Source, sku: str, *, locations: Sequence[str], most: int) -> list[FeedSaid]:
    """By location and feed, of the last moves of each shelf. locations: that the asker is limited to."""
    rows = source.rows(
        "reading_stock", "feeds_of", sku=sku, locations=list(locations) or None, cause=_CAUSE, age=FEED_AGE.name, look=LOOK,
        most=most,
    )  # fmt: skip
    found: list[FeedSaid] = []
    for *told, body in rows:
        age: FeedAge | None = decode_record(FEED_AGE.name, body) if body is not None else None
        location, feed, changed_at, change, sequence, applied_at = told
        name = feed.partition(SCOPED)[0]
        ours = not locations or feed == feed_of(name, locations)
        said = FeedSaid(location, name, changed_at, change, applied_at, sequence if ours else None)
        if age is not None:
            said = replace(said, holds_until=age.holds_until, stale=age.state is FeedState.STALE)
        found.append(said)
    return found
