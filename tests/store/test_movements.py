"""Movements of stock are walked by an index each, the last first, whatever is known of how many there are."""

from typing import Any

import pytest

from orderline.store.queries import query
from orderline.store.reading.listed import FIRST_AT, LAST_AT, LAST_ID
from store.busy import BusyShop
from store.test_reading_orders import generic_plan

INDEXES = {
    "movements": "cell_recorded_at_id_idx",
    "movements_at": "cell_location_recorded_at_id_idx",
    "movements_by_kind": "cell_split_part_recorded_at_id_idx",
    "movements_of": "pkey",
}


def scans(plan: str) -> list[str]:
    found = [line for line in plan.splitlines() if "on stock_entries_" in line]
    assert found, plan
    return found


@pytest.mark.parametrize("name", INDEXES)
def test_each_walk_goes_by_its_index(busy: BusyShop, name: str) -> None:
    run: Any = busy.source.connection.execute
    asked = {
        "cell": busy.source.cell, "sku": "TEE-M", "locations": ["lyon"], "kinds": ["count"], "by": "", "since": FIRST_AT,
        "after_at": LAST_AT, "after": LAST_ID, "look": 51, "most": 51,
    }  # fmt: skip
    plan = "\n".join(row[0] for row in run("EXPLAIN " + query("movements", name), asked))
    assert all(f"{INDEXES[name]} on" in line for line in scans(plan)), plan


@pytest.mark.parametrize("name", ["moved_since", "missed_since"])
def test_what_asks_for_a_shelf_goes_by_its_key(busy: BusyShop, name: str) -> None:
    plan = generic_plan(busy, query("stock", name))
    assert all("pkey on" in line for line in scans(plan)), plan
