"""What channels are told is walked by an index each, however many SKUs there are."""

from typing import Any

import pytest

from orderline.store.queries import query
from orderline.store.reading.listed import FIRST_AT, LAST_AT
from store.busy import BusyShop

INDEXES = {
    "levels": "channel_levels_pkey",
    "levels_told": "channel_levels_pkey",
    "levels_unknown": "channel_levels_unknown",
    "levels_waiting": "channel_levels_waiting",
    "levels_of": "channel_levels_pkey",
    "last_sets": "channel_pushes_pkey",
    "sets": "channel_pushes_pkey",
    "sets_failed": "channel_pushes_failed",
    "listings": "records_pkey",
    "listings_of": "records_pkey",
}


@pytest.mark.parametrize("name", INDEXES)
def test_each_list_goes_by_its_index(busy: BusyShop, name: str) -> None:
    run: Any = busy.source.connection.execute
    asked = {
        "cell": busy.source.cell, "channels": ["shop", "web"], "skus": ["TEE-M"], "after_channel": "shop", "after_sku": "A",
        "after_at": LAST_AT if "sets" in name else FIRST_AT, "most": 51, "what": "stock",
        "after_id": "shop:A", "states": ["off"],
    }  # fmt: skip
    plan = "\n".join(row[0] for row in run("EXPLAIN " + query("told", name), asked))
    assert f"{INDEXES[name]} on" in plan, plan
    assert "Filter: ((channel" not in plan, plan
