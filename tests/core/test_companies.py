"""Companies: what they may buy, at what prices, how much they may owe, and whose yes they need."""

from datetime import date, timedelta
from typing import Any, Literal

import pytest
from msgspec.structs import replace

from orderline.core.approvals.decide import ApproveStep, DelegateStep, ExpireApproval, RejectApproval
from orderline.core.approvals.state import Approval, ApprovalState
from orderline.core.companies.commands import (
    PutBuyer,
    PutCompany,
    PutCompanyLocation,
    RemoveBuyer,
    ReviewCredit,
)
from orderline.core.companies.exposure import exposure_of, open_minor
from orderline.core.companies.state import ApprovalRule, CompanyState, CompanyTerms
from orderline.core.companies.statements import open_invoices
from orderline.core.documents.issuing import IssueInvoice
from orderline.core.ledger.state import Account
from orderline.core.orders import commands as c
from orderline.core.orders.buying import CompanyInput
from orderline.core.orders.buying_events import PricesDiffered
from orderline.core.orders.state import LineQuantity, Order
from orderline.core.people.erasing import people_of
from orderline.core.price_lists.decide import PutPriceList, SetPrices, SkuPrices
from orderline.core.price_lists.state import Break
from orderline.core.tenders.by_hand import ReceivePayment
from orderline.core.tenders.sums import is_releasable
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.shop import HOME, NOON, MemoryShop, order_of

TERMS = CompanyTerms(currency="EUR", net_days=30, credit_limit_minor=10_000)
ON_TERMS = c.TenderInput(provider="terms", method="terms", amount_minor=0)


def company_shop(terms: CompanyTerms = TERMS) -> MemoryShop:
    shop = MemoryShop([("TEE-M", "lyon", 100), ("MUG", "lyon", 100)])
    shop.do(PutCompany(company="acme", name="Acme", terms=terms))
    shop.do(PutCompanyLocation(company="acme", location="dock", address=HOME))
    shop.do(PutBuyer(company="acme", buyer="bob", email="bob@example.com", limit_minor=50_000))
    shop.do(PutBuyer(company="acme", buyer="ann", email="ann@example.com", roles=("approver", "boss")))
    shop.do(PutBuyer(company="acme", buyer="eve", email="eve@example.com", roles=("approver", "boss")))
    return shop


def bought(name: str, *lines: Any, terms: bool = True, **about: Any) -> c.PlaceOrder:
    made = order_of(name, *lines, groups=(), paid="authorized")
    tender = c.TenderInput(provider="terms", method="terms", amount_minor=made.total_minor)
    company = CompanyInput(**{"company": "acme", "location": "dock", "buyer": "bob", **about})
    given: dict[str, Any] = {"company": company, **({"tenders": (tender,)} if terms else {})}
    return c.PlaceOrder(**{name: getattr(made, name) for name in made.__struct_fields__ if name not in given}, **given)


def refused(shop: MemoryShop, command: c.Command) -> str:
    with pytest.raises(Refused) as caught:
        shop.do(command)
    return str(caught.value.code)


def shipped(shop: MemoryShop, order: OrderId, units: int) -> None:
    items = (LineQuantity(1, units),)
    for command in (
        c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", units),)),
        c.AcceptFulfillment(order=order, fulfillment=1),
        c.PickUnits(order=order, fulfillment=1, lines=items),
        c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=items),)),
        c.ShipParcels(order=order, fulfillment=1, carrier="post"),
    ):
        shop.do(command)


def holds(order: Order) -> list[str]:
    return [hold.type for hold in order.holds]


def test_an_order_of_a_company_goes_to_its_location_and_keeps_its_number() -> None:
    shop = company_shop()
    order = shop.order(shop.place(bought("B-1", ("TEE-M", 1, 2000), po_number="PO-7")))
    company = shop.records("company")[0]
    assert order.company is not None
    assert (order.company.po_number, order.company.net_days) == ("PO-7", 30)
    [group] = order.agreement.groups
    assert group.recipient == company.location_of("dock").recipient == order.company.recipient
    assert group.place.city == "Lyon"
    assert people_of(order) == (order.person,), "the address is the company's, and is not erased with an order"
    assert refused(shop, bought("B-2", ("TEE-M", 1, 2000), po_number="PO-7")) == "PO_NUMBER_TAKEN"
    shop.do(c.CancelUnits(order=order.id, reason="wrong"))
    shop.place(bought("B-3", ("TEE-M", 1, 2000), po_number="PO-7"))


