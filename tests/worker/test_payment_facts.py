"""What payment providers tell by themselves: before our call has its answer, twice, about orders that are still to come."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from standardwebhooks import Webhook

from orderline.contracts.disputes import DisputeFact
from orderline.contracts.payments import Operation, PaymentFact, TransactionState
from orderline.core.orders.commands import CancelUnits, CustomerInput, GroupInput, LineInput, PlaceOrder, TenderInput
from orderline.core.orders.state import Order
from orderline.core.tenders.inputs import Already
from orderline.store.reading.source import Source
from orderline.store.reconciling import Difference, last_check, load_differences
from orderline.values.address import Address
from orderline.values.ids import OrderId, new_id
from orderline.worker.inbound import Inbound
from worker.site import SECRET, Site, until
from worker.site import compare as compare_now

PAYMENTS = "sandbox_payments"


def approved(operation: Operation, **about: Any) -> PaymentFact:
    about = {"event_id": str(new_id()), "amount_minor": 2_000, "currency": "EUR", "reference": "pa_1", **about}
    return PaymentFact(operation=operation, state=TransactionState.APPROVED, occurred_at=datetime.now(UTC), **about)


def tell(site: Site, *facts: PaymentFact | DisputeFact) -> list[tuple[str, str]]:
    """Post facts as the provider does; the verdict of each, with its reason."""
    body = msgspec.json.encode({"facts": facts})
    at = datetime.now(UTC)
    signature = Webhook(SECRET).sign("msg_1", at, body.decode())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }

    async def take() -> list[tuple[str, str]]:
        inbound = Inbound(site.services)
        try:
            answer = await inbound.take_in(PAYMENTS, headers, body)
        finally:
            await inbound.close()
        return [(each.verdict.value, each.reason) for each in answer.verdicts]

    return asyncio.run(take())


def replay(site: Site) -> int:
    async def run() -> int:
        inbound = Inbound(site.services)
        try:
            return await inbound.replay_parked()
        finally:
            await inbound.close()

    return asyncio.run(run())


def compare(site: Site) -> int:
    """Compare with the provider; from the second time on, an hour later than before."""
    if last_check(site.database, PAYMENTS) is not None:
        site.clock.forward(3_600)
    return compare_now(site)


def differences(site: Site, *, is_open: bool | None = True) -> list[Difference]:
    with site.database.connection() as connection:
        return load_differences(Source(connection, 0), is_open=is_open, most=10)


def place_paid(site: Site, reference: str, state: Already = "authorized") -> OrderId:
    """An order that the storefront has had paid."""
    address = Address(name="Ann Lee", lines=("1 Rue X",), city="Lyon", postal_code="69001", country="FR")
    tender = TenderInput(provider=PAYMENTS, amount_minor=2_000, state=state, reference=reference)
    command = PlaceOrder(
        channel="web",
        external_id=f"shop-{reference}",
        currency="EUR",
        lines=(LineInput(sku="TEE", quantity=2, unit_price_minor=1_000),),
        total_minor=2_000,
        customer=CustomerInput("Ann Lee", "ann@example.com", "1"),
        groups=(GroupInput(address=address),),
        tenders=(tender,),
    )
    return OrderId(UUID(msgspec.json.decode(site.engine.run(command))["id"]))


def key_of(order: Order) -> str:
    [request] = order.tenders[0].requests
    return request.key


def test_a_webhook_before_the_answer_is_the_answer_and_one_told_twice_counts_once(still_site: Site) -> None:
    site = still_site
    order_id = site.place(("TEE", 2))
    key = key_of(site.order(order_id))
    fact = approved(Operation.AUTHORIZE, key=key, event_id="ev-1", authorization="pa_1")
    assert tell(site, fact) == [("taken", "")]
    assert site.order(order_id).tenders[0].authorized_minor == 2_000
    assert tell(site, fact) == [("no_effect", "it is known")]
    # What the call says afterwards says nothing new: the provider is not even asked.
    site.start()
    site.until_no_jobs()
    assert site.order(order_id).tenders[0].authorized_minor == 2_000
    assert site.control("GET", "statistics")["partners"]["payments"]["counts"].get("authorize_approved", 0) == 0
    site.verify_all()


def test_a_webhook_without_our_key_finds_its_order_by_the_payment(still_site: Site) -> None:
    site = still_site
    order_id = site.place(("TEE", 2))
    tell(site, approved(Operation.AUTHORIZE, key=key_of(site.order(order_id)), reference="pa_9", authorization="pa_9"))
    site.engine.run(CancelUnits(order=order_id, reason="changed mind"))
    assert site.order(order_id).tenders[0].requests[0].kind.value == "void"
    told = approved(Operation.VOID, reference="pa_9", authorization="pa_9", event_id="ev-void")
    assert tell(site, told, told)[0] == ("taken", "")
    assert site.order(order_id).tenders[0].voided_minor == 2_000
    site.verify_all()


def test_a_webhook_of_an_unknown_order_is_parked_and_replayed_when_the_order_has_come(still_site: Site) -> None:
    site = still_site
    told = approved(Operation.AUTHORIZE, reference="pa_shop", authorization="pa_shop", event_id="ev-early")
    assert tell(site, told) == [("parked", "ORDER_UNKNOWN")]
    assert replay(site) == 0
    order_id = place_paid(site, "pa_shop")
    assert replay(site) == 1
    rows = site.rows("SELECT state, reason FROM inbox WHERE cell = %(cell)s AND event_id = 'ev-early'")
    assert rows == [("refused", "it is known")]
    assert replay(site) == 0
    assert site.order(order_id).tenders[0].authorized_minor == 2_000
    site.verify_all()


def test_what_the_provider_has_and_we_still_wait_for_is_resolved_by_the_comparison(still_site: Site) -> None:
    site = still_site
    assert compare(site) == 0
    order_id = site.place(("TEE", 2))
    key = key_of(site.order(order_id))
    asked = {"key": key, "order": "?", "token": "tok", "amount": 2_000, "currency": "EUR", "capture": False}
    site.call("POST", "/payments/authorizations", {"authorizations": [asked]})
    assert compare(site) == 0
    tender = site.order(order_id).tenders[0]
    assert (tender.authorized_minor, tender.requests) == (2_000, ())
    assert differences(site) == []
    site.verify_all()


def test_money_without_an_order_waits_until_its_order_has_come(still_site: Site) -> None:
    site = still_site
    compare(site)
    asked = {"key": "shop-1", "order": "?", "token": "tok", "amount": 2_000, "currency": "EUR", "capture": False}
    answer = site.call("POST", "/payments/authorizations", {"authorizations": [asked]})
    reference = answer["results"][0]["id"]
    assert compare(site) == 1
    [found] = differences(site)
    assert (found.kind, found.payment, found.order, found.amount_minor) == ("unknown_here", reference, None, 2_000)
    order_id = place_paid(site, reference)
    assert compare(site) == 0
    assert differences(site) == []
    [settled] = differences(site, is_open=False)
    assert (settled.order, settled.settled_by, settled.note) == (order_id, "orderline", "its order has come")
    site.verify_all()


def test_money_that_is_taken_behind_our_back_is_told_with_its_order(still_site: Site) -> None:
    site = still_site
    asked = {"key": "shop-1", "order": "?", "token": "tok", "amount": 2_000, "currency": "EUR", "capture": False}
    answer = site.call("POST", "/payments/authorizations", {"authorizations": [asked]})
    reference = answer["results"][0]["id"]
    order_id = place_paid(site, reference)
    compare(site)
    taken = {"key": "by-hand", "authorization": reference, "amount": 500, "currency": "EUR", "final": False}
    site.call("POST", "/payments/captures", {"captures": [taken]})
    assert compare(site) == 1
    [found] = differences(site)
    assert (found.kind, found.order, found.operation, found.amount_minor) == ("unknown_here", order_id, "capture", 500)
    assert last_check(site.database, PAYMENTS) is not None
    site.verify_all()


def test_an_order_told_as_paid_without_money_at_the_provider_is_listed(still_site: Site) -> None:
    site = still_site
    compare(site)
    asked = {"key": "shop-1", "order": "?", "token": "tok", "amount": 1_500, "currency": "EUR", "capture": False}
    answer = site.call("POST", "/payments/authorizations", {"authorizations": [asked]})
    less = answer["results"][0]["id"]
    paid = {**asked, "key": "shop-2", "amount": 2_000}
    whole = site.call("POST", "/payments/authorizations", {"authorizations": [paid]})["results"][0]["id"]
    never, short, good = place_paid(site, "pa_never"), place_paid(site, less), place_paid(site, whole)
    # What is read of the journal ends before the oldest transaction of the server, which may be of another database.
    until(lambda: compare(site) >= 0 and len(differences(site)) == 2, "a comparison that has read all three")
    found = {each.order: each for each in differences(site) if each.kind == "unpaid"}
    assert {order: each.amount_minor for order, each in found.items()} == {never: 2_000, short: 500}
    assert good not in found
    assert {each.owner for each in found.values()} == {"finance"}
    compare(site)
    assert len([each for each in differences(site) if each.kind == "unpaid"]) == 2, "each once"
    site.verify_all()
