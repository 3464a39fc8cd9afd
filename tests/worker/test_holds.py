"""Hold policies at work: orders looked at before they are routed, by what is known of their customers; and the clock."""

import json
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import resources
from typing import Any, Final

import psycopg
import pytest

from orderline.core.disputes.commands import TellDispute
from orderline.core.disputes.state import DisputeStage
from orderline.core.holds.commands import RejectHold
from orderline.core.holds.lists import ConfirmListEntry, EntryState, ListEntry
from orderline.core.holds.policy import compile_holds
from orderline.core.identities.decide import MergeCustomers
from orderline.core.orders.commands import CancelUnits, CustomerInput, HoldInput, PlaceHold, ReleaseHold
from orderline.core.people.erasing import ErasePeople
from orderline.core.policies.commands import ActivatePolicy, PutPolicy
from orderline.engine.submissions import Submission
from orderline.engine.verifying import verify
from orderline.sandbox.server import SandboxThread
from orderline.sandbox.settings import Partner
from orderline.store.loading import decode_record
from orderline.store.reading.precision import CameOf, HeldFilter, load_missed, load_precision, load_rule_holds
from orderline.store.reading.source import open_source
from orderline.values.ids import OrderId
from orderline.worker.holds import look_up
from support.engines import assert_clean
from worker.site import PLACES, Site, opened_site, until

WAITING: Final = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
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


BURNT = """
kind = "holds"

[fraud]
built_in = false

[[rule]]
name = "burnt"
when = "charged_back.fraud > 0 && charged_back.email > 0"
type = "fraud"

[[rule]]
name = "many"
when = "order.units > 5"
type = "stock"
"""


def charge_back(site: Site, order: OrderId, reason: str, stage: DisputeStage = DisputeStage.OPENED) -> None:
    site.engine.run(
        TellDispute(order=order, tender=1, reference=f"dp-{order}", stage=stage, amount_minor=0, reason=reason)
    )


def precision(site: Site) -> tuple[dict[str, tuple[int, ...]], int]:
    now = datetime.now(UTC)
    source = open_source(site.database)
    try:
        span = (now - timedelta(days=400), now + timedelta(days=400))
        found = load_precision(source, *span, channels=())
        listed = partial(load_rule_holds, source, *span, channels=(), after=None, most=100)
        for each in found.rules:
            rows = listed(HeldFilter(rule=each.rule, type=each.type))
            counted = Counter(row.came_of.value for row in rows)
            told_of = {
                "open": each.open,
                "rejected": each.confirmed,
                "charged_back": each.charged_back,
                "fine": each.fine,
            }
            assert (len(rows), {name: counted[name] for name in CameOf}) == (each.held, told_of)
            assert sum(row.fraud for row in rows) == len(listed(HeldFilter(rule=each.rule, fraud=True))) == each.fraud
        assert len(load_missed(source, *span, channels=(), after=None, most=100)) == found.missed
    finally:
        source.connection.close()
    told: dict[str, tuple[int, ...]] = {
        each.rule: (each.held, each.open, each.confirmed, each.charged_back, each.fraud, each.fine)
        for each in found.rules
    }
    return told, found.missed