@pytest.mark.parametrize(
    ("terms", "about", "code"),
    [
        (CompanyTerms(currency="EUR", net_days=30, requires_po_number=True), {}, "PO_NUMBER_MISSING"),
        (CompanyTerms(currency="EUR", net_days=30, catalog=("MUG*",)), {}, "SKU_NOT_APPROVED"),
        (CompanyTerms(currency="EUR", net_days=30, minimum_minor=2001), {}, "MINIMUM_NOT_REACHED"),
        (CompanyTerms(), {}, "TERMS_NOT_AGREED"),
        (CompanyTerms(currency="USD", net_days=30), {}, "TERMS_NOT_AGREED"),
        (TERMS, {"company": "nobody"}, "COMPANY_UNKNOWN"),
        (TERMS, {"location": "moon"}, "COMPANY_LOCATION_UNKNOWN"),
        (TERMS, {"buyer": "mallory"}, "BUYER_UNKNOWN"),
    ],
)
def test_what_was_not_agreed_is_refused(terms: CompanyTerms, about: dict[str, Any], code: str) -> None:
    assert refused(company_shop(terms), bought("B-1", ("TEE-M", 1, 2000), **about)) == code


def test_only_companies_are_trusted_on_terms_and_blocked_ones_do_not_buy() -> None:
    shop = company_shop()
    plain = order_of("B-1", ("TEE-M", 1, 2000), paid=None)
    tender = c.TenderInput(provider="terms", amount_minor=2000)
    given = {name: getattr(plain, name) for name in plain.__struct_fields__ if name != "tenders"}
    prepaid = shop.place(c.PlaceOrder(**given, tenders=(tender,)))
    assert not is_releasable(shop.order(prepaid)), "without a company, money comes first"
    shop.do(PutCompany(company="acme", name="Acme", terms=TERMS, state=CompanyState.BLOCKED))
    assert refused(shop, bought("B-2", ("TEE-M", 1, 2000))) == "COMPANY_NOT_ACTIVE"


def test_an_order_beyond_the_limit_is_held_until_money_comes() -> None:
    shop = company_shop()
    first = shop.place(bought("B-1", ("TEE-M", 4, 2000)))
    second = shop.place(bought("B-2", ("TEE-M", 2, 2000)))
    third = shop.place(bought("B-3", ("TEE-M", 1, 2000)))
    assert [holds(shop.order(each)) for each in (first, second, third)] == [[], ["credit"], []]
    shop.do(ReviewCredit(company="acme", held=(second,)))
    assert holds(shop.order(second)) == ["credit"], "8000 and 2000 are owed: 4000 more do not fit"
    with pytest.raises(Refused):
        shop.do(c.AllocateUnits(order=second, group=1, allotments=(c.Allotment(1, "eu", "lyon", 2),)))
    shipped(shop, first, 4)
    assert exposure_of(shop.order(first)).shipped_minor == 8000
    shop.do(IssueInvoice(order=first, entity="main"))
    owed = exposure_of(shop.order(first))
    assert (owed.receivable_minor, owed.shipped_minor, owed.total_minor) == (8000, 0, 8000)
    invoice = shop.records("document")[0]
    assert invoice.due_on - invoice.day == timedelta(days=30)
    shop.do(ReceivePayment(order=first, amount_minor=3000, currency="EUR", reference="bank-1"))
    books = shop.order(first).books
    assert books is not None
    assert (books.of(Account.RECEIVABLE), books.of(Account.DEPOSITS)) == (5000, 0)
    shop.do(ReviewCredit(company="acme", held=(second,)))
    assert holds(shop.order(second)) == ["credit"], "5000 and 2000 are owed: 4000 more make 11000"
    shop.do(ReceivePayment(order=first, amount_minor=1000, currency="EUR", reference="bank-2"))
    shop.do(ReviewCredit(company="acme", held=(second,)))
    assert holds(shop.order(second)) == []
    assert open_minor("acme", 0, shop.world.orders.values()) == 4000 + 4000 + 2000


def test_a_canceled_order_owes_nothing() -> None:
    shop = company_shop()
    first = shop.place(bought("B-1", ("TEE-M", 4, 2000)))
    shop.do(c.CancelUnits(order=first, reason="x", lines=(LineQuantity(1, 1),)))
    assert exposure_of(shop.order(first)).total_minor == 6000
    shop.do(c.CancelUnits(order=first, reason="x"))
    assert exposure_of(shop.order(first)).total_minor == 0


