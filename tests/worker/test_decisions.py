"""Decision requests at work: asked by message, answered or ended by a timer that outlives its worker."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from orderline.core.companies.commands import PutBuyer, PutCompany, PutCompanyLocation
from orderline.core.companies.state import CompanyTerms
from orderline.core.decisions.asking import Asked, DecisionCause
from orderline.core.decisions.commands import AnswerDecision, SendDecision
from orderline.core.decisions.links import hash_of
from orderline.core.decisions.state import Decision, DecisionState
from orderline.core.orders.buying import CompanyInput
from orderline.core.orders.commands import CancelUnits, CustomerInput, GroupInput, RejectUnits, TenderInput
from orderline.core.policies.commands import ActivatePolicy, PutPolicy
from orderline.core.supply.commands import (
    CancelPurchaseOrder,
    CreatePurchaseOrder,
    PurchaseLineInput,
    RevisedInput,
    RevisePurchaseOrder,
    SendPurchaseOrder,
)
from orderline.store.loading import decode_record
from orderline.store.working import load_decisions
from orderline.values.address import Address
from orderline.values.ids import OrderId
from support.engines import assert_clean
from worker.site import PLACES, Site, until

HOUR = 3600.0


def asked(site: Site, **about: Any) -> tuple[OrderId, Decision]:
    """An order whose units nobody has, once its customer was asked. about: what else is said of the order."""
    site.put_location("lille", PLACES["lille"], active=False)
    site.put_location("lyon", PLACES["lyon"], partner="")
    site.stock(TEE_lyon=2)
    site.start()
    order = site.place(("TEE", 2), **about)
    site.until_units(order, "allocated", 2)
    site.engine.run(RejectUnits(order=order, fulfillment=1, reason="not found", shelf="missing"))
    return order, until(lambda: decision_of(site), "a decision request")


def decision_of(site: Site) -> Decision | None:
    rows = site.rows("SELECT body FROM records WHERE cell = %(cell)s AND kind = 'decision'")
    return decode_record("decision", rows[0][0]) if rows else None


def messages(site: Site, number: str) -> list[str]:
    found = site.call("GET", f"/notices/messages?about={number}&limit=20")["messages"]
    texts = [each["message"]["text"] for each in found]
    return [text for text in texts if "Answer here" in text]


def ended(site: Site) -> Decision | None:
    found = decision_of(site)
    return found if found is not None and found.state is DecisionState.EXECUTED else None


def test_the_customer_is_asked_reminded_and_taken_at_the_default(ahead: Site) -> None:
    order, decision = asked(ahead)
    assert decision.state is DecisionState.SENT
    number = ahead.order(order).number
    [text] = until(lambda: messages(ahead, number), "the question")
    token = re.search(r"your-answer/(\S+)", text)
    assert token is not None
    assert hash_of(token.group(1)) == decision.token_hash
    assert decision.token_hash not in text
    ahead.clock.forward(49 * HOUR)
    until(lambda: len(messages(ahead, number)) == 2, "the reminder")
    ahead.stop()  # the timer outlives the worker
    ahead.clock.forward(24 * HOUR)
    ahead.start()
    done = until(lambda: ended(ahead), "the default")
    assert done.evidence is not None
    assert (done.evidence.channel, done.evidence.answer) == ("silence", "cancel")
    ahead.until_units(order, "canceled", 2)


def test_who_has_answered_is_not_reminded(ahead: Site) -> None:
    order, decision = asked(ahead)
    number = ahead.order(order).number
    until(lambda: messages(ahead, number), "the question")
    answer = AnswerDecision(decision=decision.id, order=order, option="cancel", token_hash=decision.token_hash)
    assert msgspec.json.decode(ahead.services.engine.run(answer))["state"] == "executed"
    ahead.clock.forward(80 * HOUR)
    ahead.until_units(order, "canceled", 2)
    ahead.until_no_jobs()
    assert len(messages(ahead, number)) == 1
    done = ended(ahead)
    assert done is not None
    assert done.evidence is not None
    assert done.evidence.channel == "link"


def test_who_cannot_be_reached_is_not_taken_at_the_default_but_asked_by_staff(ahead: Site) -> None:
    order, _ = asked(ahead, customer=CustomerInput("Ann Lee", "", "1"))

    def stranded() -> Decision | None:
        found = decision_of(ahead)
        return found if found is not None and found.stranded else None

    decision = until(stranded, "the question handed to staff")
    assert (decision.state, decision.stranded) == (DecisionState.DRAFTED, "there is no email address")
    [waits] = ahead.order(order).asked
    assert (waits.to, waits.sent) == (Asked.CSR, False)
    ahead.clock.forward(80 * HOUR)
    ahead.until_no_jobs()
    assert sum(line.units.canceled for line in ahead.order(order).lines) == 0
    ahead.services.engine.run(SendDecision(decision=decision.id, order=order))  # somebody has them on the phone
    ahead.until_no_jobs()
    again = decision_of(ahead)
    assert again is not None
    assert again.state is DecisionState.SENT
    answer = AnswerDecision(decision=decision.id, order=order, option="cancel", reason="by phone")
    ahead.services.engine.run(answer)
    ahead.until_units(order, "canceled", 2)
    assert_clean(ahead.database)


def test_the_buyer_of_a_company_is_asked_about_its_order(ahead: Site) -> None:
    ahead.engine.run(PutCompany(company="acme", name="Acme", terms=CompanyTerms(currency="EUR", net_days=14)))
    dock = Address(name="Acme", lines=("1 Quai",), city="Lyon", postal_code="69001", country="FR")
    ahead.engine.run(PutCompanyLocation(company="acme", location="dock", address=dock, email="dock@acme.example"))
    ahead.engine.run(PutBuyer(company="acme", buyer="marie", name="Marie", email="marie@acme.example"))
    tenders = (TenderInput(provider="terms", method="terms", amount_minor=2000),)
    company = CompanyInput(company="acme", location="dock", buyer="marie")
    order, decision = asked(ahead, company=company, customer=CustomerInput(), groups=(), tenders=tenders)
    assert decision.state is DecisionState.SENT
    number = ahead.order(order).number
    until(lambda: messages(ahead, number), "the question")
    assert ahead.call("GET", "/notices/messages?to=marie@acme.example")["messages"][0]["message"]["about"] == number


@pytest.mark.parametrize("never", [False, True])
def test_supply_that_slips_asks_whoever_waits_for_it(ahead: Site, never: bool) -> None:
    due_at = datetime.now(UTC) + timedelta(days=5)
    ahead.engine.run(
        CreatePurchaseOrder(
            purchase_order="PO-1",
            location="lyon",
            lines=(PurchaseLineInput("TEE", 5, due_at, confidence_ppm=1_000_000),),
        )
    )
    ahead.engine.run(SendPurchaseOrder(purchase_order="PO-1"))
    ahead.start()
    order = ahead.place(("TEE", 2))
    first = until(lambda: ahead.order(order).promises, "a promise")[0].first
    assert first.latest_at > due_at
    late = due_at + timedelta(days=20)
    slip = RevisePurchaseOrder(purchase_order="PO-1", lines=(RevisedInput(1, due_at=late),))
    gone = CancelPurchaseOrder(purchase_order="PO-1", reason="the vendor has none")
    ahead.engine.run(gone if never else slip)
    decision = until(lambda: decision_of(ahead), "a decision request")
    assert (decision.cause, decision.state) == (DecisionCause.DELAY, DecisionState.SENT)
    assert decision.default == ("cancel" if never else "accept")
    assert (decision.about.latest_at is None) is never
    if not never:  # asked by when they will be there, not by when supply is ready
        assert decision.about.latest_at == ahead.order(order).promises[0].window.latest_at
        assert decision.about.latest_at > late
    ahead.clock.forward(73 * HOUR)
    done = until(lambda: ended(ahead), "the default")
    assert done.evidence is not None
    ahead.until_units(order, "canceled" if never else "pegged", 2)


def test_what_was_canceled_meanwhile_is_asked_no_more(ahead: Site) -> None:
    order, _ = asked(ahead)
    ahead.engine.run(CancelUnits(order=order, reason="by phone"))

    def withdrawn() -> bool:
        found = decision_of(ahead)
        return found is not None and found.state is DecisionState.WITHDRAWN

    until(withdrawn, "the request to be withdrawn")
    assert ahead.order(order).asked == ()


DOUBTED = """
kind = "holds"
[fraud]
built_in = false
[[rule]]
name = "odd address"
when = "size(address.problems) > 0"
type = "address"
"""


def test_a_doubted_address_is_asked_about_and_silence_sends_nothing(ahead: Site) -> None:
    ahead.engine.run(PutPolicy(policy="risk", text=DOUBTED))
    ahead.engine.run(ActivatePolicy(policy="risk", policy_version=1))
    ahead.stock(TEE_lyon=5)
    ahead.start()
    place = PLACES["lyon"]
    odd = Address(country=place.country, postal_code=place.postal_code, city=place.city, name="Ann Lee",
                  lines=("Rue de la Paix", place.city))  # fmt: skip
    ids = [ahead.place(("TEE", 1), groups=(GroupInput(address=odd, email="ann@example.com"),)) for _ in range(2)]
    number = ahead.order(ids[0]).number
    [text] = until(lambda: messages(ahead, number), "the question")
    assert "a house number is missing" in text
    assert "The address we have:\nAnn Lee\nRue de la Paix\nLyon\n" in text
    assert "We would write it:\nAnn Lee\nRue de la Paix\n69001 L" in text
    [question] = until(lambda: ahead.order(ids[1]).asked, "the other question")
    assert [question.id] != [each.id for each in ahead.order(ids[0]).asked]
    known = load_decisions(ahead.database, {question.id})[question.id]
    ahead.services.engine.run(
        AnswerDecision(decision=known.id, order=ids[1], option="keep", token_hash=known.token_hash)
    )
    ahead.until_units(ids[1], "delivered", 1)
    ahead.clock.forward(73 * HOUR)
    until(lambda: not ahead.order(ids[0]).asked, "the default")
    [hold] = ahead.order(ids[0]).holds
    assert (hold.type, hold.owner, hold.escalated_at is not None) == ("address", "support", True)
    assert ahead.order(ids[0]).lines[0].units.pooled == 1
    bodies = ahead.rows("SELECT body FROM journal WHERE cell = %(cell)s UNION ALL"
                        " SELECT body FROM record_journal WHERE cell = %(cell)s")  # fmt: skip
    assert not any("Paix" in row[0] for row in bodies)
    ahead.verified()
