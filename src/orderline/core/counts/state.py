"""Cycle counts: some SKUs of a location counted by people, compared with the record as it was when they counted."""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from orderline.core.records import Record, RecordEvent
from orderline.core.stock.lots import Tracking


class CountState(StrEnum):
    """Where a count stands; a posted one has adjusted the shelf, a void one has not."""

    PLANNED = "planned"
    OPEN = "open"
    SUBMITTED = "submitted"
    RECOUNT = "recount"
    POSTED = "posted"
    VOID = "void"


class CountedLot(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Units of a lot that were found on the shelf, and what the record had."""

    lot: str
    quantity: int
    expected: int = 0
    expires_on: date | None = None


class CountLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One SKU of a count. quantity: units found on the shelf, picked ones not among them; None until counted.

    expected: what the record had at `counted_at`. recounts: how often it was asked to be counted again.
    lots: lot by lot, of a SKU that is tracked; those that were expected and not found among them.
    gtin, tracking: of the SKU when the count was planned, so that whoever counts can scan.
    """

    sku: str
    quantity: int | None = None
    expected: int = 0
    counted_at: datetime | None = None
    counted_by: str = ""
    recounts: int = 0
    lots: tuple[CountedLot, ...] = ()
    gtin: str = ""
    tracking: Tracking = Tracking.NONE

    @property
    def difference(self) -> int:
        """Units found beyond what the record had; below zero: missing. Nought until counted."""
        return 0 if self.quantity is None else self.quantity - self.expected


class Count(Record, frozen=True, kw_only=True):
    """A count session. blind: whoever counts is not shown what the record expects."""

    id: str
    location: str
    state: CountState
    lines: tuple[CountLine, ...]
    blind: bool = True
    planned_at: datetime
    planned_by: str
    due_at: datetime | None = None
    reason: str = ""
    approved_by: str = ""

    def line_of(self, sku: str) -> CountLine | None:
        """The line of a SKU."""
        return next((line for line in self.lines if line.sku == sku), None)


class CountPlanned(RecordEvent, frozen=True, kw_only=True, tag="count_planned"):
    """SKUs of a location are to be counted. lines: what is known of them; older events have none."""

    id: str
    location: str
    skus: tuple[str, ...]
    blind: bool
    at: datetime
    by: str
    due_at: datetime | None = None
    lines: tuple[CountLine, ...] = ()


class CountOpened(RecordEvent, frozen=True, kw_only=True, tag="count_opened"):
    """Somebody has begun to count."""


class CountSubmitted(RecordEvent, frozen=True, kw_only=True, tag="count_submitted"):
    """Lines were counted, and compared with the record as it was then."""

    lines: tuple[CountLine, ...]


class RecountAsked(RecordEvent, frozen=True, kw_only=True, tag="recount_asked"):
    """Lines are to be counted again."""

    skus: tuple[str, ...]
    reason: str = ""


class CountPosted(RecordEvent, frozen=True, kw_only=True, tag="count_posted"):
    """The differences were approved and are in the stock ledger."""

    by: str


class CountVoided(RecordEvent, frozen=True, kw_only=True, tag="count_voided"):
    """The count was given up; it has no effect."""

    reason: str


AnyCountEvent = CountPlanned | CountOpened | CountSubmitted | RecountAsked | CountPosted | CountVoided