def priced(on_difference: Literal["hold", "refuse"] = "hold") -> MemoryShop:
    shop = company_shop(CompanyTerms(currency="EUR", net_days=30, price_list="acme-2026", on_difference=on_difference))
    shop.do(PutPriceList(price_list="acme-2026", currency="EUR", taxes_included=True))
    breaks = (Break(1, 2000), Break(10, 1800))
    shop.do(SetPrices(price_list="acme-2026", valid_from=date(2026, 1, 1), prices=(SkuPrices("TEE-M", breaks),)))
    later = (SkuPrices("TEE-M", (Break(1, 2100),)),)
    shop.do(SetPrices(price_list="acme-2026", valid_from=NOON.date() + timedelta(days=1), prices=later))
    return shop


def test_prices_are_those_of_the_list_on_the_day_by_the_units_bought() -> None:
    shop = priced()
    assert holds(shop.order(shop.place(bought("B-1", ("TEE-M", 9, 2000))))) == []
    assert holds(shop.order(shop.place(bought("B-2", ("TEE-M", 6, 1800), ("TEE-M", 4, 1800))))) == []
    discounted = c.LineInput(sku="TEE-M", quantity=10, unit_price_minor=2000, discount_minor=2000)
    assert holds(shop.order(shop.place(bought("B-3", discounted)))) == []
    shop.now += timedelta(days=1)
    assert holds(shop.order(shop.place(bought("B-4", ("TEE-M", 1, 2100))))) == []
    cheap = shop.place(bought("B-5", ("TEE-M", 2, 2000), ("MUG", 1, 500)))
    order = shop.order(cheap)
    assert holds(order) == ["price"]
    assert order.agreement.total_minor == 4500, "what was sent stands"
    [told] = [event for event in shop.events[cheap] if isinstance(event, PricesDiffered)]
    assert [(d.line, d.sent_minor, d.expected_minor) for d in told.differences] == [(1, 4000, 4200), (2, 500, None)]


def test_prices_that_differ_are_refused_where_the_terms_say_so() -> None:
    assert refused(priced("refuse"), bought("B-1", ("TEE-M", 10, 2000))) == "PRICE_NOT_AGREED"


def test_prices_that_have_held_are_not_changed() -> None:
    shop = priced()
    cheaper = (SkuPrices("TEE-M", (Break(1, 1),)),)
    for day in (date(2026, 1, 1), date(2026, 6, 1)):
        assert refused(shop, SetPrices(price_list="acme-2026", valid_from=day, prices=cheaper)) == "PRICES_IN_FORCE"
    tomorrow = NOON.date() + timedelta(days=1)
    with pytest.raises(Refused) as caught:
        shop.do(SetPrices(price_list="acme-2026", valid_from=date(2026, 1, 1), prices=cheaper))
    allowed = str(caught.value.facts["allowed"])
    assert allowed in (f"{NOON.date()} or later", f"{tomorrow} or later")
    shop.do(
        SetPrices(price_list="acme-2026", valid_from=date.fromisoformat(allowed.split(maxsplit=1)[0]), prices=cheaper)
    )
    with pytest.raises(Refused, match=f"{tomorrow} or later"):
        shop.do(SetPrices(price_list="acme-2026", valid_from=NOON.date(), prices=(SkuPrices("TEE-M", (Break(1, 2),)),)))
    shop.do(SetPrices(price_list="acme-2026", valid_from=tomorrow, prices=cheaper))
    assert shop.records("price")[0].on(NOON.date() + timedelta(days=1), 1) == 1


APPROVED = CompanyTerms(
    currency="EUR", net_days=30, approvals=(ApprovalRule(name="large", steps=("boss", "approver"), above_minor=5000),)
)


def asked(shop: MemoryShop, quantity: int = 3) -> tuple[OrderId, dict[str, Any]]:
    order = shop.place(bought("B-1", ("TEE-M", quantity, 2000)))
    return order, {"approval": shop.order(order).number, "order": order, "company": "acme"}


def approval(shop: MemoryShop) -> Approval:
    return shop.records("approval")[0]


