"""What vendors' dates and quantities are worth: learned from lines that ended, used where nobody says otherwise."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.supply.commands import (
    ClosePurchaseOrder,
    CreatePurchaseOrder,
    FixVendor,
    LearnVendor,
    PurchaseLineInput,
    ReceivePurchaseOrder,
    RevisedInput,
    RevisePurchaseOrder,
    SendPurchaseOrder,
)
from orderline.core.supply.receiving import ReceivedInput
from orderline.core.supply.slips import (
    LEAST_LINES,
    MOST_LINES,
    Learned,
    LearnedBy,
    Slip,
    VendorRecord,
    days_between,
    fresh_of,
    last_of,
    learn,
)
from orderline.core.supply.state import PurchaseOrder
from orderline.values.failures import Refused
from support.shop import NOON, MemoryShop

WEEK = timedelta(days=7)


def slip(number: int, *, promised: int = 10, come: int = 10, days_late: int | None = 0, sku: str = "TEE-M") -> Slip:
    return Slip(f"PO-{number}", 1, sku, promised, come, NOON + timedelta(hours=number), days_late)


@pytest.mark.parametrize(
    ("late", "slack"),
    [
        ([0] * 10, 0),
        ([0] * 9 + [30], 0),  # all but a tenth were on time
        ([0] * 8 + [4, 30], 4),
        ([-9] * 18 + [2, 3], 0),
        ([-9] * 17 + [1, 2, 3], 1),
        ([900] * 10, 365),
    ],
)
def test_the_slack_covers_all_but_a_tenth_of_the_lines(late: list[int], slack: int) -> None:
    slips = [slip(number, days_late=days) for number, days in enumerate(late)]
    learned = learn("Weavers", slips, LearnedBy.VENDOR)
    assert learned is not None
    assert learned.slack_days == slack
    assert learned.late == sum(1 for days in late if days > 0)


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50), st.integers(-9, 40)), min_size=10, max_size=60))
def test_figures_are_what_the_lines_give(lines: list[tuple[int, int, int]]) -> None:
    slips = [
        slip(number, promised=promised, come=min(come, promised), days_late=late if come else None)
        for number, (promised, come, late) in enumerate(lines)
    ]
    learned = learn("Weavers", slips, LearnedBy.VENDOR)
    assert learned is not None
    assert learned.slack_days is not None
    assert learned.confidence_ppm is not None
    dated = [each.days_late for each in slips if each.days_late is not None]
    within = sum(1 for days in dated if days <= learned.slack_days)
    assert within * 10 >= len(dated) * 9
    if learned.slack_days:
        assert sum(1 for days in dated if days <= learned.slack_days - 1) * 10 < len(dated) * 9
    assert learned.confidence_ppm * learned.promised <= learned.come * 1_000_000
    assert (learned.confidence_ppm + 1) * learned.promised > learned.come * 1_000_000
    Random(1).shuffle(slips)
    assert learn("Weavers", slips, LearnedBy.VENDOR) == learned


def test_days_are_begun_ones_after_the_promise_and_whole_ones_before_it() -> None:
    for hours, days in ((0, 0), (1, 1), (24, 1), (25, 2), (-1, 0), (-24, -1), (-47, -1)):
        assert days_between(NOON, NOON + timedelta(hours=hours)) == days


def test_too_few_lines_tell_nothing_and_what_was_forgotten_is_not_learned_again() -> None:
    assert learn("Weavers", [slip(number) for number in range(LEAST_LINES - 1)], LearnedBy.VENDOR) is None
    all_ = [slip(number) for number in range(MOST_LINES + 5)]
    record = VendorRecord(id="Weavers", slips=last_of(all_))
    assert len(record.slips) == MOST_LINES
    assert record.slips[-1] == all_[-1]
    assert fresh_of(record, all_) == ()
    assert fresh_of(record, [slip(MOST_LINES + 9)]) == (slip(MOST_LINES + 9),)


def bought(shop: MemoryShop, name: str, quantity: int, *, come: int, late: timedelta, sku: str = "TEE-M") -> None:
    """Order, send and receive at once, told as of a later instant; what did not come by then never does."""
    due_at = shop.now - late
    line = PurchaseLineInput(sku, quantity, due_at)
    shop.do(CreatePurchaseOrder(purchase_order=name, location="lyon", lines=(line,), vendor="Weavers"))
    shop.do(SendPurchaseOrder(purchase_order=name))
    lines = (ReceivedInput(1, come),) if come else ()
    shop.do(ReceivePurchaseOrder(purchase_order=name, receipt="R-1", lines=lines, complete=True))
    shop.do(LearnVendor(vendor_record="Weavers", purchase_order=name))


def purchase(shop: MemoryShop, name: str) -> PurchaseOrder:
    return next(each for each in shop.records("purchase_order") if each.id == name)


def ordered(shop: MemoryShop, name: str, line: PurchaseLineInput, vendor: str = "Weavers") -> PurchaseOrder:
    shop.do(CreatePurchaseOrder(purchase_order=name, location="lyon", lines=(line,), vendor=vendor))
    return purchase(shop, name)


def test_a_new_order_is_counted_on_by_what_the_vendor_has_kept() -> None:
    shop = MemoryShop()
    for number in range(LEAST_LINES - 1):
        bought(shop, f"PO-{number}", 10, come=8, late=timedelta(days=2))
    usual = ordered(shop, "A", PurchaseLineInput("TEE-M", 5, NOON + WEEK)).lines[0]
    assert (usual.slack_days, usual.confidence_ppm, usual.learned) == (0, 950_000, None), "too little is known"
    bought(shop, "PO-9", 10, come=8, late=timedelta(days=5))
    learned = ordered(shop, "B", PurchaseLineInput("TEE-M", 5, NOON + WEEK)).lines[0]
    evidence = Learned(LearnedBy.VENDOR_SKU, "Weavers", 800_000, 2, 10, 10, 100, 80)
    assert (learned.slack_days, learned.confidence_ppm, learned.learned) == (2, 800_000, evidence)
    other = ordered(shop, "C", PurchaseLineInput("MUG", 5, NOON + WEEK)).lines[0]
    assert other.learned is not None
    assert other.learned.by is LearnedBy.VENDOR
    assert ordered(shop, "D", PurchaseLineInput("TEE-M", 5, NOON + WEEK), "Potters").lines[0].learned is None
    given_ = ordered(shop, "E", PurchaseLineInput("TEE-M", 5, NOON + WEEK, 1, 990_000)).lines[0]
    assert (given_.slack_days, given_.confidence_ppm, given_.learned) == (1, 990_000, None)
    half = ordered(shop, "F", PurchaseLineInput("TEE-M", 5, NOON + WEEK, slack_days=1)).lines[0]
    assert half.learned is not None
    assert (half.slack_days, half.learned.slack_days) == (1, None)
    shop.do(RevisePurchaseOrder(purchase_order="F", lines=(RevisedInput(1, confidence_ppm=500_000),)))
    assert purchase(shop, "F").lines[0].learned is None


def test_a_person_may_say_otherwise_and_take_it_back() -> None:
    shop = MemoryShop()
    for number in range(LEAST_LINES):
        bought(shop, f"PO-{number}", 10, come=8, late=timedelta(days=2))
    shop.do(FixVendor(vendor_record="Weavers", slack_days=9, reason="their loom burned"))
    line = ordered(shop, "A", PurchaseLineInput("TEE-M", 5, NOON + WEEK)).lines[0]
    assert (line.slack_days, line.confidence_ppm) == (9, 800_000)
    assert line.learned is not None
    assert line.learned.by is LearnedBy.PERSON
    with pytest.raises(Refused, match="NOTHING_TO_DO"):
        shop.do(FixVendor(vendor_record="Weavers", slack_days=9))
    with pytest.raises(Refused, match="VENDOR_FIGURES"):
        shop.do(FixVendor(vendor_record="Weavers", confidence_ppm=1_000_001))
    shop.do(FixVendor(vendor_record="Weavers"))
    assert ordered(shop, "B", PurchaseLineInput("TEE-M", 5, NOON + WEEK)).lines[0].slack_days == 2
    shop.do(FixVendor(vendor_record="Potters", confidence_ppm=400_000))
    unknown = ordered(shop, "C", PurchaseLineInput("MUG", 5, NOON + WEEK), "Potters").lines[0]
    assert (unknown.slack_days, unknown.confidence_ppm) == (0, 400_000)


def test_the_vendor_is_measured_by_what_it_was_told_first_or_what_we_have_asked_for_since() -> None:
    shop = MemoryShop()
    for name in ("THEIRS", "OURS"):
        ordered(shop, name, PurchaseLineInput("TEE-M", 10, NOON + timedelta(days=1)))
        shop.do(SendPurchaseOrder(purchase_order=name))
        revised = (RevisedInput(1, quantity=6, due_at=NOON + timedelta(days=5)),)
        shop.do(RevisePurchaseOrder(purchase_order=name, lines=revised, ours=name == "OURS"))
    shop.later(days=4)
    for name in ("THEIRS", "OURS"):
        shop.do(ReceivePurchaseOrder(purchase_order=name, receipt="R-1", lines=(ReceivedInput(1, 4, damaged=1),)))
        assert not purchase(shop, name).slips(), "more is to come"
        shop.do(ClosePurchaseOrder(purchase_order=name))
    theirs, ours = (purchase(shop, name).slips()[0] for name in ("THEIRS", "OURS"))
    assert (theirs.promised, theirs.come, theirs.days_late) == (10, 4, 3)
    assert (ours.promised, ours.come, ours.days_late) == (6, 4, -1)


def test_a_line_is_learned_from_once() -> None:
    shop = MemoryShop()
    bought(shop, "PO-1", 10, come=8, late=timedelta(days=2))
    for _ in range(2):
        with pytest.raises(Refused, match="NOTHING_TO_DO"):
            shop.do(LearnVendor(vendor_record="Weavers", purchase_order="PO-1"))
    with pytest.raises(Refused, match="PURCHASE_UNKNOWN"):
        shop.do(LearnVendor(vendor_record="Potters", purchase_order="PO-1"))
