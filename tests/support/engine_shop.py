"""The small merchant behind an engine on a real database, with a clock of its own."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from orderline.core.orders.commands import Command, PlaceOrder
from orderline.core.orders.state import Order
from orderline.engine.engine import Engine
from orderline.engine.submissions import Submission
from orderline.store.database import Database
from orderline.store.loading import load_orders
from orderline.store.reading.records import load_records
from orderline.store.reading.source import Source
from orderline.values.ids import OrderId
from support.engines import assert_clean, order_id_of
from support.shop import opening


class EngineShop:
    """What MemoryShop is in memory; several may share a database, each in a cell of its own."""

    def __init__(self, dsn: str, stock: Iterable[tuple[str, str, int]], *, cell: int = 0) -> None:
        self.database = Database(dsn, cell=cell)
        self._ahead = timedelta()
        self.engine = Engine(self.database, threads=1, clock=lambda: self.now)
        for command in opening(stock):
            self.do(command)

    def do(self, command: Command) -> bytes:
        """Run one command; raises what it is refused for, and fails where it fails."""
        return self.engine.run(command)

    def place(self, command: PlaceOrder) -> OrderId:
        """Place an order, or find it placed; its id."""
        outcome = self.engine.submit(Submission(command=command)).result()
        return order_id_of(outcome.answer_or_raise())

    def order(self, order_id: OrderId) -> Order:
        """The order as it is stored."""
        with self.database.connection() as connection:
            return load_orders(connection, self.database.cell, [order_id])[order_id]

    def records(self, kind: str) -> list[Any]:
        """The records of a kind as they are stored, by their ids."""
        with self.database.connection() as connection:
            return load_records(Source(connection, self.database.cell), kind, most=1_000)

    @property
    def now(self) -> datetime:
        """What its clock shows."""
        return datetime.now(UTC) + self._ahead

    def later(self, **span: float) -> None:
        """Let time pass."""
        self._ahead += timedelta(**span)

    def close(self) -> None:
        """Verify that nothing is wrong, and end."""
        try:
            assert_clean(self.database)
        finally:
            self.engine.close()
            self.database.close()
