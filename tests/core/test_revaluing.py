"""Open positions in foreign currencies at the end of a month: put at its rates, and taken back on the next day."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.entities.commands import PutEntity, PutRates
from orderline.core.entities.state import DayRate, LegalEntity
from orderline.core.ledger.periods import PERIOD, ClosePeriod, Period, PeriodClosed
from orderline.core.ledger.revaluing import PeriodBalance, Revaluation, balances_after
from orderline.core.ledger.rules import REVALUED
from orderline.core.ledger.state import Account, Posted
from orderline.values.failures import Refused
from support.shop import MemoryShop

MONTH = date(2026, 10, 31)
RATES = {"GBP": "1.25", "JPY": "0.0065"}


class Books(MemoryShop):
    """A shop that keeps its books in euros."""

    def __init__(self, base: str = "EUR", rates: dict[str, str] = RATES) -> None:
        super().__init__([])
        self.now = datetime(2026, 11, 2, 8, tzinfo=UTC)
        self.do(PutEntity(entity=LegalEntity(code="main", currency=base)))
        for currency, rate in rates.items():
            days = (DayRate(date(2026, 10, 30), rate), DayRate(date(2026, 11, 1), "9"))
            self.do(PutRates(currency=currency, base="EUR", days=days))

    def close(
        self, *accounts: PeriodBalance, month: str = "2026-10", revalue: bool = True
    ) -> tuple[Period, list[Posted]]:
        draft = self.do(ClosePeriod(entity="main", month=month, accounts=accounts, revalue=revalue))
        [closed] = [event for _, _, event in draft.record_events]
        assert isinstance(closed, PeriodClosed)
        period = self.world.records[PERIOD.name, f"main:{month}"]
        assert isinstance(period, Period)
        return period, list(closed.posted)


def stands(account: str, currency: str, amount: int, worth: int, sub: str = "") -> PeriodBalance:
    return PeriodBalance(account, sub, currency, amount, "EUR", worth)


OPEN = (
    stands("psp_clearing", "GBP", 10_000, 11_700, "stripe"),
    stands("psp_clearing", "GBP", 2_000, 2_340, "adyen"),
    stands("gift_cards", "GBP", -3_000, -3_600, "c-1"),
    stands("deposits", "GBP", -9_000, -10_440),
    stands("receivable", "JPY", 50_000, 300),
    stands("revenue_goods", "JPY", -50_000, -300),
    stands("bank", "EUR", 700, 700),
    stands("fees", "EUR", -700, -700),
)


def test_what_is_open_is_put_at_the_rate_of_the_last_day_and_taken_back_on_the_next() -> None:
    period, posted = Books().close(*OPEN)
    assert period.revalued == (
        revaluation("gift_cards", "GBP", -3_000, -3_600, "1.25", -3_750),
        revaluation("psp_clearing", "GBP", 12_000, 14_040, "1.25", 15_000),
        revaluation("receivable", "JPY", 50_000, 300, "0.0065", 32_500),
    )
    told = [
        (str(each.day), each.currency, [(e.account.value, e.sub, e.amount_minor, e.base_minor) for e in each.entries])
        for each in posted
    ]
    pounds = [
        ("gift_cards", "revaluation", 0, -150),
        ("psp_clearing", "revaluation", 0, 960),
        ("fx", "unrealized", 0, -810),
    ]
    yen = [("receivable", "revaluation", 0, 32_200), ("fx", "unrealized", 0, -32_200)]
    assert told == [
        ("2026-10-31", "GBP", pounds),
        ("2026-11-01", "GBP", [(account, sub, 0, -worth) for account, sub, _, worth in pounds]),
        ("2026-10-31", "JPY", yen),
        ("2026-11-01", "JPY", [(account, sub, 0, -worth) for account, sub, _, worth in yen]),
    ]
    ended = {(e.account, e.sub, e.currency): e.base_minor for e in period.accounts}
    assert ended["psp_clearing", "stripe", "GBP"] == 11_700
    assert ended["psp_clearing", "revaluation", "GBP"] == 960
    assert ended["fx", "unrealized", "GBP"] == -810


def test_a_month_is_not_closed_while_nobody_says_what_an_open_position_is_worth() -> None:
    shop = Books(rates={"GBP": "1.25"})
    with pytest.raises(Refused) as wrong:
        shop.close(*OPEN)
    assert (wrong.value.code.value, wrong.value.facts["missing"]) == ("PERIOD_RATE_MISSING", ["JPY"])
    period, posted = shop.close(*OPEN, revalue=False)
    assert (period.revalued, posted, set(period.accounts)) == ((), [], set(OPEN))


def test_books_in_the_currency_of_each_amount_have_nothing_to_revalue() -> None:
    plain = [PeriodBalance(each.account, each.sub, each.currency, each.balance_minor) for each in OPEN]
    assert Books(base="").close(*plain)[1] == []


def test_a_month_before_one_that_is_closed_is_not_posted_into() -> None:
    shop = Books()
    shop.close(*OPEN)
    assert shop.close(*OPEN, month="2026-09")[1] == []


def revaluation(account: str, currency: str, amount: int, before: int, rate: str, worth: int) -> Revaluation:
    return Revaluation(
        account=account, currency=currency, amount_minor=amount, base="EUR", base_minor=before, rate=rate,
        worth_minor=worth, difference_minor=worth - before,
    )  # fmt: skip


amounts = st.integers(-(10**9), 10**9)
balances = st.lists(
    st.tuples(st.sampled_from(sorted(set(Account) - {Account.FX})), st.sampled_from(("a", "b")), st.sampled_from(("EUR", "GBP", "JPY")), amounts, amounts),
    max_size=8, unique_by=lambda each: each[:3],
)  # fmt: skip


@given(drawn=balances)
def test_whatever_is_open_ends_at_its_rate_and_the_next_day_as_if_nothing_had_been(
    drawn: list[tuple[Account, str, str, int, int]],
) -> None:
    made = [
        stands(account, currency, n, n if currency == "EUR" else worth, sub)
        for account, sub, currency, n, worth in drawn
    ]
    for currency in {each.currency for each in made}:
        own = [each for each in made if each.currency == currency]
        off, wrong = sum(each.balance_minor for each in own), sum(each.base_minor for each in own)
        made.append(stands("fx", currency, -off, -wrong))
    shop = Books()
    period, posted = shop.close(*made)
    for each in posted:
        assert sum(entry.base for entry in each.entries) == 0
        assert all(entry.amount_minor == 0 for entry in each.entries)
    for currency, rate in RATES.items():
        for account in REVALUED:
            of = [e for e in period.accounts if (e.account, e.currency) == (account, currency)]
            amount, worth = sum(e.balance_minor for e in of), sum(e.base_minor for e in of)
            cents = amount * Fraction(rate) * (1 if currency == "GBP" else 100)  # a yen has no parts
            assert abs(worth - cents) <= Fraction(1, 2), "to the nearest cent"
    after = balances_after(period.accounts, [each for each in posted if each.day > MONTH], MONTH + timedelta(days=1))
    assert {e for e in after if e.balance_minor or e.base_minor} == {e for e in made if e.balance_minor or e.base_minor}
