"""Stock feeds: bring shelves to what a partner says, row by row."""

import hashlib
from collections.abc import Collection
from typing import Final

import msgspec

from orderline.core.context import Context
from orderline.core.moves import StockBucket
from orderline.core.stock.checks import check_code
from orderline.core.stock.commands import (
    ApplyFeed,
    FeedRow,
    feed_cause,
)
from orderline.core.stock.decide import tell_oversold
from orderline.core.stock.events import (
    FeedApplied,
    StockAdjusted,
)
from orderline.core.stock.lot_feeds import lot_changes, moved_since
from orderline.core.stock.lots import LotRefusal
from orderline.core.stock.refusals import StockRefusal as R
from orderline.core.stock.state import SkuKind
from orderline.core.vendors.decide import tell_feeds
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.quantity import MAX_QUANTITY
from orderline.values.time import utc

LAST_SEQUENCE: Final = 2**62
SCOPED: Final = "@"  # between a feed's name and whose it is; not in any name
_LONGEST_SCOPE: Final = 60


class RowVerdict(msgspec.Struct, frozen=True):
    """A feed row that had no effect, and why."""

    row: int
    code: str
    field: str
    value: str | int


class FeedVerdict(msgspec.Struct, frozen=True):
    """What a part of a feed did: rows that changed a level, that changed none, and that were refused."""

    changed: int
    unchanged: int
    refused: tuple[RowVerdict, ...]


def feed_of(name: str, locations: Collection[str]) -> str:
    """The feed that a key means by a name: with a key of some locations, one of those locations' own.

    Keys of the same locations share it, so that a new key goes on with the sequence of the old one.
    """
    if not locations:
        return name
    scope = ",".join(sorted(locations))
    if len(scope) > _LONGEST_SCOPE:
        scope = hashlib.sha256(scope.encode()).hexdigest()[:16]
    return f"{name}{SCOPED}{scope}"


def decide_feed(draft: Draft, command: ApplyFeed, context: Context) -> FeedVerdict:
    """Bring levels to what a feed says, row by row; a row that can't be used is named and stops no other.

    Refused FEED_SEQUENCE_OLD: a later feed of this name has been applied.
    """
    check_code(command.feed.partition(SCOPED)[0], "feed")
    if not 0 <= command.sequence <= LAST_SEQUENCE:
        allowed = f"from 0 to {LAST_SEQUENCE}"
        raise Refused(R.FEED_SEQUENCE_OLD, field="sequence", value=str(command.sequence), allowed=allowed)
    if command.as_of is not None:
        utc(command.as_of, field="as_of")
    last = draft.world.feeds.get(command.feed, 0)
    if command.sequence < last:
        raise Refused(R.FEED_SEQUENCE_OLD, field="sequence", value=command.sequence, allowed=f"{last} or later")
    draft.tell_stock(FeedApplied(command.feed, command.sequence, command.part))
    changed = unchanged = 0
    refused: list[RowVerdict] = []
    for index, row in enumerate(command.rows):
        verdict = _check_row(draft.world, command, row, index)
        if verdict is not None:
            refused.append(verdict)
            continue
        tracked = draft.world.lots.tracks(row.sku)
        try:
            changes = (
                lot_changes(draft.world, command, row, context)
                if tracked
                else [("", None, _difference(draft.world, command, row))]
            )
        except Refused as wrong:
            field, value = wrong.facts.get("field", "lot"), wrong.facts.get("value")
            refused.append(RowVerdict(index, wrong.code.value, field, value if isinstance(value, int) else str(value)))
            continue
        if not any(difference for *_, difference in changes):
            unchanged += 1
            continue
        changed += 1
        for lot, expires_on, difference in changes:
            came = difference > 0
            draft.tell_stock(
                StockAdjusted(
                    sku=row.sku,
                    location=row.location,
                    source=StockBucket.ADJUSTMENT if came else StockBucket.SELLABLE,
                    target=StockBucket.SELLABLE if came else StockBucket.ADJUSTMENT,
                    quantity=abs(difference),
                    at=context.now,
                    reason=feed_cause(command.feed),
                    reference=str(command.sequence),
                    lot=lot,
                    expires_on=expires_on,
                )
            )
        if any(difference < 0 for *_, difference in changes):
            tell_oversold(draft, row.sku, row.location, context)
    tell_feeds(draft, command.feed, command.sequence, (row.location for row in command.rows), context)
    return FeedVerdict(changed, unchanged, tuple(refused))


def _check_row(world: World, command: ApplyFeed, row: FeedRow, index: int) -> RowVerdict | None:
    sku = world.skus.get(row.sku)
    if sku is None:
        return RowVerdict(index, R.SKU_UNKNOWN.value, "sku", row.sku[:100])
    if sku.kind is not SkuKind.STOCKED:
        return RowVerdict(index, R.SKU_NOT_STOCKED.value, "sku", row.sku)
    if row.location not in world.settings.locations:
        return RowVerdict(index, R.LOCATION_UNKNOWN.value, "location", row.location[:100])
    tracked = world.lots.tracks(row.sku)
    if tracked and not row.lot and (command.delta or row.quantity):
        return RowVerdict(index, LotRefusal.LOTS_REQUIRED.value, "sku", row.sku)
    if row.lot and not tracked:
        return RowVerdict(index, LotRefusal.SKU_NOT_TRACKED.value, "lot", row.lot[:100])
    if row.quantity < 0 and not command.delta:
        return RowVerdict(index, R.QUANTITY_NEGATIVE.value, "quantity", row.quantity)
    if abs(row.quantity) > MAX_QUANTITY:
        return RowVerdict(index, "QUANTITY_TOO_LARGE", "quantity", row.quantity)
    if command.delta and world.level(row.sku, row.location).sellable + row.quantity < 0:
        return RowVerdict(index, R.QUANTITY_NOT_AVAILABLE.value, "quantity", row.quantity)
    if command.delta and world.level(row.sku, row.location).sellable + row.quantity > MAX_QUANTITY:
        return RowVerdict(index, "QUANTITY_TOO_LARGE", "quantity", row.quantity)
    return None


def _difference(world: World, command: ApplyFeed, row: FeedRow) -> int:
    if command.delta:
        return row.quantity
    level = world.level(row.sku, row.location)
    there = row.quantity + moved_since(world, command, row)
    return max(0, there - level.picked) - level.sellable
