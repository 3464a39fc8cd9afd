"""Authorizations are renewed before they lapse; what is declined stops the order; what has lapsed counts no more."""

from datetime import timedelta
from typing import Any

import pytest
from tests.core.credits.test_credits import CreditShop, refused
from tests.core.tenders.test_money_rules import decline, requests, shop_with

from orderline.core.jobs import JobKind
from orderline.core.next_steps import order_follow_ups
from orderline.core.orders import commands as c
from orderline.core.orders.commands import Command
from orderline.core.orders.state import PaymentKind
from orderline.core.tenders.renewing import RenewAuthorization
from orderline.core.tenders.sums import open_authorization
from orderline.values.ids import OrderId
from support.shop import NOON, order_of

LAPSES = NOON + timedelta(days=7)


def held(shop: CreditShop, token: str = "tok", reference: str = "", **about: Any) -> OrderId:
    """An order whose money is held until a time."""
    tender = c.TenderInput(
        provider="sandbox", amount_minor=2000, token=token, reference=reference, state="authorized", expires_at=LAPSES
    )
    return shop.place(order_of("w-1", ("TEE-M", 2, 1000), tenders=(tender,), **about))


def looks(shop: CreditShop, command: Command) -> list[tuple[int, timedelta]]:
    """When authorizations are to be looked at because of a command: the tender, and how long after noon."""
    draft = shop.do(command)
    order = shop.order(draft.events[0][0])
    jobs = order_follow_ups(shop.world.settings, order, [event for _, event in draft.events], shop.now)
    return [(job.body.tender, job.due_at - NOON) for job in jobs if job.kind is JobKind.REAUTHORIZE]


def answer(shop: CreditShop, order: OrderId, tender: int, **about: Any) -> c.AnswerPayment:
    [request] = shop.order(order).tenders[tender - 1].requests
    given: dict[str, Any] = {"key": request.key, "kind": request.kind, "amount_minor": request.amount_minor}
    return c.AnswerPayment(order=order, tender=tender, **{**given, **about})


def test_what_is_held_is_authorized_anew_and_then_let_go_of() -> None:
    shop = shop_with()
    tender = c.TenderInput(provider="sandbox", amount_minor=2000, token="t", state="authorized", expires_at=LAPSES)
    placing = order_of("w-1", ("TEE-M", 2, 1000), tenders=(tender,))
    assert looks(shop, placing) == [(1, timedelta(days=6))]
    [order] = shop.world.orders
    renew = RenewAuthorization(order=order, tender=1)
    shop.later(days=6)
    assert looks(shop, renew) == [(1, timedelta(days=7))]
    assert requests(shop, order, PaymentKind.AUTHORIZE) == {2: 2000}
    assert refused(shop, renew) == "NOTHING_TO_DO"  # under way
    again = answer(shop, order, 2, reference="A-2", expires_at=LAPSES + timedelta(days=6))
    assert looks(shop, again) == [(2, timedelta(days=12))]
    assert requests(shop, order, PaymentKind.VOID) == {1: 2000}
    shop.do(answer(shop, order, 1))
    old, new = shop.order(order).tenders
    assert (old.given_up, old.voided_minor) == ("renewed by tender 2", 2000)
    assert (new.authorized_minor, new.reference, new.renews) == (2000, "A-2", 1)
    assert refused(shop, renew) == "NOTHING_TO_DO"
    assert not shop.order(order).holds


@pytest.mark.parametrize("token", ["tok", ""])
def test_a_renewal_that_is_declined_holds_the_order_until_it_is_covered_otherwise(token: str) -> None:
    shop = shop_with()
    order = held(shop, token)
    shop.do(RenewAuthorization(order=order, tender=1))
    if token:
        decline(shop, order, 2)
    [hold] = shop.order(order).holds
    assert (hold.type, hold.owner, hold.due_at) == ("payment", "finance", LAPSES)
    assert "release" in hold.blocks
    other = c.TenderInput(provider="sandbox", amount_minor=2000, token="new", state="authorized")
    shop.do(c.AddTender(order=order, tender=other, replaces=1))
    assert not shop.order(order).holds
    assert requests(shop, order, PaymentKind.VOID) == {1: 2000}


