"""Hold policies at work: orders looked at before they are routed, by what is known of their customers; and the clock."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from orderline.core.holds.commands import RejectHold
from orderline.core.holds.lists import ConfirmListEntry, EntryState, ListEntry
from orderline.core.orders.commands import HoldInput, PlaceHold
from orderline.core.people.erasing import ErasePeople
from orderline.core.policies.commands import ActivatePolicy, PutPolicy
from orderline.engine.engine import Engine
from orderline.sandbox.server import SandboxThread
from orderline.sandbox.settings import Partner
from orderline.store.loading import decode_record
from support.engines import assert_clean
from worker.site import PLACES, Site, opened_site, until, without

POLICY = """
kind = "holds"

[fraud]
built_in = false

[[score]]
name = "often"
points = 30
when = "velocity.email >= 2"

[[score]]
name = "listed"
points = 100
when = "size(lists.blocked) > 0"

[[rule]]
name = "risky"
when = "score.total >= 30"
type = "fraud"

[[rule]]
name = "twice"
when = "twins.orders > 0"
type = "duplicate"
"""


@pytest.fixture
def watched(still_site: Site) -> Site:
    """A site whose orders are looked at, and which has enough of everything."""
    still_site.engine.run(PutPolicy(policy="risk", text=POLICY))
    still_site.engine.run(ActivatePolicy(policy="risk", policy_version=1))
    still_site.stock(TEE_lyon=50)
    return still_site


@pytest.fixture
def ahead(still_site: Site) -> Iterator[Site]:
    """A site whose engine goes by the clock that a test puts forward."""
    engine = Engine(still_site.database, clock=still_site.clock)
    still_site.services = without(still_site.services, engine=engine)
    try:
        yield still_site
    finally:
        still_site.stop()
        engine.close()


def holds(site: Site) -> list[tuple[str, str]]:
    return site.rows("SELECT type, rule FROM holds WHERE cell = %(cell)s ORDER BY order_id, number")


def entries(site: Site) -> list[ListEntry]:
    rows = site.rows("SELECT body FROM records WHERE cell = %(cell)s AND kind = 'list_entry' ORDER BY id")
    return [decode_record("list_entry", body) for (body,) in rows]


def test_an_order_that_nothing_speaks_against_is_served(watched: Site) -> None:
    order = watched.place(("TEE", 1))
    assert holds(watched) == [("screening", "")]
    watched.start()
    watched.until_units(order, "allocated", 1)
    assert holds(watched) == []
    assert_clean(watched.database)


def test_orders_of_one_customer_are_counted_and_compared(watched: Site) -> None:
    orders = [watched.place(("TEE", number)) for number in (1, 2, 3, 1)]
    watched.start()
    until(lambda: all(kind != "screening" for kind, _ in holds(watched)) and holds(watched), "the holds")
    # the third and the fourth are many; the fourth is the first again
    assert holds(watched) == [("fraud", "risky"), ("fraud", "risky"), ("duplicate", "twice")]
    watched.until_units(orders[0], "allocated", 1)
    watched.until_units(orders[1], "allocated", 2)
    assert watched.order(orders[2]).lines[0].units.pooled == 3
    assert_clean(watched.database)


def test_who_was_a_fraud_is_suggested_and_counts_once_somebody_says_so(watched: Site) -> None:
    first = watched.place(("TEE", 1))
    watched.start()
    watched.until_units(first, "allocated", 1)
    watched.engine.run(PlaceHold(order=first, hold=HoldInput(type="fraud")))
    number = watched.order(first).holds[0].number
    watched.engine.run(RejectHold(order=first, hold=number, reason="stolen card"))
    until(lambda: len(entries(watched)) >= 2, "suggestions")
    assert {each.state for each in entries(watched)} == {EntryState.SUGGESTED}
    assert all("***" in each.shown for each in entries(watched))
    second = watched.place(("TEE", 2))
    watched.until_units(second, "allocated", 2)
    email = next(each for each in entries(watched) if each.kind == "email")
    watched.engine.run(ConfirmListEntry(entry=email.id))
    third = watched.place(("TEE", 3))
    until(lambda: [hold.type for hold in watched.order(third).holds] == ["fraud"], "the hold")
    assert_clean(watched.database)


def asking(site: Site, *, required: bool) -> Site:
    """The site with a policy that asks the sandbox's scorer."""
    fraud = f'[fraud]\nbuilt_in = false\nask = "http_scores"\nrequired = {str(required).lower()}'
    site.engine.run(PutPolicy(policy="risk", text=POLICY.replace("[fraud]\nbuilt_in = false", fraud)))
    site.engine.run(ActivatePolicy(policy="risk", policy_version=1))
    site.stock(TEE_lyon=500)
    return site


