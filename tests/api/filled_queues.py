"""A merchant on a bad day: something waits in every queue, brought about by commands wherever there are any."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import httpx

from api.stage import Stage
from api.test_carrier_claims import draft, shipped
from api.test_companies import place as place_for_company
from api.test_companies import set_up
from api.test_disputes import disputed
from api.test_orphans import receive
from api.test_returns import ask, delivered
from orderline.core.alarms.commands import RaiseAlarm
from orderline.core.counts.commands import PlanCount
from orderline.core.decisions.asking import AskPolicy, DecisionCause
from orderline.core.decisions.commands import DraftDecision
from orderline.core.fulfillments.discrepancies import Cause, ReportDiscrepancy
from orderline.core.holds.rules import TYPES
from orderline.core.mappings.commands import SeeValue
from orderline.core.mappings.state import MappingKind
from orderline.core.orders.commands import (
    AcceptFulfillment,
    AnswerPayment,
    CancelUnits,
    RejectUnits,
    TrackParcel,
)
from orderline.core.orders.state import PaymentKind, PaymentRequest
from orderline.core.shipments.carrier_pickups import AnswerCarrierPickup, BookCarrierPickup
from orderline.core.stock.commands import AdjustStock, ApplyFeed, FeedRow, PutChannel, PutLocation, PutSkus
from orderline.core.stock.state import Channel, Location, LocationKind, ShortPolicy, Sku
from orderline.core.stock.substitutes import Substitute
from orderline.core.supply.commands import CreatePurchaseOrder, PurchaseLineInput
from orderline.core.tasks.commands import RaiseTask
from orderline.core.tasks.state import TaskKind
from orderline.core.tenders.by_hand import ReceivePayment
from orderline.core.tenders.reversing import ReverseRefund
from orderline.core.transfers.commands import CreateTransfer, TransferLineInput
from orderline.store.reading.auditing import Broken
from orderline.store.reconciling import Difference, save_check
from orderline.store.verifications import note_verified
from orderline.store.working import read_orders
from orderline.values.address import Place
from orderline.values.ids import OrderId, new_id

CARD: Final = {"provider": "sandbox", "method": "card", "amount_minor": 2000}
TEE: Final = "TEE-M"
FAR: Final = "far"  # a channel that a partner is told for, and whose questions a person looks at first

SEALED: Final = """
kind = "returns"
to = { "*" = "lyon" }

[[rule]]
name = "sealed"
exemption = "sealed_hygiene"
"""


def done(answer: httpx.Response) -> None:
    """What was asked for was done."""
    assert answer.is_success, answer.text


def placed(stage: Stage, name: str, **about: Any) -> OrderId:
    """An order for one tee."""
    return OrderId(UUID(stage.place(name, **about)["id"]))


def swap_offered(stage: Stage, name: str, channel: str = "web") -> str:
    """A question that offers a customer something else; its id. channel: the order's, whose questions may be looked at first."""
    stage.engine.run(PutSkus(skus=(Sku("CAP", "A cap", substitutes=(Substitute(sku="TEE-L"),)),)))
    for sku in ("CAP", "TEE-L"):
        stage.engine.run(AdjustStock(sku=sku, location="lyon", quantity=9, reason="received"))
    lines = [{"sku": "CAP", "quantity": 2, "unit_price_minor": 2000}]
    order = placed(stage, name, quantity=2, lines=lines, channel=channel)
    stage.allocate(str(order), 2)
    stage.engine.run(RejectUnits(order=order, fulfillment=1, reason="gone", shelf="missing"))
    id_ = str(new_id())
    stage.engine.run(DraftDecision(decision=id_, order=order, cause=DecisionCause.UNFILLABLE))
    return id_


def fill(stage: Stage) -> None:
    """Have something wait in each queue."""
    for part in (_first_of_all, _held, _questions, _money, _parcels, _returns, _stock):
        part(stage)


