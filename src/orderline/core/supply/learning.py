"""Rules of what is learned of vendors: from lines that have ended, unless a person says otherwise."""

from collections.abc import Collection
from typing import Final

import msgspec

from orderline.core.context import Context
from orderline.core.orders.guards import check_text
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.supply.commands import CreatePurchaseOrder, FixVendor, LearnVendor, PurchaseLineInput
from orderline.core.supply.refusals import SupplyRefusal as R
from orderline.core.supply.rows import ALL, CONFIDENCE_PPM
from orderline.core.supply.slips import (
    MOST_SLACK_DAYS,
    VENDOR_RECORD,
    Learned,
    LearnedBy,
    VendorFixed,
    VendorLearned,
    VendorRecord,
    fresh_of,
    last_of,
    learn,
    learn_by_sku,
    terms_for,
)
from orderline.core.supply.state import PurchaseOrder
from orderline.core.world import Draft, World
from orderline.values.failures import Refused

FIGURES: Final = ("confidence_ppm", "slack_days")


def decide_learn(draft: Draft, command: LearnVendor, context: Context) -> None:
    """Refused PURCHASE_UNKNOWN: there is none of that name of the vendor; NOTHING_TO_DO: all of it is known."""
    vendor = command.vendor_record
    purchase = draft.world.records.get(("purchase_order", command.purchase_order))
    if not isinstance(purchase, PurchaseOrder) or purchase.vendor != vendor:
        raise Refused(R.PURCHASE_UNKNOWN, field="purchase_order", value=command.purchase_order[:100])
    record = _record(draft, vendor)
    fresh = fresh_of(record, purchase.slips())
    if not fresh:
        raise Refused(OrderRefusal.NOTHING_TO_DO, value=vendor)
    slips = last_of((*(record.slips if record is not None else ()), *fresh))
    told = VendorLearned(
        id=vendor, slips=fresh, learned=learn(vendor, slips, LearnedBy.VENDOR), by_sku=learn_by_sku(vendor, slips)
    )
    draft.tell_record(VENDOR_RECORD, vendor, told)


def decide_fix(draft: Draft, command: FixVendor, context: Context) -> None:
    """Refused VENDOR_FIGURES: a figure out of bounds; NOTHING_TO_DO: it was said before."""
    vendor = check_text(command.vendor_record, "vendor_record", 200, required=True)
    for name, most in (("confidence_ppm", ALL), ("slack_days", MOST_SLACK_DAYS)):
        value = getattr(command, name)
        if value is not None and not 0 <= value <= most:
            raise Refused(R.VENDOR_FIGURES, field=name, value=value, allowed=f"from 0 to {most}")
    reason = check_text(command.reason, "reason", 500)
    neither = command.confidence_ppm is None and command.slack_days is None
    fixed = None if neither else Learned(LearnedBy.PERSON, vendor, command.confidence_ppm, command.slack_days)
    record = _record(draft, vendor)
    if fixed == (record.fixed if record is not None else None):
        raise Refused(OrderRefusal.NOTHING_TO_DO, value=vendor)
    draft.tell_record(VENDOR_RECORD, vendor, VendorFixed(id=vendor, fixed=fixed, reason=reason))


def counted_on(world: World, command: CreatePurchaseOrder, asked: PurchaseLineInput) -> tuple[int, int, Learned | None]:
    """Slack and confidence as given, else as the vendor's record says, else as usual; and what of it was learned."""
    record = world.records.get(("vendor_record", command.vendor))
    told = terms_for(record if isinstance(record, VendorRecord) else None, asked.sku)
    slack_days = told.slack_days if told is not None and asked.slack_days is None else asked.slack_days
    confidence_ppm = told.confidence_ppm if told is not None and asked.confidence_ppm is None else asked.confidence_ppm
    given = {name: each for name in FIGURES if (each := getattr(asked, name)) is not None}
    usual = CONFIDENCE_PPM[command.kind]
    return slack_days or 0, usual if confidence_ppm is None else confidence_ppm, still_learned(told, given)


def still_learned(learned: Learned | None, given: Collection[str]) -> Learned | None:
    """What is left of learned figures beside those that are given; None: nothing."""
    if learned is None:
        return None
    left = msgspec.structs.replace(learned, **{name: None for name in FIGURES if name in given})
    return None if left.confidence_ppm is None and left.slack_days is None else left


def _record(draft: Draft, vendor: str) -> VendorRecord | None:
    found = draft.world.records.get(("vendor_record", vendor))
    return found if isinstance(found, VendorRecord) else None


RULES: Final = {LearnVendor: decide_learn, FixVendor: decide_fix}
