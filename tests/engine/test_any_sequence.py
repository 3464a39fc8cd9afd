"""Any sequence of commands through the engine on a real database leaves it as verify wants it."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from orderline.core.orders.commands import PlaceOrder
from orderline.values.ids import OrderId
from support.depth import deep
from support.engine_shop import EngineShop
from support.machine import ShopMachine, simulate

STOCK = [("TEE-M", "lyon", 6), ("TEE-M", "lille", 2), ("TEE-M", "paris", 2), ("MUG", "lyon", 3), ("MUG", "paris", 1)]


@pytest.fixture
def cells() -> Iterator[int]:
    """Numbers of cells that nobody uses yet."""
    return itertools.count()


@pytest.mark.slow
def test_days_drawn_from_seeds_leave_the_database_clean(each_fresh_database: str, cells: Iterator[int]) -> None:
    for seed in range(1_000, 1_000 + deep(4)):
        shop = EngineShop(each_fresh_database, STOCK, cell=next(cells))
        papers = 0.8 if seed % 3 == 0 else 0.15
        assert simulate(shop, seed, 150, shop.place, lambda: None, papers=papers) > 20
        shop.close()


@pytest.mark.slow
def test_nonsense_in_any_order_leaves_the_database_clean(fresh_database: str, cells: Iterator[int]) -> None:
    class EngineMachine(ShopMachine):
        def open_shop(self) -> None:
            self.shop = EngineShop(fresh_database, STOCK, cell=next(cells))

        def place(self, command: PlaceOrder) -> OrderId | None:
            return self.shop.place(command)

        def look(self) -> None:
            pass

        def teardown(self) -> None:
            if hasattr(self, "shop"):
                self.shop.close()

    run_state_machine_as_test(
        EngineMachine,
        # Each example has a cell of its own in the database, so that making one small again takes long.
        settings=settings(
            max_examples=deep(6),
            stateful_step_count=20,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