def test_a_renewal_is_tried_again_and_frees_the_order() -> None:
    shop = shop_with()
    order = held(shop)
    shop.do(RenewAuthorization(order=order, tender=1))
    decline(shop, order, 2)
    shop.do(c.RetryPayment(order=order, tender=2))
    shop.do(answer(shop, order, 2))
    assert not shop.order(order).holds
    assert requests(shop, order, PaymentKind.VOID) == {1: 2000}


def test_what_has_lapsed_stands_behind_nothing() -> None:
    shop = shop_with()
    order = held(shop)
    shop.do(RenewAuthorization(order=order, tender=1))
    decline(shop, order, 2)
    shop.later(days=8)
    shop.do(RenewAuthorization(order=order, tender=1))
    [old, _] = shop.order(order).tenders
    assert (old.voided_minor, old.requests) == (2000, ())
    assert len(shop.order(order).holds) == 1  # not covered
    shop.do(c.RetryPayment(order=order, tender=2))
    shop.do(answer(shop, order, 2))
    assert not shop.order(order).holds


def test_a_channel_may_let_authorizations_lapse() -> None:
    shop = shop_with(renew_before_h=0)
    order = held(shop)
    assert refused(shop, RenewAuthorization(order=order, tender=1)) == "NOTHING_TO_DO"
    assert refused(shop, RenewAuthorization(order=order, tender=2)) == "TENDER_UNKNOWN"
    shop.later(days=7)
    shop.do(RenewAuthorization(order=order, tender=1))
    assert shop.order(order).tenders[0].voided_minor == 2000


def test_an_authorization_that_lives_shortly_is_not_renewed_all_the_time() -> None:
    shop = shop_with(renew_before_h=240)
    tender = c.TenderInput(
        provider="sandbox", amount_minor=2000, token="t", state="authorized", expires_at=NOON + timedelta(hours=8)
    )
    placing = order_of("w-1", ("TEE-M", 2, 1000), tenders=(tender,))
    assert looks(shop, placing) == [(1, timedelta(hours=6))]


def test_what_its_provider_holds_longer_goes_on_under_its_new_name() -> None:
    shop = shop_with()
    order = held(shop, reference="A-1")
    renew = RenewAuthorization(order=order, tender=1, by_clock=True)
    assert refused(shop, renew) == "NOTHING_TO_DO"  # not yet
    shop.later(days=6)
    assert looks(shop, renew) == [(1, timedelta(days=7))]
    assert requests(shop, order, PaymentKind.EXTEND) == {1: 2000}
    assert refused(shop, renew) == "NOTHING_TO_DO"  # under way
    longer = answer(shop, order, 1, reference="A-2", expires_at=LAPSES + timedelta(days=6))
    assert looks(shop, longer) == [(1, timedelta(days=12))]
    [tender] = shop.order(order).tenders
    assert (tender.reference, tender.authorized_minor, tender.expires_at) == ("A-2", 2000, LAPSES + timedelta(days=6))
    shop.later(days=1)
    assert refused(shop, renew) == "NOTHING_TO_DO", "the clock was set before it was held longer"
    assert not shop.order(order).holds


@pytest.mark.parametrize("late", [False, True])
def test_what_is_not_held_longer_is_authorized_anew_or_lapses(late: bool) -> None:
    shop = shop_with()
    order = held(shop, reference="A-1")
    shop.do(RenewAuthorization(order=order, tender=1))
    shop.do(answer(shop, order, 1, in_doubt=True))
    if late:
        shop.later(days=8)
        assert refused(shop, RenewAuthorization(order=order, tender=1)) == "NOTHING_TO_DO"  # it may be held
    shop.do(answer(shop, order, 1, declined="cannot_extend"))
    old = shop.order(order).tenders[0]
    assert old.declined == ""
    if late:
        assert (open_authorization(old), requests(shop, order, PaymentKind.AUTHORIZE)) == (0, {})
    else:
        assert (open_authorization(old), requests(shop, order, PaymentKind.AUTHORIZE)) == (2000, {2: 2000})


def test_nothing_is_captured_or_let_go_of_while_it_may_get_another_name() -> None:
    shop = shop_with()
    order = held(shop, reference="A-1")
    shop.do(RenewAuthorization(order=order, tender=1))
    shop.do(c.CancelUnits(order=order, reason="changed_mind"))
    assert requests(shop, order, PaymentKind.VOID) == {}
    shop.do(answer(shop, order, 1, reference="A-2", expires_at=LAPSES + timedelta(days=6)))
    assert requests(shop, order, PaymentKind.VOID) == {1: 2000}
