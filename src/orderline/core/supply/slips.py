"""What a vendor's dates and quantities are worth: learned from the lines of its purchase orders that have ended.

Of each line is kept what was promised when the order was sent, what came of it, and how many days late the last of that was.
The share that came is the confidence of what is ordered next; the days that all but a tenth of the lines kept are its slack.
The lines that ended last count, of the SKU where there are enough of it, of the vendor otherwise. Source: domain model 4.2.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.core.supply.rows import ALL

LEAST_LINES: Final = 10  # of fewer nothing is learned
MOST_LINES: Final = 200  # that ended last
SLACK_QUANTILE_PPM: Final = 900_000
MOST_SLACK_DAYS: Final = 365
_DAY: Final = timedelta(days=1)


class LearnedBy(StrEnum):
    """What figures stand on: a person's word, lines of the vendor with the SKU, or all lines of the vendor."""

    PERSON = "person"
    VENDOR_SKU = "vendor_sku"
    VENDOR = "vendor"


class Slip(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A line of a purchase order that has ended: units promised, and come sound or for quality control.

    days_late: days begun after the promise until the last of them came, below zero when it came sooner; None: none came.
    """

    purchase_order: str
    line: int
    sku: str
    promised: int
    come: int
    ended_at: datetime
    days_late: int | None = None


class Learned(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What units of a vendor are counted on with, and the evidence.

    confidence_ppm, slack_days: None where somebody has said otherwise. lines: that have ended, of these `late` ones came late.
    promised, come: units of them.
    """

    by: LearnedBy
    vendor: str
    confidence_ppm: int | None = None
    slack_days: int | None = None
    lines: int = 0
    late: int = 0
    promised: int = 0
    come: int = 0


class VendorRecord(Record, frozen=True, kw_only=True):
    """The track record of a vendor, `id` its name: the lines that ended last, and what follows of them.

    learned: of all; None: there are too few. by_sku: of SKUs with enough lines. fixed: what a person has said instead.
    """

    id: str
    slips: tuple[Slip, ...] = ()
    learned: Learned | None = None
    by_sku: Mapping[str, Learned] = msgspec.field(default_factory=dict[str, Learned])
    fixed: Learned | None = None
    reason: str = ""


class VendorLearned(RecordEvent, frozen=True, kw_only=True, tag="vendor_learned"):
    """Lines of a vendor have ended; what is learned of it and its SKUs from now on."""

    id: str
    slips: tuple[Slip, ...]
    learned: Learned | None = None
    by_sku: Mapping[str, Learned] = msgspec.field(default_factory=dict[str, Learned])


class VendorFixed(RecordEvent, frozen=True, kw_only=True, tag="vendor_fixed"):
    """A person has said what units of a vendor are counted on with; None: what is learned holds again."""

    id: str
    fixed: Learned | None = None
    reason: str = ""


AnyVendorEvent = VendorLearned | VendorFixed


def evolve_vendor(record: VendorRecord | None, event: AnyVendorEvent) -> VendorRecord:
    """The vendor's record after an event."""
    known = record or VendorRecord(id=event.id)
    if isinstance(event, VendorFixed):
        return msgspec.structs.replace(known, fixed=event.fixed, reason=event.reason)
    slips = last_of((*known.slips, *event.slips))
    return msgspec.structs.replace(known, slips=slips, learned=event.learned, by_sku=event.by_sku)


def last_of(slips: Sequence[Slip]) -> tuple[Slip, ...]:
    """The lines that ended last, the last one last."""
    return tuple(sorted(slips, key=_ended)[-MOST_LINES:])


def fresh_of(record: VendorRecord | None, slips: Sequence[Slip]) -> tuple[Slip, ...]:
    """Lines that a record does not have yet, and would keep; so that what was forgotten is not learned again."""
    known = record.slips if record is not None else ()
    have = {(each.purchase_order, each.line) for each in known}
    oldest = _ended(known[0]) if len(known) == MOST_LINES else None
    return tuple(
        each
        for each in slips
        if (each.purchase_order, each.line) not in have and (oldest is None or _ended(each) > oldest)
    )


def learn(vendor: str, slips: Sequence[Slip], by: LearnedBy) -> Learned | None:
    """What lines tell; None: there are too few, or nothing was promised.

    confidence: units come of those promised, rounded down. slack: the fewest days that cover this share of the lines of
    which anything came; those that came sooner count as on time.
    """
    promised = sum(each.promised for each in slips)
    if len(slips) < LEAST_LINES or not promised:
        return None
    come = sum(each.come for each in slips)
    days = sorted(max(0, each.days_late) for each in slips if each.days_late is not None)
    return Learned(
        by=by,
        vendor=vendor,
        confidence_ppm=come * ALL // promised,
        slack_days=min(MOST_SLACK_DAYS, days[-(-len(days) * SLACK_QUANTILE_PPM // ALL) - 1]) if days else 0,
        lines=len(slips),
        late=sum(1 for each in days if each),
        promised=promised,
        come=come,
    )


def learn_by_sku(vendor: str, slips: Sequence[Slip]) -> dict[str, Learned]:
    """What lines tell of the SKUs that there are enough of."""
    by_sku: dict[str, list[Slip]] = {}
    for each in slips:
        by_sku.setdefault(each.sku, []).append(each)
    found = ((sku, learn(vendor, by_sku[sku], LearnedBy.VENDOR_SKU)) for sku in sorted(by_sku))
    return {sku: each for sku, each in found if each is not None}


def terms_for(record: VendorRecord | None, sku: str) -> Learned | None:
    """What units of a SKU from a vendor are counted on with: by a person's word, else by the SKU, else by the vendor.

    A person's word may be of one figure alone: the other is what is learned.
    """
    if record is None:
        return None
    learned = record.by_sku.get(sku) or record.learned
    if record.fixed is None:
        return learned
    if learned is None:
        return record.fixed
    return msgspec.structs.replace(
        learned,
        by=LearnedBy.PERSON,
        **{
            name: value
            for name in ("confidence_ppm", "slack_days")
            if (value := getattr(record.fixed, name)) is not None
        },
    )


def days_between(promised_at: datetime, come_at: datetime) -> int:
    """Days begun after a promise; below zero: whole days before it."""
    return -((promised_at - come_at) // _DAY)


def _ended(slip: Slip) -> tuple[datetime, str, int]:
    return slip.ended_at, slip.purchase_order, slip.line


VENDOR_RECORD: Final = RecordKind(
    "vendor_record", VendorRecord, AnyVendorEvent, evolve_vendor, lambda record: Window("active")
)
