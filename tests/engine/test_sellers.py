"""Sellers in the database: what they are owed is what was sold for them, whatever is sold, taken back, stated and paid when."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, LiteralString

import psycopg
import pytest

from orderline.core.appeasements.commands import GiveAppeasement
from orderline.core.disputes.commands import TellDispute
from orderline.core.disputes.state import DisputeStage
from orderline.core.documents.issuing import IssueInvoice
from orderline.core.orders.commands import Command, LineInput
from orderline.core.sellers import commands as c
from orderline.core.sellers.schedule import Schedule, last_day
from orderline.core.sellers.state import Seller, SellerParty, SellerStatement, StatementState
from orderline.core.sellers.terms import Side
from orderline.core.stock.commands import PutSkus
from orderline.core.stock.state import Sku, SkuKind
from orderline.engine.engine import Engine
from orderline.engine.verifying import verify
from orderline.store.database import Database
from orderline.store.partitions import ensure_partitions
from orderline.store.reading.ledger import load_trial_balance
from orderline.store.reading.records import load_records
from orderline.store.reading.sellers import SellerBalance, load_balances, load_statement_lines, read_due
from orderline.store.reading.source import Source
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, new_id
from support.engines import assert_clean, faults_of, open_shop, placed, value
from support.shop import order_of

SELLERS = ("acme", "bolt")
START = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Market:
    """A shop that sells books of two sellers and of its own, with a clock that a test puts forward."""

    def __init__(self, database: Database, **terms: Any) -> None:
        self.now = START
        ensure_partitions(database, START.date())
        self.database = database
        self.engine = Engine(database, threads=1, clock=lambda: self.now)
        open_shop(self.engine)
        for seller in SELLERS:
            self.put(seller, **terms)
        skus = [Sku(f"BOOK-{each}", "Book", kind=SkuKind.DIGITAL, seller=each) for each in SELLERS]
        self.engine.run(PutSkus(skus=tuple(skus)))

    def put(self, seller: str, **terms: Any) -> None:
        given: dict[str, Any] = {"rate_ppm": 150_000, "schedule": Schedule.DAY, **terms}
        self.engine.run(c.PutSeller(seller=seller, party=SellerParty(name=seller, iban="DE1"), **given))

    def sell(self, name: str, *lines: tuple[str, int, int] | LineInput) -> OrderId:
        order = placed(self.engine, order_of(name, *lines, paid="captured"))
        self.engine.run(IssueInvoice(order=order, entity="main"))
        return order

    def seller(self, code: str) -> Seller:
        return next(each for each in self.records("seller") if each.id == code)

    def records(self, kind: str) -> list[Any]:
        with self.database.connection() as connection:
            return load_records(Source(connection, 0), kind, most=500)

    def statements(self) -> list[SellerStatement]:
        return self.records("seller_statement")

    def state(self, code: str) -> None:
        seller = self.seller(code)
        until = last_day(self.now, seller.reserve_days)
        self.engine.run(c.StateSeller(seller=code, until=until, due=read_due(self.database, seller, until)))

    def balances(self, code: str) -> list[SellerBalance]:
        seller = self.seller(code)
        with self.database.connection() as connection:
            return load_balances(Source(connection, 0), seller, last_day(self.now, seller.reserve_days))

    def assert_lawful(self) -> None:
        """For each seller: what it is owed is what was not stated, and the statements that were not paid; the books are even."""
        with self.database.connection() as connection:
            balance = load_trial_balance(Source(connection, 0), "main")
        assert [each.balance_minor for each in balance.sums if each.balance_minor] == []
        stands = {(each.account, each.sub): -each.balance_minor for each in balance.accounts}
        for code in SELLERS:
            open_ = [s.amount_minor for s in self.statements() if s.seller == code and s.state != StatementState.PAID]
            seller = self.seller(code)
            due = read_due(self.database, seller, (self.now + timedelta(days=2)).date())
            owed = stands.get(("seller_payable", code), 0) + stands.get(("seller_statements", code), 0)
            assert owed == sum(open_) + sum(each.amount_minor for each in due)
            assert sum(b.not_stated_minor + b.stated_minor for b in self.balances(code)) == owed


@pytest.fixture
def market(database: Database) -> Iterator[Market]:
    made = Market(database)
    yield made
    made.engine.close()


def test_a_week_of_sales_is_stated_paid_and_explained(market: Market) -> None:
    first = market.sell("A-1", ("BOOK-acme", 2, 1000), ("BOOK-bolt", 1, 500), ("EBOOK", 1, 300))
    market.now += timedelta(days=1)
    market.sell("A-2", ("BOOK-acme", 1, 999))
    market.now += timedelta(days=2)
    market.state("acme")
    [made] = market.statements()
    assert (made.goods_minor, made.commission_minor, made.amount_minor, made.since) == (2999, 449, 2550, None)
    with market.database.connection() as connection:
        source = Source(connection, 0)
        lines = load_statement_lines(source, made, most=10)
        rest = load_statement_lines(source, made, after=(lines[0].day, lines[0].at, str(first), lines[0].seq), most=10)
    assert [(e.document, e.goods_minor, e.commission_minor, e.due_minor) for e in lines] == [
        ("INV-2026-000001", 2000, 300, 1700),
        ("INV-2026-000002", 999, 149, 850),
    ]
    assert lines[0].order == first
    assert rest == lines[1:]
    assert [(e.not_stated_minor, e.stated_minor, e.due_minor) for e in market.balances("acme")] == [(0, 2550, 0)]
    assert [(e.not_stated_minor, e.stated_minor, e.due_minor) for e in market.balances("bolt")] == [(425, 0, 425)]
    market.engine.run(c.RecordSellerPayment(statement=made.id, reference="SEPA-1"))
    market.state("acme")  # nothing more is due
    assert len(market.statements()) == 1
    market.assert_lawful()
    assert_clean(market.database)


def test_what_the_reserve_keeps_back_waits_and_what_is_taken_back_meanwhile_is_off(market: Market) -> None:
    market.put("acme", reserve_days=7, chargebacks=Side.SELLER)
    order = market.sell("A-1", ("BOOK-acme", 2, 1000))
    market.now += timedelta(days=5)
    assert [(e.not_stated_minor, e.due_minor) for e in market.balances("acme")] == [(1700, 0)]
    market.engine.run(TellDispute(order=order, tender=1, reference="d-1", stage=DisputeStage.LOST, amount_minor=2000))
    market.now += timedelta(days=4)
    market.state("acme")  # the sale is due, what was taken back is not yet
    [made] = market.statements()
    assert made.amount_minor == 1700
    market.now += timedelta(days=5)
    market.state("acme")
    assert len(market.statements()) == 1  # the seller owes, and that is carried over
    market.sell("A-2", ("BOOK-acme", 3, 1000))
    market.now += timedelta(days=10)
    market.state("acme")
    assert [each.amount_minor for each in market.statements()] == [1700, 2550 - 1700]
    market.assert_lawful()
    assert_clean(market.database)


@pytest.mark.parametrize("seed", range(4))
def test_what_sellers_are_owed_is_stated_or_not_whatever_happens(database: Database, seed: int) -> None:
    dice = Random(seed)
    market = Market(database, reserve_days=dice.choice([0, 2]), discounts=dice.choice(list(Side)))
    orders: list[OrderId] = []
    done = 0
    try:
        for step in range(60):
            with contextlib.suppress(Refused):
                match dice.randrange(8):
                    case 0 | 1:
                        lines = [
                            LineInput(
                                sku=sku, quantity=dice.randint(1, 3), unit_price_minor=dice.choice([1, 333, 1999]),
                                discount_minor=dice.choice([0, 1]),
                            )
                            for sku in dice.sample(["BOOK-acme", "BOOK-bolt", "EBOOK"], dice.randint(1, 3))
                        ]  # fmt: skip
                        orders.append(market.sell(f"S-{step}", *lines))
                    case 2 if orders:
                        market.engine.run(
                            GiveAppeasement(
                                order=dice.choice(orders), why=dice.choice(["damaged", "courtesy"]), reason="x",
                                amount_minor=dice.randint(1, 400), decision=str(new_id()),
                            )
                        )  # fmt: skip
                    case 3 if orders:
                        market.engine.run(
                            TellDispute(
                                order=dice.choice(orders), tender=1, reference="d", amount_minor=dice.randint(1, 900),
                                stage=dice.choice([DisputeStage.LOST, DisputeStage.WON, DisputeStage.OPENED]),
                            )
                        )  # fmt: skip
                    case 4 | 5:
                        market.state(dice.choice(SELLERS))
                    case 6:
                        market.engine.run(_about_payment(dice, market.statements()))
                    case _:
                        market.now += timedelta(hours=dice.choice([5, 30, 60]))
                done += 1
            market.assert_lawful()
        assert done > 30
        assert market.statements()
        assert_clean(database)
    finally:
        market.engine.close()


def _about_payment(dice: Random, statements: list[SellerStatement]) -> Command:
    id_ = dice.choice([each.id for each in statements] or ["none"])
    return dice.choice(
        [
            c.InstructSellerPayment(statement=id_),
            c.RecordSellerPayment(statement=id_, reference=f"S-{dice.randrange(10**6)}"),
            c.FailSellerPayment(statement=id_, reason="x"),
            c.ReturnSellerPayment(statement=id_, reason="x"),
        ]
    )


TAMPERING = [
    ("UPDATE postings SET amount_minor = amount_minor - 1 WHERE account = 'seller_payable' AND source_kind = 'order'", {"sellers"}),
    ("UPDATE records SET body = replace(body, '\"amount_minor\":1700', '\"amount_minor\":17') WHERE kind = 'seller_statement'", {"sellers"}),
    ("UPDATE records SET state = 'paid' WHERE kind = 'seller_statement'",                              {"sellers"}),
    ("DELETE FROM records WHERE kind = 'seller_statement'",                                            {"sellers", "numbers"}),
    ("DELETE FROM outbox WHERE kind = 'state_seller'",                                                 {"sellers"}),
    ("UPDATE records SET body = replace(body, '2026-11-03', '2026-11-04') WHERE kind = 'seller'",      {"sellers"}),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "found_by"), TAMPERING)
def test_a_figure_that_was_changed_is_found(market: Market, statement: LiteralString, found_by: set[str]) -> None:
    market.sell("A-1", ("BOOK-acme", 2, 1000))
    market.now += timedelta(days=2, hours=2)
    market.state("acme")
    assert [each.until.isoformat() for each in market.statements()] == ["2026-11-03"]
    with psycopg.connect(market.database.dsn, autocommit=True) as connection:
        changed = connection.execute(statement).rowcount
    assert changed > 0
    assert found_by <= set(faults_of(verify(market.database)))


def test_a_share_that_was_not_posted_is_found(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orderline.core.ledger.posting.has_sellers", lambda order: False)
    market.sell("A-1", ("BOOK-acme", 2, 1000))
    monkeypatch.undo()
    assert set(faults_of(verify(market.database))) == {"sellers"}


def test_what_was_read_before_another_has_stated_it_is_refused(market: Market) -> None:
    market.sell("A-1", ("BOOK-acme", 2, 1000))
    market.now += timedelta(days=3)
    seller = market.seller("acme")
    until = last_day(market.now, 0)
    command = c.StateSeller(seller="acme", until=until, due=read_due(market.database, seller, until))
    market.engine.run(command)
    with pytest.raises(Refused, match="SELLER_NOT_DUE"):
        market.engine.run(command)
    assert value(market.database, "SELECT count(*) FROM records WHERE kind = 'seller_statement'") == 1
    assert_clean(market.database)
