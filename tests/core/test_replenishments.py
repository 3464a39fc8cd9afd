"""What is proposed brings a shelf to its target, takes nothing that another location needs, and gives nothing twice."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.replenishments.accepting import AcceptedLine, commands_for
from orderline.core.replenishments.propose import Standing, cover_of, needed, position_of, propose
from orderline.core.replenishments.state import ReplenishRule
from orderline.core.stock.state import PoolLevel, Settings, StockLevel
from orderline.core.supply.commands import CreatePurchaseOrder
from orderline.core.supply.rows import SupplyKind
from orderline.core.transfers.commands import CreateTransfer
from support.shop import LOCATIONS

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SETTINGS = Settings({}, {location.code: location for location in LOCATIONS}, {})
RULE = ReplenishRule(id="all", locations=("lyon", "lille"), lead_days=7, cover_days=21)
UNITS = st.integers(0, 400)


def standing(
    *shelves: StockLevel, sold: dict[str, int] | None = None, to_come: dict[str, int] | None = None, claims: int = 0
) -> Standing:
    promisable = sum(each.promisable for each in shelves if each.location != "paris")
    return Standing(
        shelves,
        {("S", "eu"): PoolLevel("S", "eu", promisable, claims)},
        {("S", code): units for code, units in (sold or {}).items()},
        {("S", code): units for code, units in (to_come or {}).items()},
    )


CASES = [
    # level                              sold  to come  what is proposed
    (StockLevel("S", "lyon", sellable=8), 28, 0, None),  # a day's sale above the point
    (StockLevel("S", "lyon", sellable=7), 28, 0, 21),
    (StockLevel("S", "lyon", sellable=7), 28, 1, None),
    (StockLevel("S", "lyon", sellable=7, allocated=4), 28, 0, 25),
    (StockLevel("S", "lyon", sellable=10, safety=5), 28, 0, 23),
    (StockLevel("S", "lyon", sellable=10, doubt_ppm=500_000), 28, 0, 23),
    (StockLevel("S", "lyon"), 0, 0, None),
    (StockLevel("S", "lyon", safety=3), 0, 0, 3),
    (StockLevel("S", "paris"), 28, 0, None),  # no rule
]


@pytest.mark.parametrize(("level", "sold", "to_come", "quantity"), CASES)
def test_a_shelf_at_its_point_is_brought_to_its_target(
    level: StockLevel, sold: int, to_come: int, quantity: int | None
) -> None:
    found = propose(
        [RULE], SETTINGS, standing(level, sold={level.location: sold}, to_come={level.location: to_come}), NOW
    )
    assert [each.quantity for each in found] == ([] if quantity is None else [quantity])
    for each in found:
        assert (each.kind, each.rule, each.due_at) == (SupplyKind.PURCHASE, "all", NOW + timedelta(days=7))
        assert each.position + each.quantity == each.target


def test_excess_of_others_is_sent_before_anything_is_bought_and_in_whole_packs() -> None:
    rule = ReplenishRule(
        id="stores", locations=("lyon",), transfer_from=("lille", "paris"), vendor="Weavers", pack=6, lead_days=7, cover_days=21
    )  # fmt: skip
    lyon, lille = StockLevel("S", "lyon", sellable=2), StockLevel("S", "lille", sellable=30, safety=4)
    found = propose([rule], SETTINGS, standing(lyon, lille, sold={"lyon": 28, "lille": 12}), NOW)
    # lille keeps 12 for itself and 4 of safety stock
    assert [(each.kind, each.source, each.vendor, each.quantity) for each in found] == [
        (SupplyKind.TRANSFER, "lille", "", 14),
        (SupplyKind.PURCHASE, "", "Weavers", 12),
    ]
    claimed = standing(lyon, lille, sold={"lyon": 28, "lille": 12}, claims=25)
    assert propose([rule], SETTINGS, claimed, NOW)[0].quantity == 3, "what the pool has promised is not in excess"
    commands = commands_for("RPL-1", [AcceptedLine(sku=e.sku, location=e.location, quantity=e.quantity, due_at=e.due_at,
                                                   source=e.source, vendor=e.vendor) for e in found])  # fmt: skip
    assert [type(command) for command in commands] == [CreatePurchaseOrder, CreateTransfer]


@given(st.tuples(UNITS, UNITS, UNITS), st.tuples(UNITS, UNITS, UNITS), UNITS, st.integers(1, 12), st.integers(0, 30))
def test_nothing_is_taken_that_a_location_needs_or_its_pool_has_promised(
    there: tuple[int, int, int], sold: tuple[int, int, int], claims: int, pack: int, lead_days: int
) -> None:
    codes = ("lyon", "lille", "paris")
    rule = ReplenishRule(id="all", pack=pack, lead_days=lead_days, transfer_from=codes)
    shelves = [StockLevel("S", code, sellable=units) for code, units in zip(codes, there, strict=True)]
    known = standing(*shelves, sold=dict(zip(codes, sold, strict=True)), claims=claims)
    given_by: dict[str, int] = dict.fromkeys(codes, 0)
    got: dict[str, int] = dict.fromkeys(codes, 0)
    for each in propose([rule], SETTINGS, known, NOW):
        assert each.quantity > 0
        got[each.location] += each.quantity
        if each.source:
            given_by[each.source] += each.quantity
        else:
            assert each.quantity % pack == 0
    for level, units in zip(shelves, sold, strict=True):
        target = needed(units, lead_days + rule.cover_days)
        code = level.location
        if given_by[code]:
            assert level.sellable - given_by[code] >= target
        if got[code]:
            assert target <= position_of(level, 0) + got[code] < target + pack
    assert given_by["lyon"] + given_by["lille"] <= max(0, known.pools["S", "eu"].unclaimed)


def test_cover_is_whole_days_and_endless_where_nothing_is_sold() -> None:
    assert (cover_of(10, 28), cover_of(9, 40), cover_of(-3, 5), cover_of(7, 0)) == (10, 6, 0, None)


@pytest.mark.parametrize(("withheld", "sent"), [(0, 28), (35, 5), (40, 0), (50, 0)])
def test_what_waits_for_scheduled_demand_is_not_sent_away(withheld: int, sent: int) -> None:
    rule = ReplenishRule(id="all", locations=("lille",), lead_days=7, cover_days=21, transfer_from=("lyon",), buy=False)
    known = standing(StockLevel("S", "lyon", sellable=40), StockLevel("S", "lille"), sold={"lille": 28})
    level = PoolLevel("S", "eu", 40, demanded=60, withheld=withheld)
    known = msgspec.structs.replace(known, pools={("S", "eu"): level})
    assert sum(each.quantity for each in propose([rule], SETTINGS, known, NOW)) == sent
