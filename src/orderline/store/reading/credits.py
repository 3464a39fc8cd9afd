"""Credit accounts: those whose time is over, and those that have taken the place of another."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from orderline.core.credits.state import KIND, CreditAccount
from orderline.core.records import RecordKey
from orderline.store.database import Database
from orderline.store.loading import records_of
from orderline.store.queries import query

MOST_MOVES = 20  # of one balance; further ones are followed the next time it is asked for


def load_expired_credits(database: Database, now: datetime, most: int) -> list[str]:
    """Accounts whose time is over by now."""
    parameters: dict[str, Any] = {"now": now, "most": most}
    return [row[0] for row in database.rows(query("credits", "credits_to_expire"), parameters)]


def load_successors(database: Database, accounts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """For each account itself and, in order, those that its balance was moved to."""
    known: dict[RecordKey, CreditAccount] = {}
    wanted = {each for each in accounts if each.isprintable()}
    for _ in range(MOST_MOVES):
        if not wanted:
            break
        ids = sorted(wanted)
        found: Any = records_of(database.rows(query("records", "records_named"), {"kind": KIND, "ids": ids}))
        known |= found
        wanted = {each.moved_to for each in found.values() if each.moved_to} - {id_ for _, id_ in known}
    chains: dict[str, tuple[str, ...]] = {}
    for account in accounts:
        chain = [account]
        while (last := known.get((KIND, chain[-1]))) is not None and last.moved_to and last.moved_to not in chain:
            chain.append(last.moved_to)
        chains[account] = tuple(chain)
    return chains
