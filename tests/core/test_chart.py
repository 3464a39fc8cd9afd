"""A chart of accounts says how each account is called in the company's books; what is wrong in it is told with its place."""

from datetime import UTC, datetime

import pytest

from orderline.core.entities.state import LegalEntity
from orderline.core.ledger.chart import COLUMNS, compile_chart, row_of
from orderline.core.ledger.state import Account, LedgerEntry
from orderline.core.policies.kinds import check_policy
from orderline.core.policies.state import PolicyKind, Scope
from orderline.core.stock.state import Settings
from orderline.values.failures import Refused

ACCOUNTS = "".join(f'{account} = "{1000 + number}"\n' for number, account in enumerate(Account))
GOOD = f'kind = "chart"\nentity = "main"\n[accounts]\n{ACCOUNTS}"tax_payable/VAT" = "1776"\n'

WRONG = [
    # what is written             instead of              line, column, field, a part of what is told
    ('entity = "mian"',           'entity = "main"',      (2, 11, "entity", "did you mean main")),
    ('depposits = "1"',           'deposits = "1003"',    (7, 1, "accounts.depposits", "did you mean deposits")),
    ('deposits = ""',             'deposits = "1003"',    (7, 13, "accounts.deposits", "is no code")),
    ('deposits = 1003',           'deposits = "1003"',    (7, 12, "accounts.deposits", "is no code")),
    ('',                          'deposits = "1003"\n',  (3, 2, "accounts", "1 accounts have no code: deposits")),
    ('name = "main"',             'entity = "main"',      (2, 1, "name", "unknown field")),
]  # fmt: skip


def entry(
    account: str, sub: str, currency: str, minor: int, base: str = "", base_minor: int = 0, rate: str = ""
) -> LedgerEntry:
    """An entry of an order."""
    day = datetime(2026, 11, 20, tzinfo=UTC)
    where = (day.date(), day, "order", "o-1", 3, 1)
    return LedgerEntry(*where, account, sub, currency, minor, base, base_minor, rate, "captured", "")


def settings() -> Settings:
    return Settings({}, {}, {}, entities={"fr": LegalEntity(code="fr")})


def test_a_chart_is_a_policy() -> None:
    assert check_policy(GOOD, settings()) == (PolicyKind.CHART, Scope())
    assert check_policy(GOOD.replace('entity = "main"\n', ""), settings())[0] is PolicyKind.CHART


@pytest.mark.parametrize(("written", "instead", "told"), WRONG)
def test_what_is_wrong_is_told_with_its_place(written: str, instead: str, told: tuple[int, int, str, str]) -> None:
    assert instead in GOOD
    with pytest.raises(Refused) as refused:
        check_policy(GOOD.replace(instead, written), settings())
    fault = refused.value.facts["faults"][0]
    assert (fault["line"], fault["column"], fault["at"]) == told[:3]
    assert told[3] in refused.value.facts["value"]


def test_an_entry_is_a_row_with_its_code_and_its_side() -> None:
    chart = compile_chart(GOOD, "books@1")
    tax = entry("tax_payable", "VAT", "JPY", -1205, "EUR", -704, "0.00584")
    row = dict(zip(COLUMNS, row_of(chart, "main", tax), strict=True))
    assert (row["account"], row["name"], row["debit"], row["credit"]) == ("1776", "tax_payable", "", "1205")
    assert (row["base_debit"], row["base_credit"], row["rate"], row["entry"]) == ("", "7.04", "0.00584", "o-1-3")
    other = dict(zip(COLUMNS, row_of(chart, "main", entry("bank", "", "EUR", 5)), strict=True))
    assert (other["account"], other["debit"], other["credit"], other["base"]) == ("1001", "0.05", "", "")


def test_what_was_exchanged_goes_by_the_code_of_differences_where_it_has_none_of_its_own() -> None:
    without = "".join(line for line in GOOD.splitlines(keepends=True) if not line.startswith("exchange "))
    assert without != GOOD
    fx = compile_chart(GOOD, "books@1").code_of("fx", "")
    assert compile_chart(without, "books@2").code_of("exchange", "stripe") == fx
    assert compile_chart(GOOD, "books@1").code_of("exchange", "stripe") != fx
