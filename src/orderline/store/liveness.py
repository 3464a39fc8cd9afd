"""Is everything that must happen going to happen? Orders nobody works on, and who leads the work done by the clock."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from orderline.core.orders.status import Phase
from orderline.store.database import Database
from orderline.store.jobs import TELLING
from orderline.store.queries import query
from orderline.values.ids import OrderId

# Next steps that are Orderline's own, so that a job must stand behind them.
OWN_STEPS: Final = (
    "route", "submit", "authorize_payment", "ask_provider", "capture_payment", "extend_payment",
    "void_payment", "refund_payment", "close",
)  # fmt: skip
ENDED: Final = ("canceled", "closed")
OPEN_PHASES: Final = tuple(phase.value for phase in Phase if phase.value not in ENDED)
NOBODY: Final = UUID(int=0)


class StuckOrder(msgspec.Struct, frozen=True):
    """An order with something to do that nobody is going to do."""

    id: OrderId
    number: str
    next_step: str | None
    due_at: datetime | None


class Rounds:
    """How far each phase has been looked through; at its end it begins again."""

    def __init__(self) -> None:
        self.afters: dict[str, UUID] = dict.fromkeys(OPEN_PHASES, NOBODY)

    def next(self, database: Database, scan: int) -> list[UUID]:
        """The next orders to be looked at, at most `scan` of each phase; few pages of an index, whatever is stored."""
        phases = list(self.afters)
        parameters = {
            "phases": phases,
            "afters": [self.afters[phase] for phase in phases],
            "own_steps": list(OWN_STEPS),
            "scan": scan,
        }
        rows = database.rows(query("timers", "stuck_candidates"), parameters)
        read = Counter(row[0] for row in rows)
        for phase, id_, _ in rows:
            self.afters[phase] = max(self.afters[phase], id_)
        for phase in phases:
            if read[phase] < scan:
                self.afters[phase] = NOBODY
        return [row[1] for row in rows if row[2]]

    @property
    def is_over(self) -> bool:
        """Has every phase been looked through to its end?"""
        return all(after == NOBODY for after in self.afters.values())


def stuck_among(database: Database, ids: Collection[UUID]) -> list[StuckOrder]:
    """Those of the orders that nothing will move: there should be none (invariant I10)."""
    if not ids:
        return []
    parameters = {
        "ids": list(ids),
        "ended": list(ENDED),
        "own_steps": list(OWN_STEPS),
        "telling": [kind.value for kind in TELLING],
    }
    return [StuckOrder(*row) for row in database.rows(query("timers", "stuck_orders"), parameters)]


def stuck_orders(database: Database, scan: int = 5_000) -> list[StuckOrder]:
    """As `stuck_among`, of all orders."""
    rounds = Rounds()
    found = stuck_among(database, rounds.next(database, scan))
    while not rounds.is_over:
        found += stuck_among(database, rounds.next(database, scan))
    return sorted(found, key=lambda each: each.id)


def alarmed_orders(database: Database) -> set[OrderId]:
    """Orders with an alarm."""
    return {OrderId(row[0]) for row in database.rows(query("alarms", "alarmed"))}


def count_alarms(database: Database) -> int:
    """How many orders have an alarm."""
    return database.rows(query("alarms", "count_alarms"))[0][0]


def waiting_skus(database: Database, most: int = 500) -> list[str]:
    """SKUs that orders wait for although there is something to promise."""
    return [row[0] for row in database.rows(query("timers", "waiting_skus"), {"most": most})]


def due_lots(database: Database, on: date, most: int) -> list[tuple[str, str]]:
    """Shelves (SKU, location) with lots that may not be sold any more on a day."""
    return [(row[0], row[1]) for row in database.rows(query("lots", "due_lots"), {"on": on, "most": most})]


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
