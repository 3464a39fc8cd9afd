"""Is everything that must happen going to happen? Orders nobody works on, and who leads the work done by the clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from orderline.store.database import Database
from orderline.store.jobs import TELLING
from orderline.store.queries import query
from orderline.values.ids import OrderId

# Next steps that are Orderline's own, so that a job must stand behind them.
OWN_STEPS: Final = (
    "route", "submit", "authorize_payment", "ask_provider", "capture_payment", "void_payment", "refund_payment", "close",
)  # fmt: skip
ENDED: Final = ("canceled", "closed")


class StuckOrder(msgspec.Struct, frozen=True):
    """An order with something to do that nobody is going to do."""

    id: OrderId
    number: str
    next_step: str | None
    due_at: datetime | None


def stuck_orders(database: Database, *, after: UUID | None = None, most: int = 1_000) -> list[StuckOrder]:
    """Orders that nothing will move: there should be none (invariant I10). after: the last id of the page before."""
    parameters = {
        "after": after or UUID(int=0),
        "ended": list(ENDED),
        "own_steps": list(OWN_STEPS),
        "telling": [kind.value for kind in TELLING],
        "most": most,
    }
    return [StuckOrder(*row) for row in database.rows(query("timers", "stuck_orders"), parameters)]


def waiting_skus(database: Database, most: int = 500) -> list[str]:
    """SKUs that orders wait for although there is something to promise."""
    return [row[0] for row in database.rows(query("timers", "waiting_skus"), {"most": most})]


def expired_carts(database: Database, now: datetime, most: int = 500) -> Sequence[UUID]:
    """Cart holds whose time is over."""
    return [row[0] for row in database.rows(query("stock", "expired_carts"), {"now": now, "most": most})]


def take_lease(database: Database, name: str, holder: str, now: datetime, lasts: timedelta) -> bool:
    """Lead under `name` for a while, or go on leading; False while somebody else does."""
    parameters: dict[str, Any] = {"name": name, "holder": holder, "now": now, "until": now + lasts}
    return bool(database.rows(query("timers", "take_lease"), parameters))


def drop_lease(database: Database, name: str, holder: str) -> None:
    """Lead no more, so that another may at once."""
    with database.connection() as connection:
        connection.execute(query("timers", "drop_lease"), {"cell": database.cell, "name": name, "holder": holder})
