"""Every row of the posting table (domain model 6.2) is reached by what people, partners and clocks do."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from core.test_invoices import credit, invoice, ship, taxed
from core.test_ledger import answer
from orderline.core.credits import commands as cc
from orderline.core.credits.state import CreditKind
from orderline.core.disputes.commands import TellDispute
from orderline.core.disputes.state import DisputeStage
from orderline.core.entities.commands import PutEntity, PutRates
from orderline.core.entities.state import DayRate, LegalEntity
from orderline.core.ledger.events import MoneyPosted
from orderline.core.ledger.periods import ClosePeriod
from orderline.core.ledger.revaluing import PeriodBalance
from orderline.core.ledger.rules import POSTINGS, Cause
from orderline.core.ledger.state import Posted
from orderline.core.ledger.writing_off import WriteOff, WriteOffAs
from orderline.core.orders.commands import CancelUnits, TenderInput
from orderline.core.orders.credited import Credit, CreditCharge, CreditLine, Destination
from orderline.core.orders.state import PaymentKind
from orderline.core.payouts.commands import BookPayout
from orderline.core.payouts.state import PayoutExchange, PayoutSums
from orderline.core.sellers.commands import PutSeller, RecordSellerPayment, SellerDue, StateSeller
from orderline.core.sellers.state import SellerParty
from orderline.core.shipments.carrier_claims import AnswerClaim, DraftClaim, FileClaim, PayClaim
from orderline.core.stock.commands import PutSkus
from orderline.core.stock.state import Sku
from orderline.core.tenders.rules import TERMS
from orderline.core.world import Draft
from orderline.values.ids import OrderId
from support.shop import MemoryShop, order_of


class Posting(MemoryShop):
    """A shop that keeps what its commands have posted."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        super().__init__([("TEE-M", "lyon", 20)])
        self.on_draft = self._keep

    def _keep(self, draft: Draft) -> None:
        self.posted += [event.posted for _, event in draft.events if isinstance(event, MoneyPosted)]
        self.posted += [each for _, kind, event in draft.record_events for each in kind.postings(event)]


def paid(shop: MemoryShop, **about: Any) -> OrderId:
    given: dict[str, Any] = {"paid": "captured", **about}
    return shop.place(order_of("A-1", ("TEE-M", 2, 2000), **given))


def invoiced(shop: MemoryShop, **about: Any) -> OrderId:
    order = paid(shop, **about)
    ship(shop, order, 1, 2)
    invoice(shop, order)
    return order


def refunded(shop: MemoryShop) -> None:
    order = paid(shop)
    shop.do(CancelUnits(order=order, reason="x"))
    answer(shop, order, PaymentKind.REFUND)


def on_account(shop: MemoryShop, why: Any = "sold", **about: Any) -> None:
    """20.00 of store credit for Ann."""
    shop.do(
        cc.IssueCredit(account="ann", kind=CreditKind.STORE_CREDIT, currency="EUR", amount_minor=2000, why=why,
                       reason="late", **about)
    )  # fmt: skip


def redeemed(shop: MemoryShop, then: Callable[[MemoryShop, OrderId], object] = lambda shop, order: None) -> None:
    on_account(shop)
    order = shop.place(order_of("A-1", ("TEE-M", 1, 2000), paid="requested"))
    answer(shop, order, PaymentKind.AUTHORIZE, amount_minor=0, declined="no_funds")
    shop.do(cc.RedeemCredit(order=order, account="ann"))
    then(shop, order)


def given_back(shop: MemoryShop) -> None:
    def cancel(shop: MemoryShop, order: OrderId) -> None:
        shop.do(CancelUnits(order=order, reason="x"))
        tender = shop.order(order).tenders[1]
        [request] = tender.requests
        shop.do(cc.AnswerByCredit(order=order, tender=2, key=request.key, kind=request.kind, accounts=("ann",)))

    redeemed(shop, cancel)


