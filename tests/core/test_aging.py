"""Aged receivables: each invoice by how long it has been due, and together all that is receivable."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.test_invoices import invoice, ship
from orderline.core.companies.aging import Age, Receivable, age_of, aged_balances, aged_invoices
from orderline.core.documents.state import DOCUMENT, Document, DocumentShare
from orderline.values.ids import OrderId
from support.shop import MemoryShop, order_of

ON = date(2026, 11, 30)
AGES = [(-5, Age.NOT_DUE), (0, Age.NOT_DUE), (1, Age.TO_30), (30, Age.TO_30), (31, Age.TO_60), (60, Age.TO_60),
        (61, Age.TO_90), (90, Age.TO_90), (91, Age.OVER_90), (4_000, Age.OVER_90)]  # fmt: skip


def order(number: int) -> OrderId:
    return OrderId(UUID(int=number))


@pytest.fixture(scope="module")
def issued() -> Document:
    """An invoice as any other; tests say what it is of."""
    shop = MemoryShop([("TEE-M", "lyon", 5)])
    id_ = shop.place(order_of("A-1", ("TEE-M", 1, 2_000), paid="captured"))
    ship(shop, id_, 1, 1)
    invoice(shop, id_)
    [found] = [each for (kind, _), each in shop.world.records.items() if kind == DOCUMENT.name]
    assert isinstance(found, Document)
    return found


def of(issued: Document, n: int, company: str, total: int, late: int, of_order: int, currency: str = "EUR") -> Document:
    due = ON - timedelta(days=late)
    return replace(
        issued, id=f"main:I-{n}", number=f"I-{n}", order=order(of_order), order_number=f"SO-{of_order}", company=company,
        currency=currency, total_minor=total, due_on=due, day=min(due, ON), issued_at=issued.issued_at + timedelta(hours=n),
    )  # fmt: skip


@pytest.mark.parametrize(("days", "age"), AGES)
def test_what_is_due_today_is_not_late(days: int, age: Age) -> None:
    assert age_of(days) is age


def test_a_company_owes_by_age_and_currency_and_what_is_on_no_invoice_stands_apart(issued: Document) -> None:
    documents = [
        of(issued, 1, "acme", 3_000, 95, 1), of(issued, 2, "acme", 1_000, 40, 1), of(issued, 3, "acme", 500, -3, 2),
        of(issued, 4, "acme", 900, 10, 3, "USD"), of(issued, 5, "", 700, 1, 4),
        replace(of(issued, 6, "", 5_000, -30, 5), day=ON + timedelta(days=1)),
    ]  # fmt: skip
    owed = [
        Receivable(order(1), "acme", "EUR", 3_500), Receivable(order(2), "acme", "EUR", 500),
        Receivable(order(3), "acme", "USD", 900), Receivable(order(4), "", "EUR", 700),
        Receivable(order(5), "", "EUR", -200), Receivable(None, "", "EUR", 50),
    ]  # fmt: skip
    lines = aged_invoices(owed, documents, ON, {"acme": "Acme SA"})
    assert [(each.number, each.age.value, each.open_minor) for each in lines] == [
        ("I-5", "to_30", 700), ("", "on_no_invoice", -150),
        ("I-1", "over_90", 2_500), ("I-2", "to_60", 1_000), ("I-3", "not_due", 500), ("I-4", "to_30", 900),
    ]  # fmt: skip
    others, euros, dollars = aged_balances(lines)
    assert (others.company, others.to_30_minor, others.on_no_invoice_minor, others.open_minor) == ("", 700, -150, 550)
    assert (euros.company_name, euros.over_90_minor, euros.to_60_minor, euros.not_due_minor) == (
        "Acme SA",
        2_500,
        1_000,
        500,
    )
    assert (euros.open_minor, euros.invoices, dollars.currency, dollars.open_minor) == (4_000, 3, "USD", 900)


def test_an_invoice_over_several_orders_is_open_with_what_is_of_each(issued: Document) -> None:
    shares = tuple(
        DocumentShare(order=order(n), order_number=f"SO-{n}", net_minor=total, tax_minor=0)
        for n, total in ((1, 1_000), (2, 2_000))
    )
    collected = replace(of(issued, 1, "acme", 3_000, 5, 1), shares=shares)
    [line] = aged_invoices([Receivable(order(2), "acme", "EUR", 1_500)], [collected], ON, {})
    assert (line.number, line.company, line.open_minor, line.total_minor) == ("I-1", "acme", 1_500, 3_000)


owed = st.lists(
    st.tuples(st.integers(1, 6), st.sampled_from(("EUR", "USD")), st.integers(-5_000, 20_000)), max_size=8,
    unique_by=lambda each: each[0],
)  # fmt: skip
invoices = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 9_000), st.integers(-40, 200)), max_size=10)


@given(drawn=owed, issued_of=invoices)
def test_whatever_is_open_the_ages_add_up_to_what_is_receivable(
    issued: Document, drawn: list[tuple[int, str, int]], issued_of: list[tuple[int, int, int]]
) -> None:
    companies = {1: "acme", 2: "acme", 3: "zenith", 4: "", 5: "", 6: ""}
    currencies = {n: currency for n, currency, _ in drawn}
    documents = [
        of(issued, n, companies[o], total, late, o, currencies.get(o, "EUR"))
        for n, (o, total, late) in enumerate(issued_of)
    ]
    found = [Receivable(order(n), companies[n], currency, amount) for n, currency, amount in drawn]
    rows = aged_balances(aged_invoices(found, documents, ON, {}))
    for row in rows:
        own = [each.amount_minor for each in found if (each.company, each.currency) == (row.company, row.currency)]
        assert row.open_minor == sum(own)
    for currency in ("EUR", "USD"):
        told = sum(row.open_minor for row in rows if row.currency == currency)
        assert told == sum(amount for _, each, amount in drawn if each == currency)
