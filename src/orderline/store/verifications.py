"""When the journals were verified, and what was found: told beside what they tell."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from orderline.store.database import Database
from orderline.store.queries import query
from orderline.store.reading.auditing import Broken


def note_verified(
    database: Database,
    now: datetime,
    *,
    orders: int,
    whole: bool,
    chained: int,
    broken: int,
    faults: int,
    drift: Sequence[Broken] = (),
) -> None:
    """Remember it. chained: entries whose hashes were computed again; broken: those at fault. drift: what did not hold."""
    about: dict[str, Any] = {
        "now": now,
        "orders": orders,
        "whole": whole,
        "chained": chained,
        "broken": broken,
        "faults": faults,
    }
    about["drift"] = msgspec.json.encode(drift).decode()
    database.rows(query("auditing", "note_verified"), about)