def moved(shop: MemoryShop) -> None:
    on_account(shop)
    shop.do(cc.TransferCredit(account="ann", to="ann-2", reason="lost"))


def expired(shop: MemoryShop) -> None:
    on_account(shop, expires_at=shop.now + timedelta(days=1))
    shop.now += timedelta(days=2)
    shop.do(cc.ExpireCredit(account="ann"))


def credited(shop: MemoryShop, **about: Any) -> None:
    fees = (CreditCharge("restocking", 100),)
    order = invoiced(shop, **about)
    credit(shop, order, Credit(number=1, reason="x", total_minor=1900, lines=(CreditLine(1, 1, 2000),), fees=fees))
    _keep_of(shop, order)


def _keep_of(shop: Any, order: OrderId) -> None:
    """What was told without a command is kept, too."""
    shop.posted += [event.posted for event in shop.events[order] if isinstance(event, MoneyPosted)]


def disputed(shop: MemoryShop, *stages: DisputeStage) -> None:
    order = paid(shop)
    for stage in stages:
        shop.now += timedelta(days=1)
        shop.do(TellDispute(order=order, tender=1, reference="d-1", stage=stage, amount_minor=4000))


def claimed(shop: MemoryShop) -> None:
    order = paid(shop)
    ship(shop, order, 1, 2)
    shop.do(DraftClaim(claim="C-1", order=order, parcel=1, reason="lost"))
    shop.do(FileClaim(claim="C-1"))
    shop.do(AnswerClaim(claim="C-1", accepted=True))
    shop.do(PayClaim(claim="C-1", amount_minor=4000))


def written_off(shop: MemoryShop) -> None:
    order = invoiced(shop, paid=None)
    shop.do(WriteOff(order=order, amount_minor=4000, kind=WriteOffAs.BAD_DEBT, reason="insolvent"))


def prepaid(shop: MemoryShop) -> None:
    shop.do(PutEntity(entity=LegalEntity(code="main", tax_on_deposits=True)))
    order = shop.place(order_of("A-1", taxed("TEE-M", 2, 2400), paid="captured"))
    ship(shop, order, 1, 2)
    invoice(shop, order)


def exchanged(shop: MemoryShop) -> None:
    """What came back, for 20.00, pays for the rest of an order that was paid but for that."""
    tenders = (
        TenderInput(provider="sandbox", amount_minor=6000, token="tok", state="captured"),
        TenderInput(provider="sandbox", amount_minor=2000, token="tok", state="authorized"),
    )
    order = shop.place(order_of("A-1", ("TEE-M", 4, 2000), tenders=tenders))
    ship(shop, order, 1, 2)
    invoice(shop, order)
    about = {"destination": Destination.EXCHANGE, "lines": (CreditLine(1, 1, 2000),)}
    credit(shop, order, Credit(number=1, reason="x", total_minor=2000, **about))
    _keep_of(shop, order)


def by_bank(shop: MemoryShop) -> None:
    tender = TenderInput(provider=TERMS, amount_minor=4000, state="captured")
    paid(shop, paid=None, tenders=(tender,))


def paid_out(shop: MemoryShop) -> None:
    sums = PayoutSums(captured_minor=4000, fees_minor=100)
    shop.do(
        BookPayout(payout="sandbox:po-1", provider="sandbox", reference="po-1", currency="EUR", amount_minor=3900,
                   sums=sums, paid_at=shop.now)
    )  # fmt: skip


def paid_out_of_pounds(shop: MemoryShop) -> None:
    sums = PayoutSums(captured_minor=4600, fees_minor=100)
    brought = PayoutExchange(currency="GBP", original_minor=4000, amount_minor=4600)
    shop.do(
        BookPayout(payout="sandbox:po-1", provider="sandbox", reference="po-1", currency="EUR", amount_minor=4500,
                   sums=sums, paid_at=shop.now, exchanged=(brought,))
    )  # fmt: skip


