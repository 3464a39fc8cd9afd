"""Lots that are told: by feeds, row by row, and by who packs a parcel."""

from typing import Any

import pytest

from orderline.core.context import SYSTEM, Context
from orderline.core.decide import run
from orderline.core.documents.paper import Party, Table
from orderline.core.documents.slips import packing_slip
from orderline.core.fulfillments.undoing import UnpackUnits, UnpickUnits
from orderline.core.orders.commands import (
    PackUnits,
    ParcelInput,
    ShipParcels,
)
from orderline.core.orders.parcels import PickedLot
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import ApplyFeed, FeedRow
from orderline.core.stock.lots import LotUnits, Tracking
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, new_id
from support.lots import adjust, allocated, day, pick, shop_of, there
from support.shop import MemoryShop


def parcel(quantity: int, *lots: PickedLot) -> ParcelInput:
    return ParcelInput(items=(LineQuantity(1, quantity),), lots=lots)


def test_each_parcel_knows_its_lots_and_leaves_with_them() -> None:
    shop = shop_of(Tracking.SERIAL)
    serials = tuple(LotUnits(each) for each in ("S1", "S2", "S3", "S4"))
    adjust(shop, *serials)
    order = allocated(shop, 4)
    pick(shop, order, 4, *((each.lot, 1) for each in serials))
    for named, code in (
        ((PickedLot(1, "S9"), PickedLot(1, "S3")), "LOT_NOT_HERE"),
        ((PickedLot(1, "S3"),), "LOTS_REQUIRED"),
        ((PickedLot(2, "S3"),), "LOTS_REQUIRED"),
        ((PickedLot(1, "S3"), PickedLot(1, "S3")), "LOT_NOT_HERE"),
    ):
        with pytest.raises(Refused, match=code):
            shop.do(PackUnits(order=order, fulfillment=1, parcels=(parcel(2, *named),)))
    shop.do(PackUnits(order=order, fulfillment=1, parcels=(parcel(1, PickedLot(1, "S3")), parcel(1))))
    assert [[lot.lot for lot in each.lots] for each in shop.order(order).parcels] == [["S3"], ["S1"]]
    shop.do(UnpickUnits(order=order, fulfillment=1, lines=(LineQuantity(1, 1),)))
    assert [lot.lot for lot in shop.order(order).fulfillments[0].items[0].lots] == ["S1", "S2", "S3"], (
        "of those unpacked"
    )
    shop.do(ShipParcels(order=order, fulfillment=1, parcels=(1,), carrier="post"))
    item = shop.order(order).fulfillments[0].items[0]
    assert ([lot.lot for lot in item.sent], [lot.lot for lot in item.lots]) == (["S3"], ["S1", "S2"])
    shop.do(UnpackUnits(order=order, fulfillment=1, parcels=(2,)))
    shop.do(PackUnits(order=order, fulfillment=1, parcels=(parcel(2),)))
    assert [lot.lot for lot in shop.order(order).parcels[2].lots] == ["S1", "S2"]


def test_a_packing_slip_tells_lots() -> None:
    shop = shop_of(Tracking.LOT)
    adjust(shop, LotUnits("B", 2), LotUnits("A", 2))
    order = allocated(shop, 3)
    pick(shop, order, 3)
    shop.do(PackUnits(order=order, fulfillment=1, parcels=(parcel(1), parcel(2))))
    known = shop.order(order)
    told = [
        [block.rows for block in packing_slip(known, each, Party("", ()), Party("", ()), shop.world.skus).blocks
         if isinstance(block, Table) and block.title == "Lots and serial numbers"]
        for each in known.parcels
    ]  # fmt: skip
    assert told == [[(("TEE-M", "A", "1"),)], [(("TEE-M", "A", "1"), ("TEE-M", "B", "1"))]]


def fed(shop: MemoryShop, *rows: FeedRow, delta: bool = False, sequence: int = 1, **about: Any) -> list[str]:
    """What a feed is refused for, row by row; empty for those that are not."""
    command = ApplyFeed(feed="wms", sequence=sequence, part=0, delta=delta, rows=rows, **about)
    _, verdict = run(shop.world, command, Context(shop.now, SYSTEM, OrderId(new_id()), ""))
    codes = {each.row: each.code for each in verdict.refused}
    assert verdict.changed + verdict.unchanged + len(codes) == len(rows)
    return [codes.get(index, "") for index in range(len(rows))]


def test_feeds_tell_lots_with_a_verdict_for_each_row() -> None:
    shop = shop_of(Tracking.LOT, expires=True, min_shelf_days=5)
    adjust(shop, LotUnits("A", 4, day(60)), LotUnits("B", 3, day(60)), LotUnits("C", 1, day(70)))
    order = allocated(shop, 2)
    pick(shop, order, 2, ("A", 2))

    def row(lot: str, quantity: int, expires: int | None = None, sku: str = "TEE-M") -> FeedRow:
        return FeedRow(sku, "lyon", quantity, lot, day(expires) if expires is not None else None)

    rows = (row("A", 5), row("B", 0), row("D", 7, 90), row("E", 1), row("F", 1, 4), row("A", 9, 61), row("?", 1, 90))
    wrong = ["", "", "", "EXPIRY_REQUIRED", "LOT_EXPIRED", "EXPIRY_DIFFERS", "LOT_NOT_ACCEPTABLE"]
    assert fed(shop, *rows, row("", 3), row("A", 1, sku="MUG"), row("A", -1)) == [
        *wrong, "LOTS_REQUIRED", "SKU_NOT_TRACKED", "QUANTITY_NEGATIVE",
    ]  # fmt: skip
    assert there(shop) == {("picked", "A"): 2, ("sellable", "A"): 3, ("sellable", "C"): 1, ("sellable", "D"): 7}
    assert fed(shop, row("A", 5), row("D", 7), sequence=2) == ["", ""]
    assert there(shop)["sellable", "A"] == 3, "told again, nothing changes"
    assert fed(shop, row("D", -2), row("D", 1), row("D", -7), delta=True, sequence=3) == [
        "",
        "",
        "QUANTITY_NOT_AVAILABLE",
    ]
    assert there(shop)["sellable", "D"] == 6
    assert fed(shop, row("", 0), sequence=4) == [""]
    assert there(shop) == {("picked", "A"): 2}


def test_a_serial_number_of_a_feed_is_one_unit_in_one_place() -> None:
    shop = shop_of(Tracking.SERIAL)
    adjust(shop, LotUnits("S-1"))
    rows = (FeedRow("TEE-M", "paris", 1, "S-1"), FeedRow("TEE-M", "lyon", 2, "S-2"), FeedRow("TEE-M", "lyon", 1, "S-2"))
    assert fed(shop, *rows) == ["SERIAL_ELSEWHERE", "LOTS_REQUIRED", ""]
    moved = (FeedRow("TEE-M", "lyon", 0, "S-1"), FeedRow("TEE-M", "paris", 1, "S-1"))
    assert fed(shop, *moved, sequence=2) == ["", ""]
    assert there(shop, "paris") == {("sellable", "S-1"): 1}
