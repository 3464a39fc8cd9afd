"""Statements: over days that are over, one after another, paid once, and taken back by the mirror."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sellers.test_sharing import put
from orderline.core.documents.state import Series
from orderline.core.entities.commands import PutEntity, PutRates
from orderline.core.entities.state import DayRate, LegalEntity
from orderline.core.jobs import JobKind
from orderline.core.ledger.state import Posted
from orderline.core.sellers import commands as c
from orderline.core.sellers.schedule import Schedule, last_day, next_run, period_end
from orderline.core.sellers.state import SELLER, Seller, SellerParty, SellerStatement
from orderline.values.failures import Refused
from support.shop import NOON, MemoryShop

UNTIL = date(2026, 11, 15)  # a Sunday; it is noon on the Friday after


class Kept(MemoryShop):
    """A shop that keeps what its records have posted."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        super().__init__()
        self.on_draft = lambda draft: self.posted.extend(
            each for _, kind, event in draft.record_events for each in kind.postings(event)
        )

    @property
    def statements(self) -> list[SellerStatement]:
        return self.records("seller_statement")

    @property
    def seller(self) -> Seller:
        return self.records("seller")[0]

    def state(self, amount: int, since: date | None = None, until: date = UNTIL, **about: Any) -> None:
        given: dict[str, Any] = {
            "entity": "main", "currency": "EUR", "since": since, "goods_minor": amount + 100, "commission_minor": 100,
            "amount_minor": amount, "base_minor": amount, "entries": 3, **about,
        }  # fmt: skip
        due = c.SellerDue(**given)
        self.do(c.StateSeller(seller="acme", until=until, due=(due,)))


@pytest.fixture
def shop() -> Kept:
    shop = Kept()
    put(shop)
    return shop


def refusal(shop: Kept, command: Any) -> str:
    with pytest.raises(Refused) as wrong:
        shop.do(command)
    return str(wrong.value.code)


def amounts(posted: Posted) -> dict[str, int]:
    return {f"{each.account} {each.sub}".strip(): each.amount_minor for each in posted.entries}


ENDS = [
    # schedule        day          the last end until then
    (Schedule.DAY,   (2026, 11, 18), (2026, 11, 18)),
    (Schedule.WEEK,  (2026, 11, 15), (2026, 11, 15)),
    (Schedule.WEEK,  (2026, 11, 21), (2026, 11, 15)),
    (Schedule.MONTH, (2026, 11, 29), (2026, 10, 31)),
    (Schedule.MONTH, (2026, 11, 30), (2026, 11, 30)),
    (Schedule.MONTH, (2028, 2, 29),  (2028, 2, 29)),
]  # fmt: skip


@pytest.mark.parametrize(("schedule", "day", "end"), ENDS)
def test_periods_end_with_a_day_a_sunday_a_month(
    schedule: Schedule, day: tuple[int, int, int], end: tuple[int, int, int]
) -> None:
    assert period_end(schedule, date(*day)) == date(*end)


def test_a_day_is_over_when_it_is_over_everywhere() -> None:
    assert last_day(datetime(2026, 11, 16, 12, 59, tzinfo=UTC), 0) == date(2026, 11, 14)
    assert last_day(datetime(2026, 11, 16, 13, 0, tzinfo=UTC), 0) == UNTIL
    assert last_day(datetime(2026, 11, 16, 13, 0, tzinfo=UTC), 14) == date(2026, 11, 1)


@given(st.sampled_from(list(Schedule)), st.integers(0, 365), st.integers(0, 3 * 366 * 24 * 60))
def test_the_next_run_states_the_next_period_and_no_run_is_left_out(
    schedule: Schedule, reserve: int, minutes: int
) -> None:
    now = NOON + timedelta(minutes=minutes)
    at = next_run(schedule, reserve, now)
    before, after = period_end(schedule, last_day(now, reserve)), period_end(schedule, last_day(at, reserve))
    assert now < at
    assert before < after
    assert period_end(schedule, last_day(at - timedelta(microseconds=1), reserve)) == before


def test_what_is_owed_is_stated_with_a_number_and_moves_to_what_is_to_be_paid(shop: Kept) -> None:
    shop.state(900)
    [made] = shop.statements
    assert (made.id, made.number, made.state) == ("main:SELLER-2026-000001", "SELLER-2026-000001", "open")
    assert (made.goods_minor, made.commission_minor, made.amount_minor, made.until) == (1000, 100, 900, UNTIL)
    assert [amounts(each) for each in shop.posted] == [{"seller_payable acme": 900, "seller_statements acme": -900}]
    assert shop.seller.stated == {"main:EUR": UNTIL}
    [series] = shop.records("series")
    assert isinstance(series, Series)
    assert series.last == {"SELLER-2026-": 1}


def test_what_the_seller_owes_is_carried_over(shop: Kept) -> None:
    before = shop.seller.next_at
    shop.state(-900)
    assert (shop.statements, shop.seller.stated, shop.posted) == ([], {}, [])
    assert shop.seller.next_at >= before


