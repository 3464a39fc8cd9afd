"""Decision requests at work: asked by message, answered or ended by a timer that outlives its worker."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from orderline.core.decisions.asking import DecisionCause
from orderline.core.decisions.commands import AnswerDecision
from orderline.core.decisions.links import hash_of
from orderline.core.decisions.state import Decision, DecisionState
from orderline.core.orders.commands import CancelUnits, RejectUnits
from orderline.core.supply.commands import (
    CancelPurchaseOrder,
    CreatePurchaseOrder,
    PurchaseLineInput,
    RevisedInput,
    RevisePurchaseOrder,
    SendPurchaseOrder,
)
from orderline.engine.engine import Engine
from orderline.store.loading import decode_record
from orderline.values.ids import OrderId
from worker.site import PLACES, Site, until, without

HOUR = 3600.0


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


def asked(site: Site) -> tuple[OrderId, Decision]:
    """An order whose units nobody has, once its customer was asked."""
    site.put_location("lille", PLACES["lille"], active=False)
    site.put_location("lyon", PLACES["lyon"], partner="")
    site.stock(TEE_lyon=2)
    site.start()
    order = site.place(("TEE", 2))
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
    token = re.search(r"by-link/(\S+)", text)
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