def test_an_order_waits_for_each_step_of_another_person() -> None:
    shop = company_shop(APPROVED)
    order, about = asked(shop)
    assert holds(shop.order(order)) == ["approval"]
    assert refused(shop, ApproveStep(approver="bob", **about)) == "APPROVER_NOT_ALLOWED", "who ordered does not approve"
    assert refused(shop, ApproveStep(**about)) == "APPROVER_NOT_ALLOWED", "it is not the merchant's step"
    shop.do(ApproveStep(approver="ann", **about))
    assert refused(shop, ApproveStep(approver="ann", **about)) == "APPROVER_NOT_ALLOWED", "nobody says yes twice"
    assert holds(shop.order(order)) == ["approval"]
    shop.do(ApproveStep(approver="eve", **about))
    assert (holds(shop.order(order)), approval(shop).state) == ([], ApprovalState.APPROVED)
    assert refused(shop, ApproveStep(approver="eve", **about)) == "APPROVAL_STATE"


def test_a_step_may_be_handed_over_and_a_no_cancels_the_order() -> None:
    shop = company_shop(APPROVED)
    shop.do(PutBuyer(company="acme", buyer="zoe", email="zoe@example.com"))
    order, about = asked(shop)
    assert refused(shop, DelegateStep(approver="ann", to="bob", **about)) == "APPROVER_NOT_ALLOWED"
    shop.do(DelegateStep(approver="ann", to="zoe", **about))
    assert refused(shop, ApproveStep(approver="ann", **about)) == "APPROVER_NOT_ALLOWED"
    shop.do(RejectApproval(approver="zoe", reason="too much", **about))
    assert approval(shop).state is ApprovalState.REJECTED
    assert shop.order(order).lines[0].units.canceled == 3


def test_without_an_answer_the_order_is_canceled() -> None:
    shop = company_shop(APPROVED)
    order, about = asked(shop)
    assert refused(shop, ExpireApproval(**about)) == "APPROVAL_NOT_DUE"
    shop.now += timedelta(hours=72)
    shop.do(ExpireApproval(**about))
    assert approval(shop).state is ApprovalState.EXPIRED
    assert shop.order(order).lines[0].units.canceled == 3


def test_an_order_whose_approval_was_lifted_by_hand_goes_on_when_nobody_answers() -> None:
    shop = company_shop(APPROVED)
    order, about = asked(shop)
    shop.do(c.PlaceHold(order=order, hold=c.HoldInput(type="fraud")))
    [approving, fraud] = shop.order(order).holds
    shop.do(c.ReleaseHold(order=order, hold=approving.number))
    shop.now += timedelta(hours=72)
    shop.do(ExpireApproval(**about))
    assert approval(shop).state is ApprovalState.WITHDRAWN
    assert shop.order(order).lines[0].units.canceled == 0
    assert shop.order(order).holds == (fraud,), "an approval ends its own hold alone"


def test_a_buyer_spends_no_more_alone_than_allowed() -> None:
    shop = company_shop(CompanyTerms(currency="EUR", net_days=30))
    order, about = asked(shop, 26)
    assert approval(shop).rules == ("spending_limit",)
    shop.do(ApproveStep(approver="eve", **about))
    assert holds(shop.order(order)) == []


def test_a_buyer_who_leaves_is_erased() -> None:
    shop = company_shop()
    person = shop.records("company")[0].buyer_of("bob").person
    draft = shop.do(RemoveBuyer(company="acme", buyer="bob"))
    removed: Any = draft.record_events[0][2]
    assert removed.erases == (person,)
    assert refused(shop, bought("B-1", ("TEE-M", 1, 2000))) == "BUYER_UNKNOWN"


def test_what_is_paid_meets_the_first_invoice_of_an_order_first() -> None:
    shop = company_shop()
    order = shop.place(bought("B-1", ("TEE-M", 4, 2000)))
    shipped(shop, order, 1)
    shop.do(IssueInvoice(order=order, entity="main"))
    [first] = shop.records("document")
    second = replace(first, id="x", number="X", issued_at=first.issued_at + timedelta(days=1), total_minor=6000)
    late = first.due_on + timedelta(days=5)
    open_ = open_invoices({order: 7000}, [second, first], late)
    assert [(each.number, each.open_minor, each.days_late) for each in open_] == [
        (first.number, 1000, 5), ("X", 6000, 5),
    ]  # fmt: skip
    assert [each.number for each in open_invoices({order: 100}, [first, second], late)] == ["X"]
