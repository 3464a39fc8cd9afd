"""Orders that are paid in installments: what falls due, what it holds, and how it is collected, to the minor unit."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.credits.test_credits import CreditShop, books, refused
from tests.core.returns.test_returns import answer_all
from tests.core.tenders.test_money_rules import requests

from orderline.core.documents.issuing import IssueInvoice
from orderline.core.holds.commands import BreachHold
from orderline.core.jobs import JobKind
from orderline.core.ledger.state import Account
from orderline.core.next_steps import order_follow_ups
from orderline.core.orders import commands as c
from orderline.core.orders.explain import explain_order
from orderline.core.orders.next_step import NextStep, next_step_of
from orderline.core.orders.state import LineQuantity, PaymentKind
from orderline.core.orders.status import Phase, status_of
from orderline.core.stock.commands import AdjustStock
from orderline.core.tenders.by_hand import ReceivePayment
from orderline.core.tenders.installments import (
    WHOLE_PPM,
    Due,
    Installment,
    InstallmentInput,
    OnLate,
    PaymentSchedule,
    ScheduleInput,
    parts_of,
)
from orderline.core.tenders.rules import TERMS
from orderline.core.tenders.schedule_commands import CallInstallments, SchedulePayments
from orderline.core.tenders.scheduled import installments_of
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import NOON, order_of

DEPOSIT = InstallmentInput(due=Due.ORDER, share_ppm=300_000)
CARD = c.TenderInput(provider="sandbox", method="card", amount_minor=3000, token="tok")
BANK = c.TenderInput(provider=TERMS, method="bank_transfer", amount_minor=3000)


def by(*installments: InstallmentInput, **about: Any) -> ScheduleInput:
    return ScheduleInput(installments=installments, **about)


def place(shop: CreditShop, schedule: ScheduleInput, tender: c.TenderInput = CARD, units: int = 3) -> OrderId:
    lines = (("TEE-M", units, 3000 // units),)
    return shop.place(order_of(f"w-{len(shop.events)}", *lines, tenders=(tender,), schedule=schedule))


def stands(shop: CreditShop, order: OrderId) -> list[tuple[int, int, str]]:
    """Amount, paid and state of each installment."""
    return [(each.amount_minor, each.paid_minor, each.state.value) for each in installments_of(shop.order(order))]


def step(shop: CreditShop, order: OrderId) -> NextStep:
    found = next_step_of(shop.order(order), status_of(shop.order(order)).phase)
    assert found is not None
    return found


def decline(shop: CreditShop, order: OrderId, tender: int) -> None:
    [request] = shop.order(order).tenders[tender - 1].requests
    about = {"key": request.key, "kind": request.kind, "amount_minor": request.amount_minor}
    shop.do(c.AnswerPayment(order=order, tender=tender, declined="no_funds", **about))


def receive(shop: CreditShop, order: OrderId, amount: int) -> None:
    reference = f"B-{len(shop.events[order])}"
    shop.do(ReceivePayment(order=order, amount_minor=amount, currency="EUR", reference=reference))


def ship(shop: CreditShop, order: OrderId, quantity: int, number: int = 1) -> None:
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", quantity),)))
    units = (LineQuantity(1, quantity),)
    shop.do(c.AcceptFulfillment(order=order, fulfillment=number))
    shop.do(c.PickUnits(order=order, fulfillment=number, lines=units))
    shop.do(c.PackUnits(order=order, fulfillment=number, parcels=(c.ParcelInput(items=units),)))
    shop.do(c.ShipParcels(order=order, fulfillment=number))


def jobs(shop: CreditShop, order: OrderId, since: int) -> list[Any]:
    told = shop.events[order][since:]
    found = order_follow_ups(shop.world.settings, shop.order(order), told, shop.now)
    return [each.due_at for each in found if each.kind is JobKind.INSTALLMENT]


def test_the_deposit_is_charged_with_the_order_and_holds_it_until_it_is_paid() -> None:
    shop = CreditShop()
    order = place(shop, by(DEPOSIT, InstallmentInput(due=Due.DATE, on=NOON + timedelta(days=30))))
    assert requests(shop, order, PaymentKind.AUTHORIZE) == {1: 900}
    [hold] = shop.order(order).holds
    assert (hold.type, hold.owner, hold.due_at) == ("payment", "finance", NOON + timedelta(days=3))
    assert step(shop, order).what == "pay_installment"
    answer_all(shop, order)
    assert requests(shop, order, PaymentKind.CAPTURE) == {1: 900}
    answer_all(shop, order)
    assert shop.order(order).holds == ()
    assert stands(shop, order) == [(900, 900, "paid"), (2100, 0, "later")]
    assert books(shop.order(order), Account.DEPOSITS) == -900
    assert status_of(shop.order(order)).phase is Phase.ROUTING
    assert_sound(shop)


def test_the_balance_is_charged_on_its_date_by_the_same_means_and_its_hold_goes_when_it_is_paid() -> None:
    shop = CreditShop()
    on = NOON + timedelta(days=30)
    order = place(shop, by(DEPOSIT, InstallmentInput(due=Due.DATE, on=on)))
    assert on in jobs(shop, order, 0)
    answer_all(shop, order)
    answer_all(shop, order)
    assert refused(shop, CallInstallments(order=order)) == "NOTHING_TO_DO"
    shop.later(days=29, hours=23, minutes=59)
    assert refused(shop, CallInstallments(order=order, as_of=on - timedelta(seconds=1))) == "NOTHING_TO_DO"
    shop.do(CallInstallments(order=order, as_of=on))  # woken by a clock that is ahead
    shop.later(minutes=1)
    second = shop.order(order).tenders[1]
    assert (second.provider, second.token, second.amount_minor) == ("sandbox", "tok", 2100)
    assert step(shop, order) == NextStep(
        "pay_installment", "customer", on + timedelta(days=3, minutes=-1), "installment 2"
    )
    assert refused(shop, CallInstallments(order=order)) == "NOTHING_TO_DO"
    answer_all(shop, order)
    answer_all(shop, order)
    assert [tender.captured_minor for tender in shop.order(order).tenders] == [900, 2100]
    assert shop.order(order).holds == ()
    assert [each.state for each in explain_order(shop.order(order)).installments] == ["paid", "paid"]


def test_a_declined_installment_escalates_and_another_means_pays_it() -> None:
    shop = CreditShop()
    order = place(shop, by(DEPOSIT, InstallmentInput(due=Due.RELEASE), escalate_to="sales"))
    answer_all(shop, order)
    answer_all(shop, order)
    shop.do(CallInstallments(order=order))
    decline(shop, order, 2)
    [hold] = shop.order(order).holds
    assert (hold.owner, hold.escalated_at) == ("sales", shop.now)
    assert step(shop, order).owner == "sales"
    # nobody is asked again and again for what was declined
    assert refused(shop, CallInstallments(order=order)) == "NOTHING_TO_DO"
    assert refused(shop, c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 3),)))
    other = c.TenderInput(provider="sandbox", method="paypal", amount_minor=2100, token="other", state="captured")
    shop.do(c.AddTender(order=order, tender=other))
    assert shop.order(order).holds == ()
    assert [each[2] for each in stands(shop, order)] == ["paid", "paid"]


def test_a_retry_asks_for_what_has_fallen_due_and_no_more() -> None:
    shop = CreditShop()
    order = place(shop, by(DEPOSIT, InstallmentInput(due=Due.DATE, on=NOON + timedelta(days=30))))
    decline(shop, order, 1)
    shop.do(c.RetryPayment(order=order, tender=1))
    assert requests(shop, order, PaymentKind.AUTHORIZE) == {1: 900}


def test_who_pays_by_the_bank_is_awaited_for_each_installment() -> None:
    shop = CreditShop()
    order = place(shop, by(DEPOSIT, InstallmentInput(due=Due.DATE, on=NOON + timedelta(days=30))), BANK)
    assert requests(shop, order, PaymentKind.AUTHORIZE) == {1: 900}
    receive(shop, order, 500)
    assert stands(shop, order)[0] == (900, 500, "due")
    assert requests(shop, order, PaymentKind.AUTHORIZE) == {1: 400}
    receive(shop, order, 400)
    assert shop.order(order).holds == ()
    shop.later(days=30)
    shop.do(CallInstallments(order=order))
    assert requests(shop, order, PaymentKind.AUTHORIZE) == {1: 2100}
    receive(shop, order, 2100)
    assert stands(shop, order) == [(900, 900, "paid"), (2100, 2100, "paid")]
    assert shop.order(order).holds == ()


def test_what_is_not_paid_in_time_escalates_or_is_canceled() -> None:
    for on_late, phase, owner in ((OnLate.ESCALATE, Phase.HELD, "sales"), (OnLate.CANCEL, Phase.CANCELED, None)):
        shop = CreditShop()
        order = place(shop, by(DEPOSIT, InstallmentInput(due=Due.RELEASE), on_late=on_late), BANK)
        [hold] = shop.order(order).holds
        assert refused(shop, BreachHold(order=order, hold=hold.number)) == "HOLD_NOT_DUE"
        shop.later(days=3)
        shop.do(BreachHold(order=order, hold=hold.number))
        assert status_of(shop.order(order)).phase is phase
        assert [each.owner for each in shop.order(order).holds] == ([owner] if owner else [])


def test_the_balance_of_what_is_not_there_yet_is_asked_for_when_it_comes() -> None:
    shop = CreditShop()
    schedule = by(DEPOSIT, InstallmentInput(due=Due.RELEASE))
    order = shop.place(order_of("w-1", ("CAP-9", 1, 3000), tenders=(CARD,), schedule=schedule))
    answer_all(shop, order)
    answer_all(shop, order)
    assert refused(shop, CallInstallments(order=order)) == "NOTHING_TO_DO"
    assert status_of(shop.order(order)).phase is Phase.WAITING_SUPPLY
    assert step(shop, order).what == "supply"
    shop.do(AdjustStock(sku="CAP-9", location="lyon", quantity=1, reason="received"))
    before = len(shop.events[order])
    shop.do(c.ReserveUnits(order=order))
    assert jobs(shop, order, before) == [shop.now]
    shop.do(CallInstallments(order=order))
    assert requests(shop, order, PaymentKind.AUTHORIZE) == {2: 2100}


def test_what_is_paid_with_the_shipment_is_authorized_before_and_captured_by_its_share() -> None:
    shop = CreditShop()
    order = place(shop, by(DEPOSIT, InstallmentInput(due=Due.SHIPMENT)))
    answer_all(shop, order)
    answer_all(shop, order)
    shop.do(CallInstallments(order=order))
    answer_all(shop, order)
    assert shop.order(order).holds == ()  # it stands behind the goods
    assert requests(shop, order, PaymentKind.CAPTURE) == {}
    ship(shop, order, 1)
    assert requests(shop, order, PaymentKind.CAPTURE) == {2: 700}
    ship(shop, order, 2, 2)
    answer_all(shop, order)
    answer_all(shop, order)
    assert sum(tender.captured_minor for tender in shop.order(order).tenders) == 3000
    assert_sound(shop)


def test_the_rest_falls_due_days_after_each_invoice_and_the_order_stays_open_until_it_is_paid() -> None:
    shop = CreditShop()
    order = place(shop, by(DEPOSIT, InstallmentInput(due=Due.INVOICE, days=14)))
    answer_all(shop, order)
    answer_all(shop, order)
    ship(shop, order, 1)
    shop.do(IssueInvoice(order=order, entity="main"))
    shop.later(days=10)
    ship(shop, order, 2, 2)
    shop.do(IssueInvoice(order=order, entity="main"))
    for parcel in (1, 2):
        shop.do(c.TrackParcel(order=order, parcel=parcel, state="delivered"))
    assert refused(shop, c.CloseOrder(order=order)) == "ORDER_NOT_DONE"
    assert step(shop, order).what == "pay_installment"
    shop.later(days=5)
    shop.do(CallInstallments(order=order))
    assert requests(shop, order, PaymentKind.AUTHORIZE) == {2: 700}
    answer_all(shop, order)
    answer_all(shop, order)
    assert stands(shop, order)[1] == (2100, 700, "later")
    shop.later(days=10)
    shop.do(CallInstallments(order=order))
    answer_all(shop, order)
    answer_all(shop, order)
    assert stands(shop, order)[1] == (2100, 2100, "paid")
    # the deposit was a liability until it was invoiced, and nothing is open any more
    assert (books(shop.order(order), Account.DEPOSITS), books(shop.order(order), Account.RECEIVABLE)) == (0, 0)
    shop.do(c.CloseOrder(order=order))
    assert_sound(shop)


def test_when_less_is_bought_later_installments_are_less_and_what_is_paid_too_much_goes_back() -> None:
    shop = CreditShop()
    order = place(shop, by(DEPOSIT, InstallmentInput(due=Due.DATE, on=NOON + timedelta(days=30))))
    answer_all(shop, order)
    answer_all(shop, order)
    shop.do(c.CancelUnits(order=order, reason="changed_mind", lines=(LineQuantity(1, 2),)))
    assert stands(shop, order) == [(300, 300, "paid"), (700, 600, "later")]
    assert requests(shop, order, PaymentKind.REFUND) == {}
    shop.do(c.CancelUnits(order=order, reason="changed_mind"))
    assert requests(shop, order, PaymentKind.REFUND) == {1: 900}


def test_an_order_may_be_put_on_a_schedule_later_and_off_it_again() -> None:
    shop = CreditShop()
    order = shop.place(order_of("w-1", ("TEE-M", 3, 1000)))
    assert refused(shop, SchedulePayments(order=order)) == "NOTHING_TO_DO"
    shop.do(SchedulePayments(order=order, schedule=by(DEPOSIT, InstallmentInput(due=Due.RELEASE))))
    assert requests(shop, order, PaymentKind.CAPTURE) == {1: 900}
    assert len(shop.order(order).holds) == 1
    shop.do(SchedulePayments(order=order))
    assert (shop.order(order).schedule, shop.order(order).holds) == (None, ())


def test_an_installment_may_be_asked_for_before_its_time() -> None:
    shop = CreditShop()
    order = place(shop, by(DEPOSIT, InstallmentInput(due=Due.DATE, on=NOON + timedelta(days=30))))
    assert refused(shop, CallInstallments(order=order, installment=3)) == "INSTALLMENT_UNKNOWN"
    shop.do(CallInstallments(order=order, installment=2))
    assert [each[2] for each in stands(shop, order)] == ["due", "due"]


IMPOSSIBLE = [
    (by(), "SCHEDULE_NOT_POSSIBLE"),
    (by(DEPOSIT), "SCHEDULE_NOT_POSSIBLE"),
    (by(InstallmentInput(due=Due.ORDER), InstallmentInput(due=Due.RELEASE)), "SCHEDULE_NOT_POSSIBLE"),
    (by(InstallmentInput(due=Due.DATE)), "SCHEDULE_NOT_POSSIBLE"),
    (by(InstallmentInput(due=Due.ORDER, days=3)), "SCHEDULE_NOT_POSSIBLE"),
    (by(InstallmentInput(due=Due.ORDER, share_ppm=-1), InstallmentInput(due=Due.ORDER)), "SCHEDULE_NOT_POSSIBLE"),
    (by(InstallmentInput(due=Due.ORDER, tender=2)), "TENDER_UNKNOWN"),
    (by(InstallmentInput(due=Due.ORDER), within_days=-1), "SCHEDULE_NOT_POSSIBLE"),
    (by(InstallmentInput(due=Due.ORDER, amount_minor=3001), InstallmentInput(due=Due.ORDER)), "TOTALS_DO_NOT_ADD_UP"),
    (by(*[InstallmentInput(due=Due.ORDER, share_ppm=600_000)] * 2, InstallmentInput(due=Due.ORDER)), "TOTALS_DO_NOT_ADD_UP"),
]  # fmt: skip


@pytest.mark.parametrize(("schedule", "code"), IMPOSSIBLE)
def test_a_schedule_that_cannot_be_kept_is_refused(schedule: ScheduleInput, code: str) -> None:
    shop = CreditShop()
    order = shop.place(order_of("w-1", ("TEE-M", 3, 1000)))
    assert refused(shop, SchedulePayments(order=order, schedule=schedule)) == code
    free = shop.place(order_of("w-2", ("TEE-M", 1, 1000), paid=None))
    assert refused(shop, SchedulePayments(order=free, schedule=by(InstallmentInput(due=Due.ORDER)))) == (
        "SCHEDULE_NOT_POSSIBLE"
    )


@given(
    st.integers(0, 10**9),
    st.lists(st.one_of(st.integers(0, WHOLE_PPM // 6), st.tuples(st.integers(0, 10**6))), max_size=5),
)
def test_installments_add_up_whatever_their_shares_are(total: int, given_: list[int | tuple[int]]) -> None:
    asked = [
        Installment(number=n, due=Due.ORDER, share_ppm=e) if isinstance(e, int)
        else Installment(number=n, due=Due.ORDER, amount_minor=e[0])
        for n, e in enumerate(given_, 1)
    ]  # fmt: skip
    rest = Installment(number=len(asked) + 1, due=Due.ORDER)
    parts = parts_of(PaymentSchedule(installments=(*asked, rest)), total)
    assert (sum(parts), min(parts) >= 0) == (total, True)
    for each, part in zip(asked, parts, strict=False):
        exact = total * (each.share_ppm or 0) // WHOLE_PPM
        assert part in range(exact, exact + 2) or part <= (each.amount_minor or 0) or sum(parts[each.number :]) == 0


@pytest.mark.parametrize("due", [Due.RELEASE, Due.SHIPMENT])
def test_goods_that_are_there_are_not_to_be_routed_before_their_installment_was_asked_for(due: Due) -> None:
    shop = CreditShop()
    order = place(shop, by(InstallmentInput(due=Due.INVOICE, share_ppm=300_000), InstallmentInput(due=due)))
    assert (status_of(shop.order(order)).phase, step(shop, order).what) == (Phase.ACCEPTED, "pay_installment")
    shop.do(CallInstallments(order=order))
    assert step(shop, order).what != "route"
