"""Payouts in other currencies than their sales: every posting is even, and money leaves at what it stands for in the books."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from orderline.core.entities.commands import PutEntity, PutRates
from orderline.core.entities.state import DayRate, LegalEntity
from orderline.core.ledger.state import Account, Entry, Posted
from orderline.core.payouts.commands import BookPayout, CorrectPayout
from orderline.core.payouts.posting import rate_of
from orderline.core.payouts.state import PAYOUT, Payout, PayoutExchange, PayoutSums, Standing
from orderline.core.world import Draft
from orderline.values.failures import Refused
from support.shop import MemoryShop

A = Account
CURRENCIES = ("EUR", "GBP", "JPY", "USD")
RATES = {"EUR": "1.08", "GBP": "1.25", "JPY": "0.0065", "USD": "1"}


class Books(MemoryShop):
    """A shop with all that its payouts post."""

    def __init__(self, base: str = "", rates: dict[str, str] | None = None) -> None:
        self.posted: list[Posted] = []
        super().__init__([])
        self.on_draft = self._keep
        self.do(PutEntity(entity=LegalEntity(code="main", currency=base)))
        for currency, rate in (rates or {}).items():
            if currency != base:
                self.do(PutRates(currency=currency, base=base, days=(DayRate(date(2026, 1, 1), rate),)))

    def _keep(self, draft: Draft) -> None:
        self.posted += [each for _, kind, event in draft.record_events for each in kind.postings(event)]

    def book(self, currency: str, amount: int, fees: int, *exchanged: PayoutExchange) -> None:
        number = len(self.world.records)
        self.do(
            BookPayout(
                payout=f"p:{number}", provider="p", reference=str(number), currency=currency, amount_minor=amount,
                sums=PayoutSums(fees_minor=fees), paid_at=self.now, exchanged=exchanged, standing=self.standing(),
            )
        )  # fmt: skip

    def standing(self) -> tuple[Standing, ...]:
        return tuple(
            Standing(currency=each, amount_minor=amount, base_minor=worth)
            for (account, each), (amount, worth) in self.balances().items()
            if account is A.PSP_CLEARING
        )

    def balances(self) -> dict[tuple[Account, str], tuple[int, int]]:
        found: dict[tuple[Account, str], tuple[int, int]] = {}
        for posted in self.posted:
            for each in posted.entries:
                amount, worth = found.get((each.account, posted.currency), (0, 0))
                found[each.account, posted.currency] = amount + each.amount_minor, worth + each.base
        return {key: each for key, each in found.items() if any(each)}


def test_money_leaves_at_what_it_stands_for_and_the_rest_is_a_difference_of_exchange() -> None:
    shop = Books("EUR", {"GBP": "1.20"})
    shop.posted += [captured("GBP", 10_000, 11_700)]
    half = PayoutExchange(currency="GBP", original_minor=5_000, amount_minor=5_750)
    shop.book("EUR", 5_650, 100, half)
    found = shop.balances()
    assert found[A.PSP_CLEARING, "GBP"] == (5_000, 5_850)
    assert found[A.FX, "GBP"] == (0, 100), "58.50 have brought 57.50"
    shop.book("EUR", 6_000, 0, PayoutExchange(currency="GBP", original_minor=5_000, amount_minor=6_000))
    assert shop.balances() == {
        (A.DEPOSITS, "GBP"): (-10_000, -11_700),
        (A.EXCHANGE, "GBP"): (10_000, 11_750),
        (A.EXCHANGE, "EUR"): (-11_750, -11_750),
        (A.BANK, "EUR"): (11_650, 11_650),
        (A.FEES, "EUR"): (100, 100),
        (A.FX, "GBP"): (0, -50),
    }


def test_what_was_sold_in_the_currency_of_the_books_is_worth_that_until_it_is_at_the_bank() -> None:
    shop = Books("GBP", {"EUR": "0.85"})
    shop.posted += [captured("GBP", 10_000, 10_000)]
    shop.book("EUR", 11_400, 100, PayoutExchange(currency="GBP", original_minor=10_000, amount_minor=11_500))
    found = shop.balances()
    assert (found[A.EXCHANGE, "GBP"], found[A.EXCHANGE, "EUR"]) == ((10_000, 10_000), (-11_500, -10_000))
    assert (found[A.BANK, "EUR"], found[A.FEES, "EUR"]) == ((11_400, 9_690), (100, 85))
    assert found[A.FX, "EUR"] == (0, 10_000 - 9_775)
    assert not [each for each in found if each[0] is A.PSP_CLEARING]


def test_a_payout_in_its_own_currency_has_a_difference_too() -> None:
    shop = Books("EUR", {"USD": "0.90"})
    shop.posted += [captured("USD", 10_000, 9_500)]
    shop.book("USD", 9_900, 100)
    found = shop.balances()
    assert found[A.FX, "USD"] == (0, 500)
    assert not [each for each in found if each[0] is A.PSP_CLEARING]


def test_a_difference_is_put_right_in_either_currency_of_a_payout() -> None:
    shop = Books()
    shop.book("EUR", 5_750, 0, PayoutExchange(currency="GBP", original_minor=5_000, amount_minor=5_750))
    put = CorrectPayout(payout="p:0", amount_minor=7, to="fees", reason="rounded", currency="GBP")
    shop.do(put)
    assert shop.balances()[A.FEES, "GBP"] == (7, 7)
    with pytest.raises(Refused) as wrong:
        shop.do(replace(put, currency="USD"))
    assert wrong.value.code.value == "CURRENCY_MISMATCH"
    payout = shop.world.records[PAYOUT.name, "p:0"]
    assert isinstance(payout, Payout)
    assert payout.corrections[0].currency == "GBP"


RATED = [
    # given          brought          rate
    (10_000, "GBP", 11_500, "EUR", "1.15"),
    (10_000, "GBP", 19_412, "JPY", "194.12"),
    (19_412, "JPY", 10_000, "GBP", "0.0051514527"),
    (-300, "GBP", -100, "EUR", "0.3333333333"),
    (0, "GBP", 100, "EUR", ""),
]


def test_a_rate_is_what_one_unit_has_brought() -> None:
    for given_minor, currency, brought, into, rate in RATED:
        assert rate_of(given_minor, currency, brought, into) == rate


def captured(currency: str, amount: int, worth: int) -> Posted:
    """Money that a provider has taken."""
    entries = (Entry(A.PSP_CLEARING, amount, "p", worth), Entry(A.DEPOSITS, -amount, "", -worth))
    return Posted(
        cause="captured", entity="main", day=date(2026, 10, 1), currency=currency, entries=entries, base="EUR"
    )


amounts = st.integers(-50_000, 200_000)
exchanges = st.builds(
    PayoutExchange, currency=st.sampled_from(CURRENCIES), original_minor=amounts, amount_minor=amounts,
    fees_minor=st.integers(-500, 2_000),
)  # fmt: skip
payouts = st.tuples(
    st.sampled_from(CURRENCIES), amounts, st.integers(-500, 5_000),
    st.lists(exchanges, max_size=3, unique_by=lambda each: each.currency),
)  # fmt: skip
takings = st.tuples(st.sampled_from(CURRENCIES), st.integers(1, 200_000), st.integers(1, 200_000))


@given(
    base=st.sampled_from(("", *CURRENCIES)), known=st.sets(st.sampled_from(CURRENCIES)),
    taken=st.lists(takings, max_size=3), made=st.lists(payouts, min_size=1, max_size=4),
)  # fmt: skip
def test_whatever_is_paid_out_each_currency_and_the_books_come_to_nothing(
    base: str,
    known: set[str],
    taken: list[tuple[str, int, int]],
    made: list[tuple[str, int, int, list[PayoutExchange]]],
) -> None:
    shop = Books(base, {each: RATES[each] for each in sorted(known)} if base else {})
    shop.posted += [captured(each, amount, amount if each == base else worth) for each, amount, worth in taken]
    given_away: dict[str, int] = dict.fromkeys(CURRENCIES, 0)
    for currency, amount, fees, exchanged in made:
        others = [each for each in exchanged if each.currency != currency]
        shop.book(currency, amount, fees, *others)
        given_away[currency] += amount + fees - sum(each.amount_minor for each in others)
        for each in others:
            given_away[each.currency] += each.original_minor + each.fees_minor
    for posted in shop.posted:
        assert sum(each.amount_minor for each in posted.entries) == 0
        assert sum(each.base for each in posted.entries) == 0
    found = shop.balances()
    for currency in CURRENCIES:
        assert sum(amount for (_, each), (amount, _) in found.items() if each == currency) == 0
        came = sum(amount for each, amount, _ in taken if each == currency)
        assert found.get((A.PSP_CLEARING, currency), (0, 0))[0] == came - given_away[currency]
    if base:
        # What is exchanged is even in the books, whatever the currencies; what is gone is gone with all its value.
        assert sum(worth for (account, _), (_, worth) in found.items() if account is A.EXCHANGE) == 0
        own = found.get((A.PSP_CLEARING, base), (0, 0))
        assert own[0] == own[1], "in their own currency the books are as they are"
