"""Closed periods against the ledger: nothing was posted into one afterwards, and nothing went missing."""

import msgspec
import psycopg

from orderline.core.ledger.periods import Period
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally
from orderline.store.queries import query
from orderline.store.reading.ledger import balances_at, load_trial_balance
from orderline.store.reading.source import Source

_periods = msgspec.json.Decoder(Period)


def check_periods(connection: psycopg.Connection, cell: int, tally: Tally) -> None:
    """Each closed period ends with the balances it was closed with."""
    tally.checked(Invariant.PERIODS, 0)
    source = Source(connection, cell)
    for (body,) in connection.execute(query("ledger", "closed_periods"), {"cell": cell}):
        period = _periods.decode(body)
        tally.checked(Invariant.PERIODS)
        stands = balances_at(load_trial_balance(source, period.entity, until=period.until))
        if set(stands) != set(period.accounts):
            differs = sorted(map(str, set(stands) ^ set(period.accounts)))[:2]
            tally.fault(Invariant.PERIODS, f"{period.id}: the ledger has something else: {'; '.join(differs)}"[:400])
