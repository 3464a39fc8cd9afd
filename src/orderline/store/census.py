"""How many of what there are: for a view that is drawn again and again, and for a summary at the end."""

from collections.abc import Iterator
from typing import Any

import msgspec

from orderline.core.orders.state import Order
from orderline.store.database import Database
from orderline.store.loading import decode_state
from orderline.store.queries import query

PAGE = 500


class Census(msgspec.Struct, frozen=True):
    """Orders by phase, and jobs that are due within a minute by kind; `dead`: jobs that have failed for good."""

    phases: dict[str, int]
    jobs: dict[str, int]
    dead: int


class Recent(msgspec.Struct, frozen=True):
    """A journal entry with its order's number and currency; `body` is its JSON."""

    number: str
    currency: str
    body: str


def take_census(database: Database) -> Census:
    """Count; milliseconds, whatever is stored, as long as the orders are not many millions."""
    phases = {str(phase): int(number) for phase, number in database.rows(query("census", "phases"))}
    jobs = {str(kind): int(number) for kind, number in database.rows(query("census", "due_jobs"))}
    dead = database.rows(query("census", "dead_jobs"))
    return Census(phases, jobs, int(dead[0][0]))


def recent_entries(database: Database, most: int) -> list[Recent]:
    """The last journal entries, the newest first."""
    return [Recent(*row) for row in database.rows(query("census", "recent"), {"most": most})]


def each_order(database: Database) -> Iterator[Order]:
    """Every order, in the order of their ids, a page at a time."""
    after: Any = "00000000-0000-0000-0000-000000000000"
    while rows := database.rows(query("census", "page"), {"after": after, "most": PAGE}):
        for _, state in rows:
            yield decode_state(state)
        after = rows[-1][0]