def revalued(shop: MemoryShop) -> None:
    shop.do(PutEntity(entity=LegalEntity(code="main", currency="USD")))
    shop.do(PutRates(currency="EUR", base="USD", days=(DayRate(date(2020, 1, 1), "1.1"),)))
    open_ = (
        PeriodBalance("receivable", "", "EUR", 100, "USD", 100),
        PeriodBalance("deposits", "", "EUR", -100, "USD", -100),
    )
    shop.do(ClosePeriod(entity="main", month="2020-01", accounts=open_))


def of_a_seller(shop: MemoryShop) -> None:
    """Two shirts of Acme are sold, stated and paid."""
    shop.do(PutSeller(seller="acme", party=SellerParty(name="Acme"), rate_ppm=100_000))
    shop.do(PutSkus(skus=(Sku("TEE-M", "Shirt", seller="acme"),)))
    invoiced(shop)
    due = SellerDue(
        entity="main", currency="EUR", since=None, goods_minor=4000, commission_minor=400, amount_minor=3600,
        base_minor=3600, entries=3,
    )  # fmt: skip
    shop.do(StateSeller(seller="acme", until=shop.now.date() - timedelta(days=3), due=(due,)))
    [statement] = shop.records("seller_statement")
    shop.do(RecordSellerPayment(statement=statement.id, reference="SEPA-1"))


S = DisputeStage
REACHED: dict[Cause, Callable[[Any], object]] = {
    Cause.CAPTURED: paid,
    Cause.CREDIT_REDEEMED: redeemed,
    Cause.INVOICED: invoiced,
    Cause.DEPOSIT_APPLIED: invoiced,
    Cause.PAYMENT_RECEIVED: by_bank,
    Cause.REFUND_DUE: refunded,
    Cause.REFUNDED: refunded,
    Cause.CREDITED: credited,
    Cause.FEE_CHARGED: credited,
    Cause.SET_OFF: lambda shop: credited(shop, paid=None),
    Cause.GIVEN_AS_CREDIT: given_back,
    Cause.APPEASED: lambda shop: on_account(shop, "goodwill"),
    Cause.CARRIED_OVER: exchanged,
    Cause.CREDIT_SOLD: on_account,
    Cause.CREDIT_EXPIRED: expired,
    Cause.CREDIT_MOVED: moved,
    Cause.PAID_OUT: paid_out,
    Cause.EXCHANGED: paid_out_of_pounds,
    Cause.DISPUTED: lambda shop: disputed(shop, S.OPENED),
    Cause.DISPUTE_LOST: lambda shop: disputed(shop, S.OPENED, S.LOST),
    Cause.DISPUTE_WON: lambda shop: disputed(shop, S.OPENED, S.WON),
    Cause.CARRIER_ACCEPTED: claimed,
    Cause.CARRIER_PAID: claimed,
    Cause.WRITTEN_OFF: written_off,
    Cause.SELLER_SHARED: of_a_seller,
    Cause.SELLER_STATED: of_a_seller,
    Cause.SELLER_PAID: of_a_seller,
    Cause.TAX_ON_DEPOSIT: prepaid,
    Cause.TAX_ON_DEPOSIT_ENDED: prepaid,
    Cause.REVALUED: revalued,
}


def test_every_row_has_something_that_reaches_it() -> None:
    assert REACHED.keys() == POSTINGS.keys()


@pytest.mark.parametrize("cause", REACHED)
def test_the_row_is_reached_and_even(cause: Cause) -> None:
    shop = Posting()
    REACHED[cause](shop)
    found = [each for each in shop.posted if each.cause == cause]
    assert found
    for each in found:
        assert sum(entry.amount_minor for entry in each.entries) == sum(entry.base for entry in each.entries) == 0
        debit, credit_ = POSTINGS[cause]
        assert {entry.account for entry in each.entries} <= {*debit, *credit_}