def _first_of_all(stage: Stage) -> None:
    now, run = datetime.now(UTC), stage.engine.run
    run(RaiseAlarm(order=placed(stage, "stuck"), step="route"))
    drift = (Broken("units", "units add up", 7, 1),)
    note_verified(stage.database, now, orders=9, whole=True, chained=9, broken=0, faults=1, drift=drift)
    at_once = Location("lille", "Lille", LocationKind.WAREHOUSE, "eu", Place(country="FR"), handling_days=0)
    run(PutLocation(location=at_once))
    run(AdjustStock(sku=TEE, location="lille", quantity=1, reason="received"))
    soon = placed(stage, "soon")
    stage.allocate(str(soon), location="lille")
    run(
        ApplyFeed(feed="lille", sequence=1, part=0, delta=False, rows=(FeedRow(TEE, "lille", 0),))
    )  # and it is not there
    found = Difference(
        provider="psp", event_id="ours-1", kind="missing_there", order=soon, reference="", operation="capture", amount_minor=1,
        currency="EUR", next_step="ask the provider", occurred_at=now,
    )  # fmt: skip
    save_check(stage.database, "psp", [found], now, 1, now + timedelta(hours=1))
    run(SeeValue(mapping="shops:sku:cap", partner="shops", kind=MappingKind.SKU, value="cap", channel="web"))
    asks = AskPolicy(sends=())
    run(PutChannel(channel=Channel(FAR, "Far", ("eu",), currencies=("EUR",), partner="shops", asks=asks)))
    untold = placed(stage, "untold", channel=FAR)
    run(CancelUnits(order=untold, reason="changed_mind"))
    failed = placed(stage, "failed", tenders=[CARD])
    query = "UPDATE outbox SET {} WHERE stream LIKE %(stream)s RETURNING id"
    late = query.format("created_at = now() - interval '1 hour', due_at = now() - interval '1 hour'")
    assert stage.database.rows(late, {"stream": f"%{untold}%"}), "an hour has passed, and the channel was not told"
    assert stage.database.rows(query.format("state = 'dead', last_error = 'no'"), {"stream": f"%{failed}%"})


def _held(stage: Stage) -> None:
    order = placed(stage, "held")
    for each in TYPES:
        done(stage.call("POST", f"/v1/orders/{order}/holds", json={"type": each}))


def _questions(stage: Stage) -> None:
    swap_offered(stage, "drafted", FAR)
    swap_offered(stage, "sent")
    set_up(stage, "acme", approvals=[{"name": "all", "steps": ["merchant"]}])
    done(place_for_company(stage, "acme", "1"))


def _money(stage: Stage) -> None:
    def answered(name: str, asked: PaymentKind, *, cancel: bool = False, **answer: Any) -> OrderId:
        """An order whose provider has answered what it was asked."""
        order = placed(stage, name, tenders=[CARD | ({"state": "captured"} if cancel else {})])
        if cancel:
            stage.engine.run(CancelUnits(order=order, reason="changed_mind"))
        [request] = _requests(stage, order)
        assert request.kind is asked
        about = {"key": request.key, "kind": asked, "amount_minor": request.amount_minor}
        stage.engine.run(AnswerPayment(order=order, tender=1, **about, **answer))
        return order

    answered("in-doubt", PaymentKind.AUTHORIZE, in_doubt=True)
    answered("declined", PaymentKind.AUTHORIZE, declined="no_money")
    answered("refund-declined", PaymentKind.REFUND, cancel=True, declined="account_closed")
    back = answered("refunded", PaymentKind.REFUND, cancel=True, reference="r-1")
    stage.engine.run(ReverseRefund(order=back, tender=1, reference="back-1", amount_minor=2000))
    by_hand = placed(stage, "by-hand", tenders=[{"provider": "terms", "method": "bank_transfer", "amount_minor": 2000}])
    stage.engine.run(ReceivePayment(order=by_hand, amount_minor=2000, currency="EUR", reference="B-1"))
    stage.engine.run(CancelUnits(order=by_hand, reason="changed_mind"))
    disputed(stage, "disputed", 2000)


