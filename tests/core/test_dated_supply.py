"""What can be promised at a date: terms that add up for any instant, and no row promised twice however orders come."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.orders.commands import CancelUnits, ReserveUnits
from orderline.core.stock.commands import CartLineInput, HoldCart, PutChannel, PutSkus
from orderline.core.stock.explain import Asked, Evidence, StockFacts, explain_atp, explain_pool
from orderline.core.stock.state import Channel, PoolLevel, ShortPolicy, Sku, StockLevel
from orderline.core.supply.commands import (
    CreatePurchaseOrder,
    PurchaseLineInput,
    ReceivePurchaseOrder,
    RevisedInput,
    RevisePurchaseOrder,
    SendPurchaseOrder,
)
from orderline.core.supply.receiving import ReceivedInput
from orderline.core.supply.rows import SupplyKind, SupplyRow
from orderline.values.failures import Refused
from orderline.values.ids import CartHoldId, new_id
from support.shop import NOON, MemoryShop, order_of

COUNTS = st.integers(0, 50)


@st.composite
def supply_rows(draw: st.DrawFn) -> SupplyRow:
    pegged = draw(COUNTS)
    return SupplyRow(
        "S", "eu", draw(st.text("abc", min_size=1, max_size=4)), "lyon", SupplyKind.PURCHASE,
        NOON + timedelta(days=draw(st.integers(0, 30))), draw(st.integers(0, 5)), draw(st.integers(0, 1_000_000)),
        draw(COUNTS), pegged, draw(st.integers(0, pegged)),
    )  # fmt: skip


@given(st.lists(supply_rows(), max_size=6), COUNTS, COUNTS, COUNTS, COUNTS, st.integers(0, 40), st.integers(-1, 30))
def test_the_terms_add_up_for_any_instant(
    rows: list[SupplyRow], sellable: int, claims: int, backordered: int, threshold: int, day: int, ahead: int
) -> None:
    shelf = StockLevel("S", "lyon", sellable=sellable)
    kept = sum(row.kept for row in rows)
    level = PoolLevel("S", "eu", sellable, claims, 0, backordered, threshold, kept=kept)
    at = NOON + timedelta(days=day)
    sold_until = None if ahead < 0 else NOON + timedelta(days=ahead)
    told = explain_pool(level, [shelf], Evidence(), supply=rows, sold_until=sold_until, at=at)
    assert sum(term.amount for term in told.terms) == told.atp
    dated = next(term for term in told.terms if term.name == "dated_supply")
    assert dated.amount == sum(row.amount for row in dated.supply)
    for row in dated.supply:
        assert row.amount == row.counted + row.awaited + row.overpegged + row.not_sold
        assert row.counted == row.open + row.doubted
    there = sellable - claims - kept - threshold
    coming = [row.free for row in rows if row.ready_at <= at and sold_until is not None and row.ready_at <= sold_until]
    assert told.atp == max(0, there + sum(coming) - backordered)
    assert told.overpegged == sum(row.overpegged for row in rows), "never hidden"
    assert explain_pool(level, [shelf], Evidence(), supply=rows).atp == level.atp


def test_a_channel_keeps_its_buffer_and_what_is_not_for_sale_is_nought_with_a_reason() -> None:
    sku = Sku("S", sold_until=NOON + timedelta(days=3), not_sold_in=("US",))
    facts = {
        "S": StockFacts({"eu": [StockLevel("S", "lyon", sellable=9)]}, {"eu": PoolLevel("S", "eu", promisable=9)}, {})
    }
    for asked, atp, reason in (
        (Asked(NOON, buffer=4), 5, ""),
        (Asked(NOON, buffer=40), 0, ""),
        (Asked(NOON, country="US", buffer=4), 0, "not sold in US"),
        (Asked(NOON, at=NOON + timedelta(days=3)), 0, "not sold from 2026-11-23T12:00:00+00:00 on"),
    ):
        told = explain_atp(sku, ("eu",), facts, asked=asked)
        assert (told.atp, told.reason) == (atp, reason)
        assert sum(pool.atp for pool in told.pools) + sum(term.amount for term in told.terms) == atp


def test_orders_heed_buffers_and_sale_windows() -> None:
    shop = MemoryShop([("TEE-M", "lyon", 5), ("TEE-M", "paris", 3)])
    shop.do(PutChannel(channel=Channel("web", "Web shop", ("eu", "stores"), buffer=6)))
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE") as refused:
        shop.do(order_of("A-1", ("TEE-M", 3, 2000)))
    assert refused.value.facts["available"] == 2
    shop.do(order_of("A-2", ("TEE-M", 2, 2000)))
    for sku in (Sku("TEE-M", sold_from=NOON + timedelta(days=365)), Sku("TEE-M", not_sold_in=("FR",))):
        shop.do(PutSkus(skus=(sku,)))
        with pytest.raises(Refused, match="SKU_NOT_FOR_SALE"):
            shop.do(order_of("A-3", ("TEE-M", 1, 2000)))


def test_carts_heed_sale_windows() -> None:
    shop = MemoryShop([("TEE-M", "lyon", 5)])
    lines, cart = (CartLineInput("TEE-M", 1),), CartHoldId(new_id())
    for sku in (Sku("TEE-M", sold_from=NOON + timedelta(days=365)), Sku("TEE-M", sold_until=NOON)):
        shop.do(PutSkus(skus=(sku,)))
        with pytest.raises(Refused, match="SKU_NOT_FOR_SALE"):
            shop.do(HoldCart(cart=cart, channel="web", lines=lines))
    shop.do(PutSkus(skus=(Sku("TEE-M", sold_from=NOON),)))
    shop.do(HoldCart(cart=cart, channel="web", lines=lines))
    assert shop.world.pool_level("TEE-M", "eu").held == 1


def test_a_cap_counts_what_waits_for_a_row_of_supply_and_what_waits_for_none() -> None:
    shop = MemoryShop([("CAP-9", "lyon", 1)])
    due_at = NOON + timedelta(days=9)
    line = PurchaseLineInput("CAP-9", 3, due_at, confidence_ppm=1_000_000)
    shop.do(CreatePurchaseOrder(purchase_order="PO-1", location="lyon", lines=(line,)))
    shop.do(SendPurchaseOrder(purchase_order="PO-1"))
    first = shop.place(order_of("A-1", ("CAP-9", 5, 900)))
    units = shop.order(first).lines[0].units
    assert (units.pooled, units.pegged, units.unplanned) == (1, 3, 1)
    assert shop.world.pool_level("CAP-9", "eu").beyond == 4
    with pytest.raises(Refused, match="BACKORDER_CAP_REACHED") as refused:
        shop.do(order_of("A-2", ("CAP-9", 2, 900)))
    assert refused.value.facts["available"] == 1
    with pytest.raises(Refused, match="BACKORDER_CAP_REACHED"):  # both lines together
        shop.do(order_of("A-3", ("CAP-9", 1, 900), ("CAP-9", 1, 900)))
    shop.do(ReceivePurchaseOrder(purchase_order="PO-1", receipt="R-1", lines=(ReceivedInput(1, 3),)))
    shop.do(order_of("A-4", ("CAP-9", 4, 900)))
    assert shop.world.pool_level("CAP-9", "eu").beyond == 5, "what has come no longer counts"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_no_row_is_ever_promised_beyond_what_is_counted_on(seed: int) -> None:
    """Only a slip or a short receipt may leave a row overpegged, and then by what it fell short."""
    dice = Random(seed)
    shop = MemoryShop([("MUG", "lyon", dice.randrange(1, 6))])
    shop.do(PutSkus(skus=(Sku("MUG", short_policy=dice.choice(list(ShortPolicy)), backorder_cap=5, peg_days=dice.randrange(400)),)))  # fmt: skip
    lowered = False
    for number in range(4):
        name = f"PO-{number}"
        due_at = NOON + timedelta(days=dice.randrange(60))
        line = PurchaseLineInput("MUG", dice.randrange(1, 20), due_at, dice.randrange(4), dice.randrange(1_000_001))
        shop.do(CreatePurchaseOrder(purchase_order=name, location=dice.choice(["lyon", "paris"]), lines=(line,)))
        shop.do(SendPurchaseOrder(purchase_order=name))
    for number in range(60):
        orders = [order for order in shop.world.orders.values() if order is not None]
        try:
            match dice.randrange(8):
                case 0 if orders:
                    shop.do(CancelUnits(order=dice.choice(orders).id, reason="changed mind"))
                case 1 if orders:
                    shop.do(ReserveUnits(order=dice.choice(orders).id))
                case 2:
                    lines = (ReceivedInput(1, dice.randrange(6), damaged=dice.randrange(2)),)
                    lowered = lowered or bool(lines[0].damaged)
                    shop.do(ReceivePurchaseOrder(purchase_order=f"PO-{dice.randrange(4)}", receipt=f"R-{number}", lines=lines))  # fmt: skip
                    lowered = True  # what has come is no longer counted at its confidence
                case 3 if dice.randrange(4) == 0:
                    change = RevisedInput(1, quantity=dice.randrange(20), confidence_ppm=dice.randrange(1_000_001))
                    shop.do(RevisePurchaseOrder(purchase_order=f"PO-{dice.randrange(4)}", lines=(change,)))
                    lowered = True
                case _:
                    shop.do(order_of(f"A-{number}", ("MUG", dice.randrange(1, 6), 500)))
        except Refused:
            continue
        pegged: dict[str, int] = {}
        for order in shop.world.orders.values():
            for line in order.lines if order is not None else ():
                assert sum(share.quantity for share in line.pegs) == line.units.pegged
                for share in line.pegs:
                    pegged[share.supply] = pegged.get(share.supply, 0) + share.quantity
        rows = [row for pair in shop.world.supply.values() for row in pair]
        assert {row.id: row.pegged for row in rows if row.pegged} == pegged
        for row in rows:
            assert 0 <= row.kept <= row.pegged
            assert lowered or not row.overpegged
        for (sku, pool), level in shop.world.pools.items():
            mine = [row for row in rows if (row.sku, row.pool) == (sku, pool)]
            assert (level.kept, level.pegged) == (sum(row.kept for row in mine), sum(row.pegged for row in mine))
            assert level.oversold == 0
