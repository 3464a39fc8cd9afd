"""Which boxes goods go into: nothing is lost, nothing is overfull, and the same goods give the same plan."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderline.core.shipments.boxes import Box, BoxPlan, BoxRefusal, BoxState, PutBox, plan_boxes
from orderline.core.stock.state import Sku
from orderline.values.failures import Refused
from support.shop import MemoryShop

SKUS = {
    "BOOK": Sku("BOOK", weight_g=500, length_mm=210, width_mm=140, height_mm=30),
    "MUG": Sku("MUG", weight_g=350, length_mm=100, width_mm=100, height_mm=120),
    "ROD": Sku("ROD", weight_g=800, length_mm=900, width_mm=20, height_mm=20),
    "FOG": Sku("FOG", weight_g=10),
}
SMALL = Box(id="S", length_mm=220, width_mm=150, height_mm=70, tare_g=60, max_weight_g=5_000)
LARGE = Box(id="L", length_mm=400, width_mm=300, height_mm=250, tare_g=250, max_weight_g=10_000)
BOXES = (LARGE, SMALL)


def told(plan: BoxPlan) -> list[tuple[str, dict[str, int], int]]:
    return [(each.box, {item.sku: item.quantity for item in each.items}, each.weight_g) for each in plan.parcels]


CASES: list[tuple[dict[str, int], list[tuple[str, dict[str, int], int]]]] = [
    ({"BOOK": 1}, [("S", {"BOOK": 1}, 560)]),
    ({"BOOK": 2}, [("S", {"BOOK": 2}, 1_060)]),
    ({"BOOK": 3}, [("L", {"BOOK": 3}, 1_750)]),
    ({"BOOK": 2, "MUG": 2}, [("L", {"BOOK": 2, "MUG": 2}, 1_950)]),
    ({}, []),
]


@pytest.mark.slow
@pytest.mark.parametrize(("goods", "parcels"), CASES)
def test_the_smallest_box_that_takes_everything_is_proposed(
    goods: dict[str, int], parcels: list[tuple[str, dict[str, int], int]]
) -> None:
    assert told(plan_boxes(goods, SKUS, BOXES)) == parcels


def test_a_box_is_not_filled_beyond_its_weight() -> None:
    plan = plan_boxes({"BOOK": 22}, SKUS, BOXES)
    assert sum(item.quantity for each in plan.parcels for item in each.items) == 22
    for each in plan.parcels:
        box = next(box for box in BOXES if box.id == each.box)
        assert each.weight_g - box.tare_g <= box.max_weight_g


def test_what_fits_nowhere_is_named_with_its_reason() -> None:
    plan = plan_boxes({"ROD": 1, "FOG": 2, "BOOK": 1}, SKUS, BOXES)
    assert told(plan) == [("S", {"BOOK": 1}, 560)]
    assert [(each.sku, each.quantity) for each in plan.unboxed] == [("FOG", 2), ("ROD", 1)]
    assert "dimensions" in plan.unboxed[0].reason
    assert "too large" in plan.unboxed[1].reason


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from(["BOOK", "MUG"]), st.integers(1, 9)))
def test_every_unit_is_in_one_box_and_no_box_is_overfull(goods: dict[str, int]) -> None:
    plan = plan_boxes(goods, SKUS, BOXES)
    packed: dict[str, int] = {}
    for each in plan.parcels:
        assert 0 < each.fill_ppm <= 1_000_000
        for item in each.items:
            packed[item.sku] = packed.get(item.sku, 0) + item.quantity
    assert packed == goods
    assert plan_boxes(goods, SKUS, tuple(reversed(BOXES))) == plan


def test_no_boxes_and_too_many_units_are_refused() -> None:
    retired = Box(id="R", length_mm=1, width_mm=1, height_mm=1, state=BoxState.RETIRED)
    for goods, boxes, code in (
        ({"BOOK": 1}, (retired,), BoxRefusal.BOXES_MISSING),
        ({"BOOK": 201}, BOXES, BoxRefusal.TOO_MANY_UNITS),
    ):
        with pytest.raises(Refused) as refused:
            plan_boxes(goods, SKUS, boxes)
        assert refused.value.code is code


SIZES: list[dict[str, Any]] = [{"length_mm": 0}, {"height_mm": 10_001}, {"tare_g": -1}, {"max_weight_g": 0}]


@pytest.mark.parametrize("changes", SIZES)
def test_a_box_that_can_not_be_is_refused(changes: dict[str, Any]) -> None:
    shop = MemoryShop()
    sides: dict[str, Any] = {"length_mm": 10, "width_mm": 10, "height_mm": 10}
    with pytest.raises(Refused) as refused:
        shop.do(PutBox(box="B", **(sides | changes)))
    assert refused.value.code is BoxRefusal.BOX_SIZE
    shop.do(PutBox(box="B", **sides))
    assert not shop.do(PutBox(box="B", **sides)).record_events
