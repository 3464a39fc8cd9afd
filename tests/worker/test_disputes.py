"""Disputes: money taken back reaches the order, is answered with what the order says, and is decided."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from orderline.contracts.disputes import DisputeFact, DisputeState
from orderline.core.disputes.commands import AnswerDispute
from orderline.core.disputes.state import Dispute, DisputeStage
from orderline.core.ledger.state import Account
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.state import Order
from orderline.core.orders.status import status_of
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from worker.site import Site, until
from worker.test_payment_facts import differences, place_paid, replay, tell


def paid(site: Site) -> OrderId:
    """An order that was delivered and paid."""
    site.stock(TEE_lyon=5)
    order_id = site.place(("TEE", 2))
    site.until_units(order_id, "delivered", 2)
    until(lambda: site.order(order_id).tenders[0].captured_minor == 2_000, "the capture")
    site.until_no_jobs()
    return order_id


def charge_back(site: Site, order: Order, amount: int = 2_000, **about: Any) -> Dispute:
    site.call("POST", "/payments/chargebacks", {"payment": order.tenders[0].reference, "amount": amount, **about})
    until(lambda: site.order(order.id).disputes, "the dispute")
    return site.order(order.id).disputes[-1]


def standing(site: Site, order_id: OrderId) -> int:
    books = site.order(order_id).books
    return books.of(Account.DISPUTES_RECEIVABLE) if books is not None else 0


def next_step(order: Order) -> tuple[str, datetime | None] | None:
    step = next_step_of(order, status_of(order).phase)
    return (step.what, step.due_at) if step is not None else None


def test_a_dispute_is_answered_in_time_and_won(site: Site) -> None:
    order_id = paid(site)
    dispute = charge_back(site, site.order(order_id))
    assert (dispute.stage, dispute.amount_minor, dispute.reason) == (DisputeStage.OPENED, 2_000, "product_not_received")
    assert dispute.respond_by is not None
    assert next_step(site.order(order_id)) == ("answer_dispute", dispute.respond_by - timedelta(days=1))
    assert standing(site, order_id) == 2_000
    site.engine.run(AnswerDispute(order=order_id, dispute=1, note="She signed for it."))
    until(lambda: site.order(order_id).disputes[0].stage is DisputeStage.UNDER_REVIEW, "the answer to count")
    until(lambda: site.order(order_id).disputes[0].answered_at, "the answer")
    assert next_step(site.order(order_id)) != ("answer_dispute", dispute.respond_by - timedelta(days=1))
    with pytest.raises(Refused, match="DISPUTE_STATE"):
        site.engine.run(AnswerDispute(order=order_id, dispute=1))
    site.call("POST", "/payments/dispute-decisions", {"dispute": dispute.reference, "won": True})
    until(lambda: site.order(order_id).disputes[0].stage is DisputeStage.WON, "the decision")
    assert standing(site, order_id) == 0
    site.until_no_jobs()
    assert differences(site) == []
    site.verified()


def test_a_dispute_that_is_lost_is_a_loss_and_nothing_is_refunded_on_top(site: Site) -> None:
    order_id = paid(site)
    dispute = charge_back(site, site.order(order_id), 1_500)
    site.call("POST", "/payments/dispute-decisions", {"dispute": dispute.reference, "won": False})
    until(lambda: site.order(order_id).disputes[0].stage is DisputeStage.LOST, "the decision")
    assert standing(site, order_id) == 0
    order = site.order(order_id)
    assert [each.kind for each in order.tenders[0].requests] == []
    with pytest.raises(Refused, match="DISPUTE_STATE"):
        site.engine.run(AnswerDispute(order=order_id, dispute=1))
    with pytest.raises(Refused, match="DISPUTE_UNKNOWN"):
        site.engine.run(AnswerDispute(order=order_id, dispute=2))
    site.until_no_jobs()
    site.verified()


def test_evidence_that_comes_too_late_is_told_as_refused(site: Site) -> None:
    order_id = paid(site)
    dispute = charge_back(site, site.order(order_id), answer_within_hours=1)
    site.call("POST", "/payments/evidence", {"evidence": [{"key": "by-hand", "dispute": dispute.reference}]})
    until(lambda: site.order(order_id).disputes[0].stage is DisputeStage.UNDER_REVIEW, "somebody else's answer")
    with pytest.raises(Refused, match="DISPUTE_STATE"):
        site.engine.run(AnswerDispute(order=order_id, dispute=1))
    site.verified()


def fact(**about: Any) -> DisputeFact:
    about = {"event_id": "dp-1.opened", "dispute": "dp-1", "state": DisputeState.OPENED, "amount_minor": 2_000, **about}
    return DisputeFact(occurred_at=datetime.now(UTC), currency="EUR", **about)


def test_a_dispute_of_a_storefront_s_payment_waits_for_its_order(still_site: Site) -> None:
    site = still_site
    assert tell(site, fact(authorization="pa_shop")) == [("parked", "ORDER_UNKNOWN")]
    order_id = place_paid(site, "pa_shop", "captured")
    assert replay(site) == 1
    [dispute] = site.order(order_id).disputes
    assert (dispute.stage, dispute.tender, dispute.reference) == (DisputeStage.OPENED, 1, "dp-1")
    older = fact(authorization="pa_shop", event_id="dp-1.inquiry", state=DisputeState.INQUIRY)
    older_at = older.occurred_at - timedelta(days=1)
    told = tell(site, msgspec.structs.replace(older, occurred_at=older_at))
    assert told == [("no_effect", "it is known")]
    assert site.order(order_id).disputes[0].stage is DisputeStage.OPENED
    assert (
        tell(site, fact(authorization="pa_shop", event_id="dp-2", dispute="dp-2", amount_minor=9_999))[0][0]
        == "refused"
    )
    site.verify_all()
