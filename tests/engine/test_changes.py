"""Change sets on a database: what they touch is loaded and locked, whatever kind of goods it is."""

import pytest

from orderline.core.changes.actions import RemoveUnits
from orderline.core.changes.commands import ChangeOrder, UndoChange
from orderline.engine.engine import Engine
from orderline.store.working import read_orders
from support.engines import assert_clean, open_shop, placed
from support.shop import order_of


@pytest.mark.parametrize("sku", ["TEE-M", "MUG", "WRAP", "EBOOK", "SET"])
def test_what_was_removed_is_added_again_whatever_it_is(engine: Engine, sku: str) -> None:
    open_shop(engine, [("TEE-M", "lyon", 5), ("MUG", "lyon", 5)])
    order = placed(engine, order_of("A-1", ("TEE-M", 1, 2000), (sku, 1, 500), paid="requested"))
    removed = max(each.line for each in read_orders(engine.database, [order])[order].lines)
    engine.run(ChangeOrder(order=order, reason="not wanted", actions=(RemoveUnits(line=removed, quantity=1),)))
    engine.run(UndoChange(order=order, reason="wanted after all"))
    after = read_orders(engine.database, [order])[order]
    assert (after.lines[-1].sku, after.lines[-1].units.canceled) == (after.lines[removed - 1].sku, 0)
    assert_clean(engine.database)
