"""Lots and serial numbers: each unit of a tracked SKU is of a lot that is known, and a serial number is in one place."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from orderline.core.counts.commands import ApproveCount, CountedInput, PlanCount, SubmitCount
from orderline.core.fulfillments.undoing import UnpickUnits
from orderline.core.moves import PHYSICAL
from orderline.core.orders.commands import (
    Command,
)
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import AdjustStock, ApplyFeed, ExpireLots, FeedRow, PutSkus
from orderline.core.stock.lots import LotLevel, LotUnits, Tracking, is_fresh, proposed
from orderline.core.stock.state import Sku
from orderline.core.supply.commands import (
    CreatePurchaseOrder,
    PurchaseLineInput,
    ReceivePurchaseOrder,
    SendPurchaseOrder,
)
from orderline.core.supply.receiving import ReceivedInput, ReceivedLot
from orderline.core.transfers.commands import (
    ApproveTransfer,
    CreateTransfer,
    PickTransfer,
    ReceiveTransfer,
    ShipTransfer,
    TransferLineInput,
    TransferPickInput,
)
from orderline.core.world import Draft
from orderline.values.failures import Refused
from support.likely import with_lots_named
from support.lots import TODAY, adjust, allocated, day, pick, ship, shop_of, there
from support.machine import simulate
from support.shop import NOON, MemoryShop

SOON = NOON + timedelta(days=7)


def test_what_expires_first_is_taken_first() -> None:
    levels = [
        LotLevel("S", "lyon", "sellable", "?", 2),
        LotLevel("S", "lyon", "sellable", "C", 2),
        LotLevel("S", "lyon", "sellable", "B", 2, day(9)),
        LotLevel("S", "lyon", "sellable", "A", 2, day(10)),
        LotLevel("S", "lyon", "damaged", "D", 9, day(1)),
    ]
    told = [(each.lot, each.quantity) for each in proposed(levels, "sellable", 9, {"A": 1})]
    assert told == [("B", 2), ("A", 1), ("C", 2), ("?", 4)], "what has no lot is of no known one"
    told = [each.lot for each in proposed(levels, "sellable", 6, on=day(10))]
    assert told == ["A", "C", "?"], "what has expired is left, as long as there is other"
    assert [each.lot for each in proposed(levels, "sellable", 8, on=day(10))] == ["A", "C", "?", "B"]


@pytest.mark.parametrize(
    ("expires", "shelf_days", "fresh"), [(0, 0, True), (-1, 0, False), (9, 10, False), (10, 10, True)]
)
def test_a_lot_is_sold_up_to_its_shelf_life(expires: int, shelf_days: int, fresh: bool) -> None:
    assert is_fresh(day(expires), TODAY, shelf_days) is fresh
    assert is_fresh(None, TODAY, shelf_days)


REFUSED = [
    # tracking         lots                                       reason       code
    (Tracking.NONE,    (LotUnits("A", 3),),                       "received",  "SKU_NOT_TRACKED"),
    (Tracking.LOT,     (),                                        "received",  "LOTS_REQUIRED"),
    (Tracking.LOT,     (LotUnits("A", 2),),                       "received",  "LOTS_REQUIRED"),
    (Tracking.LOT,     (LotUnits("A", 1), LotUnits("A", 2)),      "received",  "LOTS_REQUIRED"),
    (Tracking.LOT,     (LotUnits(" A", 3),),                      "received",  "LOT_NOT_ACCEPTABLE"),
    (Tracking.LOT,     (LotUnits("?", 3),),                       "received",  "LOT_NOT_ACCEPTABLE"),
    (Tracking.LOT,     (LotUnits("A", 3, day(-1)),),              "received",  "LOT_EXPIRED"),
    (Tracking.LOT,     (LotUnits("KNOWN", 3, day(8)),),           "received",  "EXPIRY_DIFFERS"),
    (Tracking.LOT,     (LotUnits("NEW", 3),),                     "damaged",   "LOT_NOT_HERE"),
    (Tracking.LOT,     (LotUnits("KNOWN", 3),),                   "shrinkage", "LOT_NOT_HERE"),
    (Tracking.SERIAL,  (LotUnits("S-1", 3),),                     "received",  "LOTS_REQUIRED"),
    (Tracking.SERIAL,  (LotUnits("KNOWN"), LotUnits("S-1"), LotUnits("S-2")), "received", "SERIAL_ELSEWHERE"),
]  # fmt: skip


@pytest.mark.parametrize(("tracking", "lots", "reason", "code"), REFUSED)
def test_lots_that_can_not_be_are_refused(
    tracking: Tracking, lots: tuple[LotUnits, ...], reason: str, code: str
) -> None:
    shop = shop_of(tracking)
    if tracking is not Tracking.NONE:
        adjust(shop, LotUnits("KNOWN", 1, day(9)), location="lille")
        adjust(shop, LotUnits("L", 5, day(9))) if tracking is Tracking.LOT else None
    with pytest.raises(Refused, match=code):
        shop.do(AdjustStock(sku="TEE-M", location="lyon", quantity=3, reason=reason, lots=lots))


def test_a_sku_that_expires_has_dates_and_is_tracked_anew_only_when_none_is_there() -> None:
    shop = shop_of(Tracking.LOT, expires=True)
    with pytest.raises(Refused, match="EXPIRY_REQUIRED"):
        adjust(shop, LotUnits("A", 1))
    adjust(shop, LotUnits("A", 1, day(9)))
    adjust(shop, LotUnits("A", 1), location="lille")
    assert shop.world.lots.of("TEE-M", "lille")[0].expires_on == day(9), "a lot is known wherever it stands"
    with pytest.raises(Refused, match="SKU_CHANGES_TRACKING"):
        shop.do(PutSkus(skus=(Sku("TEE-M", "Shirt"),)))
    for location in ("lyon", "lille"):
        adjust(shop, LotUnits("A", 1), reason="shrinkage", location=location)
    shop.do(PutSkus(skus=(Sku("TEE-M", "Shirt"),)))
    shop.do(AdjustStock(sku="TEE-M", location="lyon", quantity=3, reason="received"))
    assert there(shop) == {}
    with pytest.raises(Refused, match="SKU_NOT_TRACKED"):
        shop.do(PutSkus(skus=(Sku("TEE-M", "Shirt", expires=True),)))


def test_a_pick_names_lots_or_takes_what_expires_first() -> None:
    shop = shop_of(Tracking.LOT)
    adjust(shop, LotUnits("B", 3, day(20)), LotUnits("A", 2, day(9)))
    order = allocated(shop, 4)
    for lots, code in (((("B", 2),), "LOTS_REQUIRED"), ((("C", 3),), "LOT_NOT_HERE"), ((("A", 3),), "LOT_NOT_HERE")):
        with pytest.raises(Refused, match=code):
            pick(shop, order, 3, *lots)
    pick(shop, order, 1, ("B", 1))
    pick(shop, order, 3)
    assert there(shop) == {("picked", "A"): 2, ("picked", "B"): 2, ("sellable", "B"): 1}
    item = shop.order(order).fulfillments[0].items[0]
    assert {each.lot: each.quantity for each in item.lots} == {"A": 2, "B": 2}
    shop.do(UnpickUnits(order=order, fulfillment=1, lines=(LineQuantity(1, 1),)))
    assert there(shop)["sellable", "A"] == 1, "what was picked last goes back first"
    ship(shop, order, 2)
    item = shop.order(order).fulfillments[0].items[0]
    assert [(each.lot, each.quantity) for each in item.sent] == [("B", 2)]
    shop.do(UnpickUnits(order=order, fulfillment=1))
    assert there(shop) == {("sellable", "A"): 2, ("sellable", "B"): 1}
    sent = [entry for entry in shop.entries if entry.target == "in_transit_out"]
    assert [(entry.lot, entry.quantity, entry.cause) for entry in sent] == [("B", 2, f"order:{order}")]


def test_serial_numbers_are_named_each_once_and_leave_with_their_order() -> None:
    shop = shop_of(Tracking.SERIAL)
    adjust(shop, LotUnits("S-1"), LotUnits("S-2"), LotUnits("S-3"))
    first, second = allocated(shop, 2), allocated(shop, 1, "A-2")
    for lots, code in (
        ((), "LOTS_REQUIRED"),
        ((("S-1", 1),), "LOTS_REQUIRED"),
        ((("S-1", 1), ("S-1", 1)), "LOTS_REQUIRED"),
        ((("S-1", 1), ("S-9", 1)), "LOT_NOT_HERE"),
    ):
        with pytest.raises(Refused, match=code):
            pick(shop, first, 2, *lots)
    pick(shop, first, 2, ("S-1", 1), ("S-3", 1))
    with pytest.raises(Refused, match="LOT_NOT_HERE"):
        pick(shop, second, 1, ("S-3", 1))
    pick(shop, second, 1, ("S-2", 1))
    ship(shop, first, 2)
    assert there(shop) == {("picked", "S-2"): 1}
    with pytest.raises(Refused, match="SERIAL_ELSEWHERE"):
        adjust(shop, LotUnits("S-2"), reason="returned_in_store", location="paris")
    adjust(shop, LotUnits("S-1"), reason="returned_in_store", location="paris")
    assert there(shop, "paris") == {("sellable", "S-1"): 1}


def test_what_expires_is_blocked_and_a_feed_without_lots_is_refused() -> None:
    shop = shop_of(Tracking.LOT, min_shelf_days=5)
    adjust(shop, LotUnits("A", 2, day(6)), LotUnits("B", 3, day(60)))
    with pytest.raises(Refused, match="LOT_NOT_HERE"):
        shop.do(ExpireLots(sku="TEE-M", location="lyon"))
    shop.later(days=2)
    shop.do(ExpireLots(sku="TEE-M", location="lyon"))
    assert there(shop) == {("blocked", "A"): 2, ("sellable", "B"): 3}
    assert shop.world.pool_level("TEE-M", "eu").atp == 3
    with pytest.raises(Refused, match="LOT_EXPIRED"):
        adjust(shop, LotUnits("A", 1), reason="unblocked")
    row = FeedRow("TEE-M", "lyon", 9)
    shop.do(ApplyFeed(feed="wms", sequence=1, part=0, delta=False, rows=(row,)))
    assert there(shop) == {("blocked", "A"): 2, ("sellable", "B"): 3}


def test_receipts_tell_lots_and_what_comes_too_late_is_blocked() -> None:
    shop = shop_of(Tracking.LOT, expires=True, min_shelf_days=5)
    shop.do(CreatePurchaseOrder(purchase_order="PO-1", location="lyon", lines=(PurchaseLineInput("TEE-M", 9, SOON),)))
    shop.do(SendPurchaseOrder(purchase_order="PO-1"))

    def receive(*lots: ReceivedLot, receipt: str = "R-1", quantity: int = 5, damaged: int = 1) -> Command:
        lines = (ReceivedInput(1, quantity, damaged, lots=lots),)
        return ReceivePurchaseOrder(purchase_order="PO-1", receipt=receipt, lines=lines)

    lots = (ReceivedLot("A", 3, 1, expires_on=day(90)), ReceivedLot("B", 2, expires_on=day(4)))
    for wrong, code in (
        (lots[:1], "LOTS_REQUIRED"),
        ((), "LOTS_REQUIRED"),
        ((ReceivedLot("A", 5, 1),), "EXPIRY_REQUIRED"),
    ):
        with pytest.raises(Refused, match=code):
            shop.do(receive(*wrong))
    shop.do(receive(*lots))
    shop.do(receive(*lots))
    assert there(shop) == {("sellable", "A"): 3, ("damaged", "A"): 1, ("blocked", "B"): 2}
    with pytest.raises(Refused, match="RECEIPT_REUSED"):
        shop.do(receive(ReceivedLot("A", 5, 1, expires_on=day(90))))


def test_transfers_take_lots_along() -> None:
    shop = shop_of(Tracking.LOT)
    adjust(shop, LotUnits("A", 3, day(9)), LotUnits("B", 4, day(20)))
    held = allocated(shop, 1)
    pick(shop, held, 1)
    lines = (TransferLineInput("TEE-M", 5),)
    shop.do(CreateTransfer(transfer="T-1", source="lyon", target="paris", lines=lines, due_at=SOON))
    shop.do(ApproveTransfer(transfer="T-1"))
    shop.do(PickTransfer(transfer="T-1", lines=(TransferPickInput(1, 5, (LotUnits("A", 2), LotUnits("B", 3))),)))
    shop.do(ShipTransfer(transfer="T-1"))
    assert there(shop) == {("picked", "A"): 1, ("sellable", "B"): 1}
    named = (ReceivedLot("B", 1),)
    shop.do(ReceiveTransfer(transfer="T-1", receipt="R-1", lines=(ReceivedInput(1, 1, lots=named),)))
    for _ in range(2):
        shop.do(ReceiveTransfer(transfer="T-1", receipt="R-2", lines=(ReceivedInput(1, 2, damaged=1),)))
    assert there(shop, "paris") == {("sellable", "A"): 2, ("sellable", "B"): 1, ("damaged", "B"): 1}
    assert shop.world.lots.of("TEE-M", "paris")[1].expires_on is not None
    shop.do(ReceiveTransfer(transfer="T-1", receipt="R-3", complete=True))
    assert there(shop, "paris")["missing", "B"] == 1


def test_serial_numbers_of_a_transfer_are_named_unless_all_have_come() -> None:
    shop = shop_of(Tracking.SERIAL)
    adjust(shop, LotUnits("S-1"), LotUnits("S-2"))
    shop.do(
        CreateTransfer(
            transfer="T-1", source="lyon", target="paris", lines=(TransferLineInput("TEE-M", 2),), due_at=SOON
        )
    )
    shop.do(ApproveTransfer(transfer="T-1"))
    with pytest.raises(Refused, match="LOTS_REQUIRED"):
        shop.do(PickTransfer(transfer="T-1"))
    shop.do(PickTransfer(transfer="T-1", lines=(TransferPickInput(1, 2, (LotUnits("S-1"), LotUnits("S-2"))),)))
    shop.do(ShipTransfer(transfer="T-1"))
    with pytest.raises(Refused, match="LOTS_REQUIRED"):
        shop.do(ReceiveTransfer(transfer="T-1", receipt="R-1", lines=(ReceivedInput(1, 1),)))
    shop.do(ReceiveTransfer(transfer="T-1", receipt="R-1", lines=(ReceivedInput(1, 1, lots=(ReceivedLot("S-2", 1),)),)))
    shop.do(ReceiveTransfer(transfer="T-1", receipt="R-2", lines=(ReceivedInput(1, 1),)))
    assert there(shop, "paris") == {("sellable", "S-1"): 1, ("sellable", "S-2"): 1}


def test_a_count_says_which_lots_are_there() -> None:
    shop = shop_of(Tracking.LOT)
    adjust(shop, LotUnits("A", 3), LotUnits("B", 2))
    adjust(shop, LotUnits("A", 1), reason="missing")
    shop.do(PlanCount(count="C-1", location="lyon", lines=("TEE-M",)))

    def submit(quantity: int, *lots: LotUnits, **about: Any) -> Command:
        return SubmitCount(count="C-1", location="lyon", lines=(CountedInput("TEE-M", quantity, lots=lots, **about),))

    with pytest.raises(Refused, match="LOTS_REQUIRED"):
        shop.do(submit(4))
    with pytest.raises(Refused, match="COUNT_LINES"):
        shop.do(submit(1, LotUnits("A", 1), counted_at=NOON))
    shop.do(submit(5, LotUnits("A", 4), LotUnits("C", 1, day(40))))
    shop.do(ApproveCount(count="C-1"))
    assert there(shop) == {("sellable", "A"): 4, ("sellable", "C"): 1}


class LotShop(MemoryShop):
    """A shop whose shirts are tracked, with lots named wherever nobody has."""

    def do(self, command: Command) -> Draft:
        return super().do(with_lots_named(command))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_after_any_day_the_lots_of_shelves_add_up(seed: int) -> None:
    shop = LotShop()
    shop.do(PutSkus(skus=(Sku("TEE-M", "Shirt", tracking=Tracking.LOT),)))
    for _ in range(3):
        adjust(shop, LotUnits(f"L-{_}", 4, day(30 + _)))

    def look() -> None:
        for (sku, location), level in shop.world.stock.items():
            lots = Counter[str]()
            for each in shop.world.lots.of(sku, location):
                assert each.quantity > 0
                lots[each.bucket] += each.quantity
            if sku == "TEE-M":
                assert {bucket.value: getattr(level, bucket) for bucket in PHYSICAL if getattr(level, bucket)} == lots
            else:
                assert not lots
        for order in shop.world.orders.values():
            for fulfillment in order.fulfillments if order is not None else ():
                for item in fulfillment.items:
                    line = order.line_of(item.line) if order is not None else None
                    if line is not None and line.sku == "TEE-M":
                        assert sum(each.quantity for each in item.lots) == item.units.picked + item.units.packed

    assert simulate(shop, seed, 150, shop.place, look) > 20
