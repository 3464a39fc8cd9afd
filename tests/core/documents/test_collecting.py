"""One invoice over several orders of a company: shares that add up, whatever was sent, canceled and invoiced before."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.test_invoices import credit, ship, taxed
from orderline.core.companies.commands import PutCompany, PutCompanyLocation
from orderline.core.companies.state import CompanyTerms
from orderline.core.companies.statements import open_invoices
from orderline.core.documents.collecting import IssueCollectiveInvoice, commands_for
from orderline.core.documents.einvoice import told_share
from orderline.core.documents.invoices import document_paper
from orderline.core.documents.issuing import IssueCreditNote, IssueInvoice
from orderline.core.documents.paper import Party, Table
from orderline.core.documents.periods import first_day_after, is_billable
from orderline.core.documents.state import Document, DocumentMade
from orderline.core.entities.commands import PutEntity
from orderline.core.entities.state import LegalEntity
from orderline.core.ledger.state import Account
from orderline.core.next_steps import JobKind, order_follow_ups
from orderline.core.orders import commands as c
from orderline.core.orders.buying import CompanyInput, Invoicing
from orderline.core.orders.credited import Credit, CreditLine
from orderline.core.orders.events import UnitsMoved
from orderline.core.orders.priced import Charge
from orderline.core.orders.state import LineQuantity
from orderline.engine.verifying.collected import faults_of
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import HOME, MemoryShop, order_of

TERMS = CompanyTerms(currency="EUR", net_days=30, invoices=Invoicing.MONTH)


def company_shop(terms: CompanyTerms = TERMS) -> MemoryShop:
    shop = MemoryShop([("TEE-M", "lyon", 200), ("MUG", "lyon", 200)])
    shop.do(PutCompany(company="acme", name="Acme", vat_id="FR123", terms=terms))
    shop.do(PutCompanyLocation(company="acme", location="dock", address=HOME))
    return shop


def bought(shop: MemoryShop, name: str, *lines: c.LineInput, charges: tuple[Charge, ...] = ()) -> OrderId:
    made = order_of(name, *lines, charges=charges, groups=(), paid="authorized")
    tender = c.TenderInput(provider="terms", method="terms", amount_minor=made.total_minor)
    company = CompanyInput(company="acme", location="dock", po_number=f"PO-{name}")
    given = {name: getattr(made, name) for name in made.__struct_fields__ if name not in ("tenders", "company")}
    return shop.place(c.PlaceOrder(**given, tenders=(tender,), company=company))


def collected(shop: MemoryShop, *orders: OrderId) -> Document:
    command = IssueCollectiveInvoice(company="acme", entity="main", currency="EUR", channel="web", collected=orders)
    [made] = [event.document for _, _, event in shop.do(command).record_events if isinstance(event, DocumentMade)]
    return made


def test_all_orders_of_a_month_stand_on_one_invoice_with_their_shares() -> None:
    shop = company_shop()
    orders = [bought(shop, name, taxed("TEE-M", 2, 2400), taxed("MUG", 1, 1201)) for name in ("A-1", "A-2", "A-3")]
    ship(shop, orders[0], 1, 2)
    ship(shop, orders[1], 2, 1)
    assert [is_billable(shop.order(each)) for each in orders] == [True, True, False]
    made = collected(shop, *orders)
    assert (made.number, made.total_minor, made.bill_to.vat_id if made.bill_to else "") == (
        "INV-2026-000001",
        6001,
        "FR123",
    )
    assert [(each.po_number, each.total_minor) for each in made.shares] == [("PO-A-1", 4800), ("PO-A-2", 1201)]
    assert {line.order_number for line in made.lines} == {shop.order(each).number for each in orders[:2]}
    assert faults_of(made) == []
    for order, total in zip(orders, (4800, 1201, 0), strict=True):
        books = shop.order(order).books
        assert (books.of(Account.RECEIVABLE) if books is not None else 0) == total
    [ref] = shop.order(orders[0]).documents
    assert (ref.number, ref.total_minor, ref.collective) == (made.number, 4800, True)
    with pytest.raises(Refused) as refused:
        collected(shop, *orders)
    assert refused.value.code == "NOTHING_TO_INVOICE"
    paper = document_paper(made, Party("To", ("Acme",)))
    assert any(isinstance(block, Table) and block.title == "Orders" for block in paper.blocks)
    assert told_share(made, made.shares[0]).endswith("net 40.00 EUR, tax 8.00 EUR, total 48.00 EUR")
    ship(shop, orders[2], 1, 1)
    assert collected(shop, *orders).number == "INV-2026-000002"
    assert_sound(shop)


def test_a_credit_note_names_the_invoice_that_its_order_has_a_share_of() -> None:
    shop = company_shop()
    orders = [bought(shop, name, taxed("TEE-M", 2, 2400)) for name in ("A-1", "A-2")]
    for order in orders:
        ship(shop, order, 1, 2)
    made = collected(shop, *orders)
    given = CreditLine(1, 0, 2000)
    credit(shop, orders[1], Credit(number=1, reason="goodwill", total_minor=2000, lines=(given,)))
    shop.do(IssueCreditNote(order=orders[1], entity="main", credit=1))
    [note] = [each for each in shop.records("document") if each.kind == "credit_note"]
    assert (note.number, note.refers_to, note.shares) == ("CN-2026-000001", (made.number,), ())


def test_what_is_open_of_shares_is_told_by_invoice() -> None:
    shop = company_shop()
    orders = [bought(shop, name, taxed("TEE-M", 1, 2400)) for name in ("A-1", "A-2")]
    for order in orders:
        ship(shop, order, 1, 1)
    made = collected(shop, *orders)
    [open_] = open_invoices({orders[0]: 2400, orders[1]: 1000}, [made], date(2030, 1, 1))
    assert (open_.number, open_.total_minor, open_.open_minor) == (made.number, 4800, 3400)
    assert open_.days_late > 0


def test_only_what_is_bought_on_terms_waits_for_the_end_of_the_month_where_the_company_is_sold_to() -> None:
    shop = company_shop()
    shop.do(PutEntity(entity=LegalEntity(code="main", name="Shop", country="FR", time_zone="Europe/Paris")))
    order = bought(shop, "A-1", taxed("TEE-M", 1, 2400))
    paid = shop.place(order_of("A-2", taxed("TEE-M", 1, 2400), company=CompanyInput(company="acme", location="dock")))
    for each, kind in ((order, JobKind.COLLECT_INVOICES), (paid, JobKind.DOCUMENT)):
        ship(shop, each, 1, 1)
        now = datetime(2026, 11, 30, 22, 59, tzinfo=UTC)
        moved = [event for event in shop.events[each] if isinstance(event, UnitsMoved)]
        jobs = order_follow_ups(shop.world.settings, shop.order(each), moved[-1:], now)
        [job] = [job for job in jobs if job.kind in (JobKind.COLLECT_INVOICES, JobKind.DOCUMENT)]
        assert job.kind is kind
        if kind is JobKind.COLLECT_INVOICES:
            assert (job.due_at, job.body.key) == (datetime(2026, 11, 30, 23, tzinfo=UTC), "acme")


@pytest.mark.parametrize(
    ("period", "day", "after"),
    [
        (Invoicing.DAY, date(2026, 12, 31), date(2027, 1, 1)),
        (Invoicing.WEEK, date(2026, 11, 23), date(2026, 11, 30)),
        (Invoicing.WEEK, date(2026, 11, 29), date(2026, 11, 30)),
        (Invoicing.MONTH, date(2026, 1, 31), date(2026, 2, 1)),
        (Invoicing.MONTH, date(2026, 12, 1), date(2027, 1, 1)),
    ],
)
def test_a_period_ends_before_the_first_day_after_it(period: Invoicing, day: date, after: date) -> None:
    assert first_day_after(period, day) == after


def test_invoices_are_collected_only_for_who_may_pay_later() -> None:
    with pytest.raises(Refused) as refused:
        company_shop(CompanyTerms(currency="EUR", invoices=Invoicing.DAY))
    assert refused.value.code == "COMPANY_NOT_ACCEPTABLE"


steps = st.lists(
    st.tuples(st.sampled_from(["ship", "cancel", "alone", "together"]), st.integers(0, 3), st.integers(1, 2)),
    max_size=25,
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(steps, st.integers(-900, 900))
def test_invoices_of_all_kinds_add_up_to_what_was_supplied(steps: list[tuple[str, int, int]], charge: int) -> None:
    shop = company_shop()
    charges = (Charge("shipping" if charge >= 0 else "coupon", charge),)
    orders = [
        bought(shop, f"A-{n}", taxed("TEE-M", 3, 999), taxed("MUG", 2, 1301, discount=7), charges=charges)
        for n in range(4)
    ]
    for what, number, line in steps:
        order = orders[number]
        try:
            match what:
                case "ship":
                    ship(shop, order, line, 1)
                case "cancel":
                    shop.do(c.CancelUnits(order=order, reason="x", lines=(LineQuantity(line, 1),)))
                case "alone":
                    shop.do(IssueInvoice(order=order, entity="main"))
                case _:
                    collected(shop, *orders)
        except Refused:
            continue
        assert_sound(shop)
    for command in commands_for(
        shop.world.settings, [shop.order(each) for each in orders if is_billable(shop.order(each))]
    ):
        shop.do(command)
    assert not any(is_billable(shop.order(each)) for each in orders)
    numbers = [each.number for each in shop.records("document") if each.kind == "invoice"]
    assert numbers == [f"INV-2026-{n:06d}" for n in range(1, len(numbers) + 1)]
    for each in shop.records("document"):
        assert not each.shares or faults_of(each) == []
    for order in map(shop.order, orders):
        signs = {"invoice": 1, "credit_note": -1}
        stated = sum(signs[each.kind] * each.total_minor for each in order.documents)
        assert stated == sum(each.total_minor for each in order.billed)
