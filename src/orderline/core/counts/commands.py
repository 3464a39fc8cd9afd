"""Requests about counts. `count` is the caller's own name for it."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from orderline.core.counts.state import Count
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.stock.lots import LotUnits
from orderline.core.world import World


class CountCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a count that exists."""

    count: str

    def records(self) -> Iterable[RecordKey]:
        return (("count", self.count),)


class PlanCount(CountCommand, frozen=True, gc=False, kw_only=True, tag="plan_count"):
    """Ask for SKUs of a location to be counted; blind: without showing what is expected."""

    location: str
    lines: tuple[str, ...]
    blind: bool = True
    due_at: datetime | None = None

    def skus(self) -> Iterable[str]:
        return self.lines


class OpenCount(CountCommand, frozen=True, gc=False, kw_only=True, tag="open_count"):
    """Begin to count."""


class CountedInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Units of a SKU found on the shelf, picked ones not among them; `counted_at`: now, when not given.

    lots: which, of a SKU that is tracked; its units are counted now.
    """

    sku: str
    quantity: int
    counted_at: datetime | None = None
    lots: tuple[LotUnits, ...] = ()


class SubmitCount(CountCommand, frozen=True, gc=False, kw_only=True, tag="submit_count"):
    """Say what was counted. What moves after `counted_at` does not matter: orders go on meanwhile."""

    location: str
    lines: tuple[CountedInput, ...]

    def skus(self) -> Iterable[str]:
        return (line.sku for line in self.lines)

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        return ((line.sku, self.location) for line in self.lines)

    def lots(self, world: World) -> Iterable[tuple[str, str]]:
        """Those that are named."""
        return ((line.sku, each.lot) for line in self.lines for each in line.lots)

    def moved_since(self) -> Iterable[tuple[str, datetime, str, str]]:
        return (
            (f"count:{self.count}", line.counted_at, line.sku, self.location)
            for line in self.lines
            if line.counted_at is not None
        )


class AskRecount(CountCommand, frozen=True, gc=False, kw_only=True, tag="ask_recount"):
    """Have lines counted again; all that differ, when none are named."""

    lines: tuple[str, ...] = ()
    reason: str = ""


class ApproveCount(CountCommand, frozen=True, gc=False, kw_only=True, tag="approve_count"):
    """Put the differences into the stock ledger."""

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        count = world.records.get(("count", self.count))
        return ((line.sku, count.location) for line in count.lines) if isinstance(count, Count) else ()

    def lots(self, world: World) -> Iterable[tuple[str, str]]:
        """Those that are named."""
        count = world.records.get(("count", self.count))
        lines = count.lines if isinstance(count, Count) else ()
        return ((line.sku, each.lot) for line in lines for each in line.lots)


class VoidCount(CountCommand, frozen=True, gc=False, kw_only=True, tag="void_count"):
    """Give the count up."""

    reason: str
