"""A month of the books is closed with what it ended with, and nothing comes into it any more."""

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from orderline.core.entities.commands import PutEntity, PutRates
from orderline.core.entities.state import DayRate, LegalEntity
from orderline.core.ledger.periods import ClosePeriod, last_day
from orderline.core.ledger.revaluing import PeriodBalance
from orderline.engine.engine import Engine
from orderline.engine.verifying import verify
from orderline.store.database import Database
from orderline.store.partitions import ensure_partitions
from orderline.store.reading.ledger import balances_at, load_revaluation, load_trial_balance
from orderline.store.reading.source import Source
from orderline.values.failures import Refused
from support.engines import assert_clean, faults_of, open_shop, placed, value
from support.shop import order_of


class Clock:
    """The time of an engine."""

    def __init__(self) -> None:
        self.now = datetime(2026, 10, 31, 22, 59, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(database: Database) -> Clock:
    made = Clock()
    ensure_partitions(database, made.now.date())
    return made


def closing(database: Database, month: str = "2026-10") -> ClosePeriod:
    with database.connection() as connection:
        balance = load_trial_balance(Source(connection, 0), "main", until=last_day(month))
    return ClosePeriod(entity="main", month=month, accounts=balances_at(balance))


def refused(engine: Engine, command: ClosePeriod) -> str:
    with pytest.raises(Refused) as wrong:
        engine.run(command)
    return wrong.value.code.value


def test_a_month_is_closed_and_stays_as_it_was(database: Database, clock: Clock) -> None:
    engine = Engine(database, clock=clock)
    try:
        open_shop(engine)
        engine.run(PutEntity(entity=LegalEntity(code="main", time_zone="Europe/Paris")))
        placed(engine, order_of("A-1", ("EBOOK", 1, 900), paid="captured"))
        clock.now += timedelta(minutes=2)  # November in Paris, not yet in UTC
        placed(engine, order_of("A-2", ("EBOOK", 1, 500), paid="captured"))
        assert refused(engine, closing(database)) == "PERIOD_NOT_OVER"
        clock.now += timedelta(hours=2)
        uneven = ClosePeriod(entity="main", month="2026-10", accounts=(PeriodBalance("bank", "", "EUR", 1),))
        assert refused(engine, uneven) == "PERIOD_UNEVEN"
        assert refused(engine, ClosePeriod(entity="none", month="2026-10")) == "ENTITY_UNKNOWN"
        assert refused(engine, ClosePeriod(entity="main", month="2026-13")) == "PERIOD_UNKNOWN"
        engine.run(closing(database))
        assert refused(engine, closing(database)) == "PERIOD_CLOSED"
        body = value(database, "SELECT body::jsonb -> 'accounts' FROM records WHERE kind = 'period'")
        assert [(each["account"], each["balance_minor"]) for each in body] == [
            ("deposits", -900),
            ("psp_clearing", 900),
        ]
        assert_clean(database)

        # Neither who puts the entity anew, nor a clock that is set back, opens it again.
        engine.run(PutEntity(entity=LegalEntity(code="main", time_zone="Europe/Paris", name="Shirts")))
        clock.now = datetime(2026, 10, 20, 12, tzinfo=UTC)
        placed(engine, order_of("A-3", ("EBOOK", 1, 300), paid="captured"))
        days = value(database, "SELECT array_agg(DISTINCT day::text ORDER BY day::text) FROM postings")
        assert days == ["2026-10-31", "2026-11-01"]
        assert_clean(database)

        with psycopg.connect(database.dsn, autocommit=True) as connection:
            connection.execute("UPDATE postings SET day = '2026-10-31' WHERE day = '2026-11-01'")
        assert "periods" in faults_of(verify(database))
    finally:
        engine.close()


def test_what_is_open_in_pounds_is_revalued_when_the_month_is_closed_and_only_for_that_day(
    database: Database, clock: Clock
) -> None:
    def worth(until: date) -> dict[str, tuple[int, int]]:
        with database.connection() as connection:
            found = load_trial_balance(Source(connection, 0), "main", until=until).accounts
        return {
            f"{e.account}/{e.sub}": (e.balance_minor, e.base_minor) for e in found if e.balance_minor or e.base_minor
        }

    engine = Engine(database, clock=clock)
    try:
        open_shop(engine)
        engine.run(PutEntity(entity=LegalEntity(code="main", currency="EUR")))
        rates = (DayRate(date(2026, 10, 1), "1.15"), DayRate(date(2026, 10, 31), "1.20"))
        engine.run(PutRates(currency="GBP", base="EUR", days=rates[:1]))
        placed(engine, order_of("A-1", ("EBOOK", 1, 1_000), paid="captured", currency="GBP"))
        engine.run(PutRates(currency="GBP", base="EUR", days=rates[1:]))
        clock.now = datetime(2026, 11, 2, 8, tzinfo=UTC)
        engine.run(closing(database))
        first = {"deposits/": (-1_000, -1_150), "psp_clearing/sandbox": (1_000, 1_150)}
        assert worth(date(2026, 10, 31)) == first | {
            "psp_clearing/revaluation": (0, 50), "fx/unrealized": (0, -50),
        }  # fmt: skip
        assert worth(date(2026, 11, 1)) == first
        with database.connection() as connection:
            [position] = load_revaluation(Source(connection, 0), "main", "2026-10").positions
        assert (position.amount_minor, position.base_minor, position.rate, position.worth_minor) == (
            1_000,
            1_150,
            "1.20",
            1_200,
        )
        assert refused(engine, closing(database)) == "PERIOD_CLOSED"
        assert_clean(database)
        engine.run(PutRates(currency="GBP", base="EUR", days=(DayRate(date(2026, 11, 30), "1.10"),)))
        clock.now = datetime(2026, 12, 1, 8, tzinfo=UTC)
        ensure_partitions(database, clock.now.date())
        engine.run(closing(database, "2026-11"))
        assert worth(date(2026, 11, 30))["psp_clearing/revaluation"] == (0, -50)
        assert worth(date(2026, 12, 1)) == first
        assert_clean(database)
    finally:
        engine.close()


def test_the_last_day_of_a_month_is_known() -> None:
    days = ("2026-01-31", "2028-02-29", "2026-12-31")
    assert [str(last_day(month)) for month in ("2026-01", "2028-02", "2026-12")] == list(days)
