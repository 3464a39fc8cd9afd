"""Invoices state what was supplied, to the minor unit, whatever was sent, canceled and invoiced when; numbers have no gap."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderline.core.documents.due import invoice_due
from orderline.core.documents.invoices import document_paper
from orderline.core.documents.issuing import IssueCreditNote, IssueInvoice
from orderline.core.documents.paper import Party
from orderline.core.documents.state import Document, DocumentMade, Series, next_number
from orderline.core.entities.commands import PutEntity
from orderline.core.entities.state import LegalEntity
from orderline.core.ledger.events import CreditGranted, MoneyPosted
from orderline.core.ledger.state import Account
from orderline.core.next_steps import JobKind, order_follow_ups
from orderline.core.orders.billed import DocumentKind
from orderline.core.orders.commands import (
    AcceptFulfillment,
    AllocateUnits,
    Allotment,
    CancelUnits,
    Command,
    LineInput,
    PackUnits,
    ParcelInput,
    PickUnits,
    ShipParcels,
)
from orderline.core.orders.credited import Credit, CreditCharge, CreditLine
from orderline.core.orders.priced import Charge, SoldAs, TaxLine
from orderline.core.orders.state import LineQuantity, Order
from orderline.core.stock.commands import PutChannel, PutSkus
from orderline.core.stock.state import Channel, Sku, SkuKind
from orderline.core.tenders.sums import net_agreed_minor
from orderline.core.world import Draft
from orderline.engine.verifying.documented import credit_faults
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import MemoryShop, order_of

VAT = 200_000


def ship(shop: MemoryShop, order: OrderId, line: int, quantity: int) -> None:
    """Send units of a line by a fulfillment order of their own."""
    items = (LineQuantity(line, quantity),)
    shop.do(AllocateUnits(order=order, group=1, allotments=(Allotment(line, "eu", "lyon", quantity),)))
    number = len(shop.order(order).fulfillments)
    commands: tuple[Command, ...] = (
        AcceptFulfillment(order=order, fulfillment=number),
        PickUnits(order=order, fulfillment=number, lines=items),
        PackUnits(
            order=order, fulfillment=number, parcels=(ParcelInput(items=items, carrier="post", tracking_number="1Z"),)
        ),
        ShipParcels(order=order, fulfillment=number),
    )
    for command in commands:
        shop.do(command)


def invoice(shop: MemoryShop, order: OrderId, entity: str = "main") -> Document:
    draft = shop.do(IssueInvoice(order=order, entity=entity))
    return next(event.document for _, _, event in draft.record_events if isinstance(event, DocumentMade))


def credit(shop: MemoryShop, order: OrderId, granted: Credit) -> None:
    """Tell a credit, as a rule of another capability does."""
    draft = Draft(shop.world, shop.now)
    draft.tell(order, CreditGranted(granted, shop.now))
    shop.events[order].extend(event for _, event in draft.events)


def posted(shop: MemoryShop, order: OrderId, cause: str) -> list[dict[str, int]]:
    return [
        {f"{each.account} {each.sub}".strip(): each.amount_minor for each in event.posted.entries}
        for event in shop.events[order]
        if isinstance(event, MoneyPosted) and event.posted.cause == cause
    ]


def taxed(sku: str, quantity: int, price: int, discount: int = 0, ppm: int = VAT) -> LineInput:
    """A line whose price has the tax in it."""
    total = quantity * price - discount
    tax = TaxLine("VAT", total * ppm // (1_000_000 + ppm), ppm)
    return LineInput(sku=sku, quantity=quantity, unit_price_minor=price, discount_minor=discount, taxes=(tax,))


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop([("TEE-M", "lyon", 100), ("MUG", "lyon", 100)])


def test_an_invoice_states_what_was_sent_with_its_tax_and_meets_what_was_paid(shop: MemoryShop) -> None:
    shipping = Charge("shipping", 600, "Parcel", (TaxLine("VAT", 100, VAT),))
    order = shop.place(
        order_of(
            "A-1", taxed("TEE-M", 2, 2400, discount=600), taxed("MUG", 1, 1200), charges=(shipping,), paid="captured"
        )
    )
    with pytest.raises(Refused) as refused:
        invoice(shop, order)
    assert refused.value.code == "NOTHING_TO_INVOICE"
    ship(shop, order, 1, 2)
    first = invoice(shop, order)
    assert (first.number, first.total_minor, first.net_minor, first.tax_minor) == ("INV-2026-000001", 4666, 3889, 777)
    assert first.prepaid_minor == 4666
    assert [(each.sku or each.kind, each.net_minor, each.discount_minor) for each in first.lines] == [
        ("TEE-M", 3500, 500),
        ("shipping", 389, 0),  # 466 of 600 with tax, by the value of what was sent
    ]
    assert posted(shop, order, "invoiced") == [
        {
            "receivable": 4666, "discounts": 500, "revenue_goods": -4000, "revenue_shipping": -389,
            "tax_payable VAT": -777,
        }
    ]  # fmt: skip
    assert posted(shop, order, "deposit_applied") == [{"deposits": 4666, "receivable": -4666}]
    ship(shop, order, 2, 1)
    second = invoice(shop, order)
    assert (second.number, second.total_minor) == ("INV-2026-000002", 1334)
    assert first.total_minor + second.total_minor == shop.order(order).agreement.total_minor == 6000
    books = shop.order(order).books
    assert books is not None
    assert books.balances == ()
    assert_sound(shop)


def test_what_is_given_service_or_fee_has_accounts_of_its_own(shop: MemoryShop) -> None:
    skus = (
        Sku("TREE", "A tree", kind=SkuKind.SERVICE, sold_as=SoldAs.DONATION),
        Sku("SETUP", "Set up", kind=SkuKind.SERVICE, sold_as=SoldAs.FEE),
        Sku("CARD", "Gift card", kind=SkuKind.DIGITAL, sold_as=SoldAs.GIFT_CARD),
    )
    shop.do(PutSkus(skus=skus))
    lines = (("TREE", 1, 100), ("SETUP", 1, 200), ("CARD", 1, 300), ("EBOOK", 1, 400), ("WRAP", 1, 500))
    charges = (Charge("donation", 50), Charge("payment_fee", 60), Charge("coupon", -40))
    order = shop.place(order_of("A-1", *lines, charges=charges, paid="captured"))
    assert invoice(shop, order).total_minor == 1570
    assert posted(shop, order, "invoiced") == [
        {
            "receivable": 1570, "discounts coupon": 40, "donations donation": -100, "revenue_other fee": -200,
            "gift_cards gift_card": -300, "revenue_goods": -400, "revenue_other service": -500, "donations": -50,
            "revenue_other payment_fee": -60,
        }
    ]  # fmt: skip


STEPS = st.lists(st.tuples(st.sampled_from(["ship", "cancel", "invoice"]), st.integers(1, 2), st.integers(1, 3)))


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(
    STEPS,
    st.tuples(st.integers(1, 7), st.integers(0, 999), st.integers(0, 300)),
    st.tuples(st.integers(1, 7), st.integers(0, 999), st.integers(0, 300)),
    st.lists(st.tuples(st.sampled_from(["shipping", "wrap", "coupon"]), st.integers(1, 400)), max_size=3),
    st.booleans(),
)
def test_invoices_add_up_to_what_was_agreed_and_not_canceled(
    steps: list[tuple[str, int, int]],
    one: tuple[int, int, int],
    other: tuple[int, int, int],
    charges: list[tuple[str, int]],
    paid: bool,
) -> None:
    shop = MemoryShop([("TEE-M", "lyon", 100), ("MUG", "lyon", 100)])
    lines = [
        taxed(sku, quantity, price, min(discount, quantity * price))
        for sku, (quantity, price, discount) in zip(("TEE-M", "MUG"), (one, other), strict=True)
    ]
    total = sum(line.quantity * line.unit_price_minor - line.discount_minor for line in lines)
    given_charges = [
        Charge(
            kind, -min(amount, total // 4) if kind == "coupon" else amount, taxes=(TaxLine("VAT", amount // 6, VAT),)
        )
        if kind != "coupon"
        else Charge(kind, -min(amount, total // 4))
        for kind, amount in charges
    ]
    command = order_of("A-1", *lines, charges=tuple(given_charges), paid="captured" if paid else "authorized")
    order = shop.place(command)

    def issue() -> None:
        if invoice_due(shop.order(order)):
            invoice(shop, order)

    def left(line: int) -> int:
        units = shop.order(order).lines[line - 1].units
        return units.unplanned + units.pooled

    for what, line, quantity in steps:
        units = min(quantity, left(line))
        if what == "invoice":
            issue()
        elif units and what == "ship":
            ship(shop, order, line, units)
        elif units:
            shop.do(CancelUnits(order=order, reason="x", lines=(LineQuantity(line, units),)))
        assert_billed(shop.order(order))
    for line in (1, 2):
        if left(line):
            ship(shop, order, line, left(line))
    issue()
    now = shop.order(order)
    gone = any(line.units.gone for line in now.lines)
    signs = {DocumentKind.INVOICE: 1, DocumentKind.CREDIT_NOTE: -1}
    assert sum(signs[each.kind] * each.total_minor for each in now.documents) == (net_agreed_minor(now) if gone else 0)
    assert all(each.total_minor >= 0 for each in now.documents)
    assert now.books is None or now.books.of(Account.DEPOSITS) * now.books.of(Account.RECEIVABLE) >= 0
    for each in now.billed:
        if each.line and now.lines[each.line - 1].units.canceled == 0:
            agreed = now.agreement.lines[each.line - 1]
            assert (each.quantity, each.taxes) == (agreed.quantity, agreed.taxes)
    series = shop.world.records.get(("series", "main:invoice"))
    assert (series.last if isinstance(series, Series) else {}) == (
        {"INV-2026-": len(invoices)} if (invoices := [d for d in now.documents if d.kind == "invoice"]) else {}
    )
    assert_sound(shop)


def assert_billed(order: Order) -> None:
    """Nothing is billed beyond what was supplied."""
    for each in order.billed:
        assert each.quantity <= (order.lines[each.line - 1].units.gone if each.line else 0)


def test_a_credit_note_says_what_was_taken_back_and_of_which_invoice(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", taxed("TEE-M", 2, 2400), paid="captured"))
    ship(shop, order, 1, 2)
    granted = Credit(
        number=1, reason="return", total_minor=2280, lines=(CreditLine(1, 1, 2000, (TaxLine("VAT", 400, VAT),)),),
        fees=(CreditCharge("restocking", 100, (TaxLine("VAT", 20, VAT),)),),
    )  # fmt: skip
    with pytest.raises(Refused) as refused:
        shop.do(IssueCreditNote(order=order, entity="main", credit=1))
    assert refused.value.code == "NOTHING_TO_CREDIT"
    number = invoice(shop, order).number
    credit(shop, order, granted)
    draft = shop.do(IssueCreditNote(order=order, entity="main", credit=1))
    [note] = [each for each in shop.world.records.values() if isinstance(each, Document) and each.kind == "credit_note"]
    assert (note.number, note.total_minor, note.refers_to, note.reason) == ("CN-2026-000001", 2280, (number,), "return")
    assert [(each.name, each.rate_ppm, each.net_minor, each.tax_minor) for each in note.taxes] == [
        ("VAT", VAT, 1900, 380)
    ]
    assert shop.order(order).credits[0].document == note.number
    assert not [event for _, event in draft.events if isinstance(event, MoneyPosted)]
    with pytest.raises(Refused):
        shop.do(IssueCreditNote(order=order, entity="main", credit=1))
    paper = document_paper(note, Party("To", ("Ann Lee",)))
    assert ("To invoice", number) in paper.about
    assert_sound(shop)


def test_a_discount_on_the_order_takes_off_no_more_than_there_is(shop: MemoryShop) -> None:
    order = shop.place(
        order_of("A-1", ("TEE-M", 4, 1), ("MUG", 1, 0), charges=(Charge("coupon", -1),), paid="captured")
    )
    shop.do(CancelUnits(order=order, reason="x", lines=(LineQuantity(1, 4),)))
    ship(shop, order, 2, 1)
    assert invoice_due(shop.order(order)) == ()
    assert_sound(shop)


def test_a_credit_of_what_is_not_paid_lessens_what_is_owed(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2000), paid=None))
    ship(shop, order, 1, 2)
    invoice(shop, order)
    credit(shop, order, Credit(number=1, reason="x", total_minor=500, lines=(CreditLine(1, 0, 500),)))
    books = shop.order(order).books
    assert books is not None
    assert {str(each.account): each.amount_minor for each in books.balances} == {"receivable": 3500}


def test_nothing_is_credited_beyond_what_was_invoiced(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2000), paid="captured"))
    credit(shop, order, Credit(number=1, reason="x", total_minor=4000, lines=(CreditLine(1, 2, 4000),)))
    assert credit_faults(shop.order(order)) == []
    credit(shop, order, Credit(number=2, reason="x", total_minor=1, lines=(CreditLine(1, 0, 1),)))
    assert len(credit_faults(shop.order(order))) == 1
    credit(shop, order, Credit(number=3, reason="x", total_minor=7))
    assert len(credit_faults(shop.order(order))) == 2


def test_series_are_of_an_entity_and_begin_anew_each_year(shop: MemoryShop) -> None:
    pattern = "R{year}-{number}"
    assert next_number(None, pattern, date(2026, 12, 31)) == ("R2026-", 1, "R2026-000001")
    known = Series(id="x", last={"R2026-": 999_999})
    assert next_number(known, pattern, date(2026, 12, 31))[2] == "R2026-1000000"
    assert next_number(known, pattern, date(2027, 1, 1))[2] == "R2027-000001"
    assert next_number(known, "R{number}", date(2027, 1, 1)) == ("R", 1, "R000001")
    shop.do(PutEntity(entity=LegalEntity(code="fr", time_zone="Asia/Tokyo", invoice_numbers=pattern, due_days=14)))
    shop.do(PutChannel(channel=Channel("web", "Web", ("eu",), entity="fr")))
    order = shop.place(order_of("A-1", ("EBOOK", 1, 900), paid="captured"))
    tried = shop.place(order_of("A-2", ("EBOOK", 1, 900), paid="captured", is_test=True))
    with pytest.raises(Refused) as refused:
        invoice(shop, order)
    assert refused.value.code == "DOCUMENT_ENTITY"
    shop.now = shop.now.replace(month=12, day=31, hour=20)  # it is the new year in Tokyo
    made = invoice(shop, order, "fr")
    assert (made.number, made.day, made.due_on - made.day) == ("R2027-000001", date(2027, 1, 1), timedelta(days=14))
    assert invoice(shop, tried, "fr:test").id == "fr:test:R2027-000001"


def test_what_goes_out_is_invoiced_by_a_job_unless_the_channel_does_it_itself(shop: MemoryShop) -> None:
    def jobs(name: str) -> list[str]:
        draft = shop.do(order_of(name, ("EBOOK", 1, 900), paid="captured"))
        order = shop.order(draft.events[0][0])
        told = order_follow_ups(shop.world.settings, order, [event for _, event in draft.events], shop.now)
        return [job.body.template for job in told if job.kind is JobKind.DOCUMENT]

    assert jobs("A-1") == ["invoice"]
    shop.do(PutChannel(channel=Channel("web", "Web", ("eu",), invoices=False)))
    assert jobs("A-2") == []
    with pytest.raises(Refused):
        invoice(shop, next(reversed(shop.events)))
