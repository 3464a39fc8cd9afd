"""Scheduled demand: nobody takes early what is needed later, and nothing is counted twice."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.demands.commands import (
    CancelDemand,
    DemandLineInput,
    PlanDemand,
    RevisedDemandInput,
    ReviseDemand,
)
from orderline.core.demands.rows import Ahead, DemandRow, short_of
from orderline.core.demands.state import Demand, DemandState
from orderline.core.stock.commands import CartLineInput, HoldCart, PutSkus
from orderline.core.stock.explain import Evidence, explain_pool
from orderline.core.stock.state import NEVER, PoolLevel, ShortPolicy, Sku, StockLevel
from orderline.core.supply.commands import (
    CreatePurchaseOrder,
    PurchaseLineInput,
    RevisedInput,
    RevisePurchaseOrder,
    SendPurchaseOrder,
)
from orderline.core.supply.rows import SupplyKind, SupplyRow
from orderline.core.transfers.commands import ApproveTransfer, CreateTransfer, TransferLineInput
from orderline.values.failures import Refused
from orderline.values.ids import CartHoldId, new_id
from support.shop import NOON, MemoryShop, order_of

ALL = 1_000_000
DAYS = st.integers(0, 20)


def day(number: int) -> datetime:
    return NOON + timedelta(days=number)


def needed(*rows: tuple[int, int]) -> list[DemandRow]:
    """Rows of (day, units)."""
    return [DemandRow("S", "eu", f"D-{number}", day(at), units) for number, (at, units) in enumerate(rows)]


def coming(*rows: tuple[int, int]) -> list[SupplyRow]:
    """Rows of (day, units), all counted on."""
    return [
        SupplyRow("S", "eu", f"R-{number}", "lyon", SupplyKind.PURCHASE, day(at), 0, ALL, units)
        for number, (at, units) in enumerate(rows)
    ]


CASES = [
    # needed                 coming              withheld now
    ((),                     ((1, 9),),          0),
    (((9, 4),),              (),                 4),
    (((9, 4),),              ((8, 3),),          1),
    (((9, 4),),              ((9, 4),),          0),
    (((9, 4),),              ((10, 4),),         4),
    (((2, 3), (9, 4)),       ((5, 9),),          3),
    (((2, 3), (9, 4)),       ((1, 5),),          2),
    (((2, 3), (9, 4)),       ((5, 2),),          5),
]  # fmt: skip


@pytest.mark.parametrize(("demand", "supply", "withheld"), CASES)
def test_what_is_there_waits_for_what_nothing_covers_in_time(
    demand: tuple[tuple[int, int], ...], supply: tuple[tuple[int, int], ...], withheld: int
) -> None:
    assert short_of(needed(*demand), coming(*supply))[0] == withheld


@given(
    st.lists(st.tuples(DAYS, st.integers(1, 9)), max_size=6),
    st.lists(st.tuples(DAYS, st.integers(0, 9)), max_size=6),
    st.integers(0, 30),
    DAYS,
    st.integers(-1, 20),
)
def test_the_figure_for_a_date_is_the_least_that_is_left_from_then_on(
    demand: list[tuple[int, int]], supply: list[tuple[int, int]], there: int, at: int, ahead: int
) -> None:
    """The look-ahead minimum of the domain model, from its definition; and its terms add up, each with its rows."""
    rows, dated = needed(*demand), coming(*supply)
    shelf, level = StockLevel("S", "lyon", sellable=there), PoolLevel("S", "eu", there)

    def left(then: int) -> int:
        come = sum(units for ready, units in supply if ready <= then)
        return there + come - sum(units for need, units in demand if need <= then)

    expected = max(0, min(left(then) for then in range(at, 40)))
    told = explain_pool(level, [shelf], Evidence(), supply=dated, demand=rows, sold_until=NEVER, at=day(at))
    assert told.atp == expected
    assert Ahead(there, rows, dated).room(day(at)) == expected
    sold_until = None if ahead < 0 else day(ahead)
    for when in (None, day(at)):
        told = explain_pool(level, [shelf], Evidence(), supply=dated, demand=rows, sold_until=sold_until, at=when)
        assert sum(term.amount for term in told.terms) == told.atp
        for term in told.terms:
            if term.name == "scheduled_demand":
                assert term.amount == sum(row.amount for row in (*term.demand, *term.supply))
    short, _ = short_of(rows, dated)
    now = PoolLevel("S", "eu", there, demanded=sum(units for _, units in demand), withheld=short)
    assert explain_pool(now, [shelf], Evidence(), supply=dated, demand=rows).atp == now.atp


def plan(shop: MemoryShop, name: str, *lines: tuple[str, int, int]) -> None:
    """Schedule (SKU, units, day)."""
    inputs = tuple(DemandLineInput(sku, "eu", quantity, day(at)) for sku, quantity, at in lines)
    shop.do(PlanDemand(demand=name, lines=inputs))


def buy(shop: MemoryShop, name: str, quantity: int, at: int) -> None:
    line = PurchaseLineInput("TEE-M", quantity, day(at), confidence_ppm=ALL)
    shop.do(CreatePurchaseOrder(purchase_order=name, location="lyon", lines=(line,)))
    shop.do(SendPurchaseOrder(purchase_order=name))


def atp(shop: MemoryShop, sku: str = "TEE-M") -> int:
    return shop.world.pool_level(sku, "eu").atp


def demand_of(shop: MemoryShop, name: str) -> Demand:
    found = shop.world.records["demand", name]
    assert isinstance(found, Demand)
    return found


def test_orders_carts_and_transfers_leave_what_is_scheduled() -> None:
    shop = MemoryShop([("TEE-M", "lyon", 10)])
    plan(shop, "CALL-7", ("TEE-M", 6, 30))
    assert atp(shop) == 4
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE"):
        shop.do(order_of("A-1", ("TEE-M", 5, 2000)))
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE"):
        shop.do(HoldCart(cart=CartHoldId(new_id()), channel="web", lines=(CartLineInput("TEE-M", 5),)))
    for target, refused in (("paris", True), ("lille", False)):  # lille is in the same pool
        lines = (TransferLineInput("TEE-M", 5),)
        shop.do(CreateTransfer(transfer=target, source="lyon", target=target, lines=lines, due_at=day(3)))
        if refused:
            with pytest.raises(Refused, match="TRANSFER_NOT_COVERED"):
                shop.do(ApproveTransfer(transfer=target))
        else:
            shop.do(ApproveTransfer(transfer=target))
    shop.do(order_of("A-2", ("TEE-M", 4, 2000)))
    assert atp(shop) == 0


def test_an_order_that_names_the_demand_takes_its_units_once() -> None:
    shop = MemoryShop([("TEE-M", "lyon", 10)])
    plan(shop, "CALL-7", ("TEE-M", 4, 30), ("TEE-M", 4, 10))
    first = shop.place(order_of("A-1", ("TEE-M", 5, 2000), demand="CALL-7"))
    assert shop.order(first).lines[0].units.pooled == 5
    known = demand_of(shop, "CALL-7")
    assert [line.ordered for line in known.lines] == [1, 4], "what is needed first is taken first"
    assert [(use.order, use.quantity) for use in known.uses] == [(shop.order(first).number, 1), (shop.order(first).number, 4)]  # fmt: skip
    assert (atp(shop), shop.world.pool_level("TEE-M", "eu").withheld) == (2, 3)
    shop.place(order_of("A-2", ("TEE-M", 5, 2000), demand="CALL-7"))
    assert demand_of(shop, "CALL-7").state is DemandState.CONSUMED
    level = shop.world.pool_level("TEE-M", "eu")
    assert (level.demanded, level.withheld, level.claims, level.atp) == (0, 0, 10, 0)
    with pytest.raises(Refused, match="DEMAND_UNKNOWN"):
        shop.do(order_of("A-3", ("TEE-M", 1, 2000), demand="CALL-8"))
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE"):
        shop.do(order_of("A-4", ("TEE-M", 1, 2000), demand="CALL-7"))


def test_what_a_refused_order_would_have_taken_stays_scheduled() -> None:
    shop = MemoryShop([("TEE-M", "lyon", 3)])
    plan(shop, "CALL-7", ("TEE-M", 3, 30))
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE"):
        shop.do(order_of("A-1", ("TEE-M", 4, 2000), demand="CALL-7"))
    assert (demand_of(shop, "CALL-7").lines[0].left, atp(shop)) == (3, 0)


def test_supply_that_comes_in_time_frees_what_is_there_and_a_slip_withholds_it_again() -> None:
    shop = MemoryShop([("TEE-M", "lyon", 10)])
    plan(shop, "CALL-7", ("TEE-M", 6, 30))
    buy(shop, "PO-1", 5, 20)
    assert atp(shop) == 9
    shop.do(RevisePurchaseOrder(purchase_order="PO-1", lines=(RevisedInput(1, due_at=day(31)),)))
    assert atp(shop) == 4
    shop.do(ReviseDemand(demand="CALL-7", lines=(RevisedDemandInput(1, need_at=day(40)),)))
    assert atp(shop) == 9
    shop.do(ReviseDemand(demand="CALL-7", lines=(RevisedDemandInput(1, quantity=16),)))
    assert atp(shop) == 0
    with pytest.raises(Refused, match="DEMAND_LINES"):
        shop.do(ReviseDemand(demand="CALL-7", lines=(RevisedDemandInput(2, quantity=1),)))
    shop.do(CancelDemand(demand="CALL-7", reason="the event is off"))
    assert (atp(shop), shop.world.pool_level("TEE-M", "eu").demanded) == (10, 0)
    with pytest.raises(Refused, match="DEMAND_STATE"):
        shop.do(CancelDemand(demand="CALL-7", reason="again"))


def test_an_early_preorder_does_not_take_the_supply_that_demand_counts_on() -> None:
    shop = MemoryShop()
    shop.do(PutSkus(skus=(Sku("TEE-M", short_policy=ShortPolicy.DENY, peg_days=100),)))
    buy(shop, "PO-1", 10, 20)
    plan(shop, "CALL-7", ("TEE-M", 6, 30))
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE") as refused:
        shop.do(order_of("A-1", ("TEE-M", 5, 2000)))
    assert refused.value.facts["available"] == 4
    shop.do(order_of("A-2", ("TEE-M", 2, 2000), ("TEE-M", 2, 2000)))
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE"):
        shop.do(order_of("A-3", ("TEE-M", 1, 2000)))
    order = shop.place(order_of("A-4", ("TEE-M", 6, 2000), demand="CALL-7"))
    assert shop.order(order).lines[0].units.pegged == 6
    buy(shop, "PO-2", 1, 10)
    plan(shop, "CALL-8", ("TEE-M", 1, 50))
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE"):
        shop.do(order_of("A-5", ("TEE-M", 1, 2000)))


def test_a_demand_has_lines_a_pool_and_a_name_of_its_own() -> None:
    shop = MemoryShop()
    for lines, code in (
        ((), "DEMAND_LINES"),
        ((DemandLineInput("NONE", "eu", 1, NOON),), "SKU_UNKNOWN"),
        ((DemandLineInput("EBOOK", "eu", 1, NOON),), "SKU_NOT_STOCKED"),
        ((DemandLineInput("TEE-M", "moon", 1, NOON),), "POOL_UNKNOWN"),
        ((DemandLineInput("TEE-M", "eu", 0, NOON),), "QUANTITY_NOT_POSITIVE"),
    ):
        with pytest.raises(Refused, match=code):
            shop.do(PlanDemand(demand="D", lines=lines))
    plan(shop, "D", ("TEE-M", 1, 3))
    with pytest.raises(Refused, match="DEMAND_EXISTS"):
        plan(shop, "D", ("TEE-M", 1, 3))