def _requests(stage: Stage, order: OrderId) -> list[PaymentRequest]:
    return list(read_orders(stage.database, [order])[order].tenders[0].requests)


def _parcels(stage: Stage) -> None:
    now, run = datetime.now(UTC), stage.engine.run
    asked = placed(stage, "asked-back")
    stage.allocate(str(asked))
    run(AcceptFulfillment(order=asked, fulfillment=1))
    run(CancelUnits(order=asked, reason="changed_mind"))
    number = shipped(stage)
    done(draft(stage, number))
    lost = OrderId(UUID(stage.call("GET", f"/v1/orders/{number}").json()["order"]["id"]))
    run(TrackParcel(order=lost, parcel=1, state="lost"))
    missing = f"/v1/orders/{delivered(stage, 'missing', 1)}/parcels/1/missing-parcels"
    done(stage.call("POST", missing, json={"case": "N-1"}))
    taken = placed(stage, "rejected")
    stage.allocate(str(taken))
    run(RejectUnits(order=taken, fulfillment=1, reason="no staff"))
    run(ReportDiscrepancy(id="d-1", order=taken, fulfillment=1, cause=Cause.WITHDRAWN, left=True))
    window = {"ready_at": now + timedelta(days=1), "close_at": now + timedelta(days=1, hours=2)}
    run(BookCarrierPickup(pickup="v-1", location="lyon", carrier="post", **window))
    run(AnswerCarrierPickup(pickup="v-1", code="no_car"))


def _returns(stage: Stage) -> None:
    for name, finding in (("mend", "repairable"), ("hopeless", "unrepairable"), ("back", "refused")):
        order = _received(stage, name, repair=True)
        found = [{"item": 1, "quantity": 1, "finding": finding}]
        done(ask(stage, order, "/1/assessments", assessed=found))
    missing = [{"line": 1, "quantity": 1, "reason": "missing"}]
    done(ask(stage, delivered(stage, "did-not-come", 1), lines=missing))
    _received(stage, "to-grade")
    done(stage.call("PUT", "/v1/policies/sealed", json={"text": SEALED}))
    done(stage.call("POST", "/v1/policies/sealed/activations", json={"policy_version": 1}))
    opened = _received(stage, "seal-broken", why="too_small")
    done(ask(stage, opened, "/1/grades", graded=[{"item": 1, "quantity": 1, "grade": "opened"}]))
    done(receive(stage, "whose"))


def _received(stage: Stage, name: str, why: str = "defective", **about: Any) -> OrderId:
    """An order whose one piece has come back."""
    order = delivered(stage, f"return-{name}", quantity=1)
    done(ask(stage, order, lines=[{"line": 1, "quantity": 1, "reason": why}], **about))
    done(ask(stage, order, "/1/receipts", receipt=name, location="lyon", items=[{"item": 1, "quantity": 1}]))
    return order


def _stock(stage: Stage) -> None:
    due_at = datetime.now(UTC) + timedelta(days=3)
    stage.engine.run(PutSkus(skus=(Sku("CAPE", "A cape", short_policy=ShortPolicy.BACKORDER),)))
    placed(stage, "waits", lines=[{"sku": "CAPE", "quantity": 1, "unit_price_minor": 2000}])
    for command in (
        RaiseTask(task="t-1", kind=TaskKind.LOW_COVER, text="little is left", sku=TEE, location="lyon"),
        PlanCount(count="c-1", location="lyon", lines=(TEE,)),
        CreateTransfer(
            transfer="m-1", source="lyon", target="paris", lines=(TransferLineInput(TEE, 1),), due_at=due_at
        ),
        CreatePurchaseOrder(purchase_order="p-1", location="lyon", lines=(PurchaseLineInput(TEE, 1, due_at),)),
    ):
        stage.engine.run(command)