def test_an_outside_scorer_is_asked_and_its_points_count(still_site: Site) -> None:
    site = asking(still_site, required=True)
    small, large = site.place(("TEE", 1)), site.place(("TEE", 120))
    site.start()
    until(lambda: [hold.type for hold in site.order(large).holds] == ["fraud"], "the hold")
    assert "large" in site.order(large).holds[0].reason
    site.until_units(small, "allocated", 1)
    [case] = site.call("GET", f"/scores/cases?number={site.order(large).number}")["cases"]
    assert case["order"]["buyer"]["email"] == "ann@example.com"
    assert case["order"]["total_minor"] == 120_000
    assert_clean(site.database)


def test_a_scorer_that_does_not_answer_stops_nothing_unless_it_has_to_answer(still_site: Site) -> None:
    site = asking(still_site, required=False)
    site.misbehave(Partner.SCORES, fail_probability=1)
    order = site.place(("TEE", 120))
    site.start()
    site.until_units(order, "allocated", 120)
    screening = site.order(order).screening
    assert screening is not None
    assert screening.points == ()
    assert_clean(site.database)


def test_an_order_waits_for_a_scorer_that_has_to_answer(fresh_database: str, sandbox_thread: SandboxThread) -> None:
    with opened_site(fresh_database, sandbox_thread, ladder_s=(0.05,) * 500) as site:
        asking(site, required=True)
        site.misbehave(Partner.SCORES, fail_probability=1)
        order = site.place(("TEE", 1))
        site.start()
        until(lambda: any(job["attempts"] > 1 for job in site.jobs(kind="screen")), "the second attempt")
        assert [hold.type for hold in site.order(order).holds] == ["screening"]
        site.misbehave(Partner.SCORES)
        site.until_units(order, "allocated", 1)
        assert_clean(site.database)


def test_nothing_is_known_of_who_was_erased(watched: Site) -> None:
    order = watched.place(("TEE", 1))
    watched.start()
    watched.until_units(order, "allocated", 1)
    traces = "SELECT kind FROM traces WHERE cell = %(cell)s"
    assert len(watched.rows(traces)) >= 3
    watched.engine.run(PlaceHold(order=order, hold=HoldInput(type="manual")))
    watched.engine.run(RejectHold(order=order, hold=watched.order(order).holds[0].number, reason="no"))
    until(lambda: not any(each.requests for each in watched.order(order).tenders), "the money")
    watched.engine.run(ErasePeople(order=order))
    assert watched.rows(traces) == []


def test_the_clock_escalates_what_nobody_resolves(ahead: Site) -> None:
    ahead.put_location("lyon", PLACES["lyon"], partner="")
    ahead.stock(TEE_lyon=2)
    order = ahead.place(("TEE", 1))
    due_at = ahead.clock() + timedelta(hours=1)
    hold = HoldInput(type="manual", due_at=due_at, escalate_to="boss")
    ahead.engine.run(PlaceHold(order=order, hold=hold))
    ahead.start()
    ahead.clock.forward(3_700)
    until(lambda: ahead.order(order).holds[0].owner == "boss", "the escalation")
    assert ahead.rows("SELECT owner, escalated_at IS NULL FROM holds WHERE cell = %(cell)s") == [("boss", False)]
    assert_clean(ahead.database)