def test_days_are_stated_once_and_when_they_are_over(shop: Kept) -> None:
    today = NOON.date()
    for until in (today, today - timedelta(days=1)):  # noon is too early for yesterday
        with pytest.raises(Refused, match="SELLER_NOT_DUE"):
            shop.state(900, until=until)
    shop.state(900)
    for since in (None, UNTIL):
        with pytest.raises(Refused, match="SELLER_NOT_DUE"):
            shop.state(900, since=since)
    shop.state(300, since=UNTIL, until=UNTIL + timedelta(days=1))
    assert [each.since for each in shop.statements] == [None, UNTIL]
    put(shop, reserve_days=10)
    assert shop.seller.stated == {"main:EUR": UNTIL + timedelta(days=1)}
    with pytest.raises(Refused, match="SELLER_NOT_DUE"):
        shop.state(300, since=UNTIL + timedelta(days=1), until=UNTIL + timedelta(days=2))


def test_nothing_is_stated_while_payouts_are_held(shop: Kept) -> None:
    put(shop, held="papers are missing")
    with pytest.raises(Refused, match="SELLER_HELD"):
        shop.state(900)
    shop.do(c.StateSeller(seller="acme", until=UNTIL))  # as the worker does
    put(shop)
    shop.state(900)
    assert len(shop.statements) == 1


def test_what_is_due_already_is_not_put_off_by_new_terms(shop: Kept) -> None:
    before = shop.seller.next_at
    put(shop, schedule=Schedule.MONTH)
    assert shop.seller.next_at == before
    draft = shop.do(c.PutSeller(seller="acme", party=SellerParty(name="Acme"), schedule=Schedule.DAY))
    [job] = SELLER.follow_ups(shop.world, shop.seller, [event for *_, event in draft.record_events], shop.now)
    assert (job.kind, job.body.key, job.due_at) == (JobKind.STATE_SELLER, "acme", shop.seller.next_at)
    assert shop.seller.next_at < before


def test_a_payment_is_instructed_made_returned_and_made_again(shop: Kept) -> None:
    shop.state(900)
    [made] = shop.statements
    instruct = c.InstructSellerPayment(statement=made.id)
    shop.do(instruct)
    assert refusal(shop, instruct) == "SELLER_STATEMENT_STATE"
    assert refusal(shop, c.ReturnSellerPayment(statement=made.id, reason="x")) == "SELLER_STATEMENT_STATE"
    shop.do(c.FailSellerPayment(statement=made.id, reason="no such account"))
    shop.do(instruct)
    paid = c.RecordSellerPayment(statement=made.id, reference="SEPA-1")
    shop.do(paid)
    assert refusal(shop, paid) == "NOTHING_TO_DO"
    again = c.RecordSellerPayment(statement=made.id, reference="SEPA-2")
    assert refusal(shop, again) == "SELLER_STATEMENT_STATE"
    shop.do(c.ReturnSellerPayment(statement=made.id, reason="account closed"))
    assert refusal(shop, paid) == "NOTHING_TO_DO"  # told late, of what has come back
    shop.do(again)
    [done] = shop.statements
    assert done.state == "paid"
    assert [(each.key[-2:], each.reference, each.failed, each.returned) for each in done.payments] == [
        ("-1", "", "no such account", ""),
        ("-2", "SEPA-1", "", "account closed"),
        ("-3", "SEPA-2", "", ""),
    ]
    assert [amounts(each) for each in shop.posted[1:]] == [
        {"seller_statements acme": 900, "bank": -900},
        {"seller_statements acme": -900, "bank": 900},
        {"seller_statements acme": 900, "bank": -900},
    ]


def test_in_books_of_another_currency_what_rates_have_made_of_it_is_a_difference_of_exchange(shop: Kept) -> None:
    shop.do(PutEntity(entity=LegalEntity(code="us", currency="USD")))
    shop.do(PutRates(currency="EUR", base="USD", days=(DayRate(NOON.date(), "1.2"),)))
    shop.state(1000, entity="us", base_minor=1100)
    [made] = shop.statements
    assert made.base_minor == 1200
    shop.do(PutRates(currency="EUR", base="USD", days=(DayRate(NOON.date(), "1.3"),)))
    pay = c.RecordSellerPayment(statement=made.id, reference="W-1")
    shop.do(pay)
    shop.do(c.ReturnSellerPayment(statement=made.id, reason="x"))
    assert shop.statements[0].base_minor == 1300
    shop.do(c.RecordSellerPayment(statement=made.id, reference="W-2"))
    assert shop.statements[0].base_minor == 0
    base: dict[str, int] = {"seller_payable": -1100}
    for each in shop.posted:
        assert sum(entry.base for entry in each.entries) == 0
        for entry in each.entries:
            base[entry.account] = base.get(entry.account, 0) + entry.base
    assert base == {"seller_payable": 0, "seller_statements": 0, "bank": -1300, "fx": 200}


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (c.StateSeller(seller="nobody", until=UNTIL), "SELLER_UNKNOWN"),
        (c.InstructSellerPayment(statement="none"), "SELLER_STATEMENT_UNKNOWN"),
        (c.RecordSellerPayment(statement="none", reference="x"), "SELLER_STATEMENT_UNKNOWN"),
        (c.RecordSellerPayment(statement="none", reference=" "), "FIELD_REQUIRED"),
    ],
)
def test_what_there_is_not_is_refused(shop: Kept, command: Any, code: str) -> None:
    assert refusal(shop, command) == code
