"""How a channel offers a SKU: by its window, its stock, what is to come, and what may be sold beyond."""

from datetime import timedelta
from typing import Any

import pytest

from orderline.core.listings.state import ListingState, Offered, offered_as
from orderline.core.promises.model import Expected
from orderline.core.stock.state import Channel, PoolLevel, ShortPolicy, Sku
from support.shop import NOON

DAY = timedelta(days=1)
OPENS, ENDS, COMES = NOON + DAY, NOON + 9 * DAY, NOON + 5 * DAY
SOON, LATE = Expected("PO:1", "S", "lyon", 3, COMES), Expected("PO:2", "S", "lyon", 5, COMES + DAY)
CAP: dict[str, Any] = {"short_policy": ShortPolicy.CAP, "backorder_cap": 5}

CASES: list[Any] = [
    # what is shown               SKU                                level                       to come       how it is offered
    ("not yet for sale",          {"sold_from": OPENS},              {"promisable": 9},          (),           ("off", OPENS, None)),
    ("no longer for sale",        {"sold_until": NOON},              {"promisable": 9},          (),           ("off", None, None)),
    ("not active",                {"active": False},                 {"promisable": 9},          (),           ("off", None, None)),
    ("it is there",               {"sold_until": ENDS},              {"promisable": 9},          (SOON,),      ("listed", ENDS, None)),
    ("all of it is claimed",      {},                                {"promisable": 9, "claims": 9}, (),       ("sold_out", None, None)),
    ("it is to come",             {"sold_until": ENDS},              {},                         (SOON, LATE), ("preorder", ENDS, COMES)),
    ("who waits comes first",     {},                                {"backordered": 4},         (SOON, LATE), ("preorder", None, COMES + DAY)),
    ("all that comes is waited for", {},                             {"backordered": 8},         (SOON, LATE), ("sold_out", None, None)),
    ("the cap has room",          CAP,                               {"backordered": 1, "pegged": 3}, (SOON,), ("preorder", None, COMES)),
    ("the cap is reached",        CAP,                               {"pegged": 5},              (SOON,),      ("sold_out", None, None)),
    ("nobody knows when",         {"short_policy": ShortPolicy.BACKORDER}, {},                   (),           ("backorder", None, None)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sku", "level", "expected", "told"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_sku_is_offered_as_intake_would_take_it(sku: Any, level: Any, expected: Any, told: Any) -> None:
    levels = {"eu": PoolLevel("S", "eu", **level)}
    offered = offered_as(Sku("S", **sku), Channel("web", "Web", ("eu",)), levels, expected, NOON)
    assert (offered.state, offered.changes_at, offered.ready_at) == told
    assert bool(offered.reason) is (offered.state in ("off", "sold_out"))


def test_units_that_a_channel_never_promises_are_not_offered() -> None:
    levels = {"eu": PoolLevel("S", "eu", promisable=2), "us": PoolLevel("S", "us", promisable=9)}
    buffered = Channel("web", "Web", ("eu",), buffer=2)
    assert offered_as(Sku("S"), buffered, levels, (), NOON).state == "sold_out"
    assert offered_as(Sku("S"), Channel("us", "US", ("us",)), levels, (), NOON) == Offered(ListingState.LISTED)
    assert offered_as(Sku("S"), Channel("off", "Off", ("us",), active=False), levels, (), NOON).state == "off"
