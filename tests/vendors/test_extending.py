"""Authorizations that are about to lapse, on each gateway, over real HTTP: held longer where it can be, else held anew."""

from datetime import timedelta

import pytest

from orderline.core.orders.commands import TenderInput
from orderline.core.orders.state import Tender
from orderline.values.ids import OrderId
from vendors.gateways import Gateway
from vendors.test_faults import all_told, gateway, sandbox_thread, site
from worker.site import Site

__all__ = ["gateway", "sandbox_thread", "site"]

# Stripe's file knows no call that holds a card's authorization longer: it is held anew, by the card on file.
LONGER = ("adyen_payments", "paypal_payments")


def about_to_lapse(site: Site, gateway: Gateway, token: str) -> OrderId:
    """An order whose money a storefront has had held, ten hours before that ends."""
    reference = gateway.stored(3_000)
    tender = TenderInput(
        provider=gateway.name, amount_minor=3_000, state="authorized", reference=reference, token=token,
        expires_at=site.clock() + timedelta(hours=10),
    )  # fmt: skip
    order = site.place(("TEE", 3), tenders=(tender,))
    site.start()
    return order


def tenders(site: Site, order: OrderId) -> tuple[Tender, ...]:
    return site.order(order).tenders


def held_longer(site: Site, order: OrderId) -> bool:
    [tender] = tenders(site, order)
    ends = tender.expires_at
    return not tender.requests and ends is not None and ends > site.clock() + timedelta(days=20)


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("gateway", LONGER, indirect=True)
def test_what_its_provider_can_hold_longer_is_held_longer_and_captured_then(
    site: Site, gateway: Gateway, lost: bool
) -> None:
    order = about_to_lapse(site, gateway, "")
    [before] = tenders(site, order)
    if lost:
        gateway.vendor.misbehave(drop_probability=0.5)
    site.clock.forward(8 * 3_600)

    def longer() -> bool:
        site.clock.forward(20)  # a lost answer is asked for when it is time
        return held_longer(site, order)

    all_told(site, gateway, longer, "the extension")
    gateway.vendor.misbehave()
    [tender] = tenders(site, order)
    assert (tender.authorized_minor, tender.voided_minor) == (3_000, 0)
    assert (tender.reference == before.reference) is (gateway.name == "adyen_payments"), "PayPal gives it a new name"
    site.clock.forward(4 * 3_600)
    site.until_no_jobs()
    assert held_longer(site, order), "the clock of the old end does nothing any more"
    assert not site.order(order).holds
    site.stock(TEE_lyon=3)
    site.until_units(order, "delivered", 3)
    all_told(site, gateway, lambda: tenders(site, order)[0].captured_minor == 3_000, "the capture")
    assert gateway.sums()[1] == 3_000


def test_what_it_does_not_hold_longer_is_held_anew_and_the_old_let_go_of(site: Site, gateway: Gateway) -> None:
    order = about_to_lapse(site, gateway, gateway.token(3_000))
    fixed = tenders(site, order)[0].reference
    if gateway.name == "adyen_payments":
        gateway.vendor.payments[fixed]["fixed"] = True
    elif gateway.name == "paypal_payments":
        gateway.vendor.fixed.add(fixed)
    site.clock.forward(8 * 3_600)

    def anew() -> bool:
        both = tenders(site, order)
        return len(both) == 2 and both[0].voided_minor == 3_000 and both[1].authorized_minor == 3_000

    all_told(site, gateway, anew, "the second authorization")
    old, new = tenders(site, order)
    assert (old.declined, old.given_up, new.renews) == ("", "renewed by tender 2", 1)
    assert old.reference != new.reference
    assert not site.order(order).holds