def test_who_was_charged_back_is_known_again_and_rules_are_measured_by_it(still_site: Site) -> None:
    site = still_site
    site.engine.run(PutPolicy(policy="risk", text=BURNT))
    site.engine.run(ActivatePolicy(policy="risk", policy_version=1))
    site.stock(TEE_lyon=50)
    first = site.place(("TEE", 1))
    site.start()
    site.until_units(first, "allocated", 1)
    charge_back(site, first, "product_not_received")
    second = site.place(("TEE", 2))
    site.until_units(second, "allocated", 2)
    charge_back(site, second, "fraudulent")
    held = [site.place(("TEE", number)) for number in (3, 4, 6)]
    until(lambda: [[hold.rule for hold in site.order(each).holds] for each in held]
          == [["burnt"], ["burnt"], ["burnt", "many"]], "the holds")  # fmt: skip
    facts = site.rows(
        "SELECT body FROM journal WHERE cell = %(cell)s AND body LIKE '%%order_screened%%' ORDER BY position"
    )
    screened = next(each for each in json.loads(facts[-1][0])["events"] if each["event"] == "order_screened")
    assert screened["facts"]["charged_back"] == {
        "person": 2, "email": 2, "phone": 0, "address": 2, "card": 2, "fraud": 1,
    }  # fmt: skip
    assert precision(site) == ({"burnt": (3, 3, 0, 0, 0, 0), "many": (1, 1, 0, 0, 0, 0)}, 1)
    site.engine.run(RejectHold(order=held[0], hold=2, reason="stolen card"))
    for order, number in ((held[1], 2), (held[2], 2), (held[2], 3)):
        site.engine.run(ReleaseHold(order=order, hold=number, reason="known"))
    charge_back(site, held[1], "10.4 Other Fraud-Card Absent Environment")
    assert precision(site) == ({"burnt": (3, 0, 1, 1, 1, 1), "many": (1, 0, 0, 0, 0, 1)}, 1)
    # what is won counts no more
    charge_back(site, held[1], "10.4 Other Fraud-Card Absent Environment", DisputeStage.WON)
    assert precision(site)[0]["burnt"] == (3, 0, 1, 0, 0, 2)
    assert_clean(site.database)
    for amount, wrong in ((1, {"windows"}), (0, set[str]())):
        site.rows(f"UPDATE order_disputes SET amount_minor = {amount} WHERE cell = %(cell)s RETURNING number")
        assert {each.name for each in verify(site.database).invariants if each.faults} == wrong
    # A database of before has them made from its journals.
    kept = "SELECT rule, number, outcome, placed_at, ended_at FROM rule_holds WHERE cell = %(cell)s ORDER BY order_id, number"
    before = site.rows(kept)
    assert len(before) == 4
    site.rows("DELETE FROM rule_holds WHERE cell = %(cell)s RETURNING 1")
    assert {each.name for each in verify(site.database).invariants if each.faults} == {"windows"}
    text = (resources.files("orderline.store.migrations") / "0079_rule_holds.sql").read_text()
    for statement in (each for each in text.split(";") if "\nINSERT" in each or "\nUPDATE" in each):
        site.rows(statement.replace("%", "%%") + " RETURNING 1")
    assert site.rows(kept) == before
    assert_clean(site.database)


def test_one_person_is_known_by_what_was_said_of_who_is_one(still_site: Site) -> None:
    site = still_site
    policy = BURNT.replace("charged_back.fraud > 0 && charged_back.email > 0", "charged_back.person > 1")
    site.engine.run(PutPolicy(policy="risk", text=policy))
    site.engine.run(ActivatePolicy(policy="risk", policy_version=1))
    site.stock(TEE_lyon=50)
    ann, other = (
        site.place(("TEE", 1)),
        site.place(("TEE", 1), token="another", customer=CustomerInput(name="A", email="a@else.test")),
    )
    site.start()
    for each in (ann, other):
        site.until_units(each, "allocated", 1)
        charge_back(site, each, "fraudulent")
    before = site.place(("TEE", 2))
    site.until_units(before, "allocated", 2)
    site.engine.run(MergeCustomers(identity="ann", among=(ann, other), reason="told us"))
    after = site.place(("TEE", 3))
    until(lambda: [hold.rule for hold in site.order(after).holds] == ["burnt"], "the hold")
    assert_clean(site.database)


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


@pytest.mark.parametrize("screening_first", [False, True])
def test_nothing_is_kept_of_who_is_erased_while_being_looked_at(watched: Site, screening_first: bool) -> None:
    order = watched.place(("TEE", 1), tenders=())
    seen, policy = watched.order(order), compile_holds(POLICY, "risk@1")
    watched.engine.run(CancelUnits(order=order, reason="no"))
    with ThreadPoolExecutor(1) as pool, psycopg.connect(watched.database.dsn) as holder:
        # The first of the two stops at something else, when it has done its part.
        if screening_first:
            holder.execute(
                "INSERT INTO traces (cell, order_id, kind, digest, placed_at) VALUES (0, %s, 'address', '', now())",
                [order],
            )
        else:
            holder.execute("LOCK TABLE photos IN SHARE MODE")

        def look() -> Future[Any]:
            return pool.submit(look_up, watched.database, [(seen, policy)], watched.clock())

        def erase() -> Future[Any]:
            return watched.engine.submit(Submission(command=ErasePeople(order=order)))

        begun: list[Future[Any]] = []
        for each in (look, erase) if screening_first else (erase, look):
            begun.append(each())
            until(lambda: watched.rows(WAITING)[0][0] >= len(begun), "what waits")
        holder.rollback()
        assert begun[0].result(30)
        assert begun[1].result(30)
    assert watched.order(order).erased
    assert watched.rows("SELECT kind FROM traces WHERE cell = %(cell)s") == []


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
