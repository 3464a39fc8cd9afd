"""Payments compared with their provider over real HTTP, both ways."""

from orderline.sandbox.settings import Partner
from orderline.store.reading.source import Source
from orderline.store.reconciling import Difference, last_check, load_differences, settle_difference
from worker.site import QUICK, Site, until


def differences(site: Site) -> list[Difference]:
    with site.database.connection() as connection:
        return load_differences(Source(connection, 0), is_open=True, most=10)


def begun(site: Site) -> None:
    until(lambda: last_check(site.database, "sandbox_payments"), "the first comparison")


def compared(site: Site) -> None:
    """Compare all that is there now, and some."""
    before = last_check(site.database, "sandbox_payments")
    site.clock.forward(3_600)
    until(lambda: last_check(site.database, "sandbox_payments") != before, "a comparison")


def test_what_we_have_asked_for_is_known_on_both_sides(site: Site) -> None:
    begun(site)
    site.stock(TEE_lyon=5)
    order_id = site.place(("TEE", 2))
    site.until_units(order_id, "delivered", 2)
    until(lambda: site.order(order_id).tenders[0].captured_minor == 2000, "the capture")
    site.until_no_jobs()
    compared(site)
    assert differences(site) == []
    site.verified()


def test_a_payment_that_nobody_here_has_asked_for_waits_for_a_person(site: Site) -> None:
    begun(site)
    asked = {"key": "by-hand-1", "order": "?", "token": "tok", "amount": 1234, "currency": "EUR", "capture": True}
    site.call("POST", "/payments/authorizations", {"authorizations": [asked]})
    compared(site)
    [found] = until(lambda: differences(site), "a difference")
    assert (found.kind, found.amount_minor, found.operation, found.order) == ("unknown_here", 1234, "authorize", None)
    assert "give the money back" in found.next_step
    now = site.clock()
    settle_difference(site.database, found.provider, found.event_id, by="ann", note="given back", now=now)
    assert differences(site) == []
    compared(site)
    assert differences(site) == []


def test_a_payment_that_the_provider_has_never_heard_of_is_told(site: Site) -> None:
    begun(site)
    site.stock(TEE_lyon=5)
    order_id = site.place(("TEE", 2))
    site.until_units(order_id, "delivered", 2)
    until(lambda: site.order(order_id).tenders[0].captured_minor == 2000, "the capture")
    site.until_no_jobs()
    site.begin(QUICK)  # the provider has lost its books
    compared(site)
    found = until(lambda: differences(site), "differences")
    assert {(each.kind, each.operation, each.order) for each in found} == {
        ("missing_there", "authorize", order_id),
        ("missing_there", "capture", order_id),
    }


def test_a_provider_that_does_not_answer_is_compared_the_next_time(site: Site) -> None:
    begun(site)
    before = last_check(site.database, "sandbox_payments")
    site.misbehave(Partner.PAYMENTS, fail_next=1)
    site.clock.forward(3_600)
    until(
        lambda: site.control("GET", "statistics")["partners"]["payments"]["calls"]["failed"] == 1,
        "the provider to fail",
    )
    assert last_check(site.database, "sandbox_payments") == before
    compared(site)
