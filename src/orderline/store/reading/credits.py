"""Credit accounts: those whose time is over, and those that have taken the place of another."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from orderline.core.credits.state import KIND, AnyCreditEvent, CreditAccount, CreditEntry, entries_in
from orderline.core.records import RecordKey
from orderline.store.database import Database
from orderline.store.loading import records_of
from orderline.store.queries import query
from orderline.store.reading.source import Source

_AT_ONCE: Final = 1_000
MOST_MOVES = 20  # of one balance; further ones are followed the next time it is asked for


class _Told(msgspec.Struct):
    events: tuple[AnyCreditEvent, ...]


_told: Final = msgspec.json.Decoder(_Told).decode


def load_credit_entries(source: Source, account: str, *, after: int = 0, most: int) -> tuple[list[CreditEntry], int]:
    """What has come and gone on an account, of some entries of its journal after one; the number of the last of these, or 0."""
    rows = source.rows("records", "record_entries_after", kind=KIND, id=account, after=after, most=most)
    found = entries_in(event for _, body in rows for event in _told(body).events)
    return found, rows[-1][0] if len(rows) == most else 0


def all_credit_entries(source: Source, account: str) -> Iterator[CreditEntry]:
    """All that has come and gone on an account, read some at a time."""
    after, more = 0, True
    while more:
        found, after = load_credit_entries(source, account, after=after, most=_AT_ONCE)
        yield from found
        more = after > 0


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
