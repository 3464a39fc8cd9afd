"""Promises from the route until the parcel is there."""

from datetime import UTC, datetime, timedelta

from orderline.core.orders.promised import PromiseCause, PromiseOutcome
from orderline.core.promises.commands import MakeQuote, PutDelay
from orderline.core.promises.network import Delay
from orderline.engine.promising import PromiseAsked, Promised, Promiser, WantedLine
from orderline.sandbox.settings import Span, WarehouseBehavior
from orderline.store.reading.promising import load_kept
from orderline.store.reading.source import open_source
from orderline.values.failures import Refused
from orderline.values.ids import CartHoldId, new_id
from worker.site import PLACES, Site, until


def test_an_order_is_promised_with_its_route_and_keeps_it(site: Site) -> None:
    site.stock(TEE_lyon=5)
    order_id = site.place(("TEE", 2))
    order = site.until_units(order_id, "delivered", 2)
    [promise] = order.promises
    assert promise.first.locations == ("lyon",)
    assert promise.first.services == ("standard-tables standard",)
    assert order.accepted_at < promise.first.earliest_at < promise.first.latest_at
    assert promise.first.source.startswith("decision ")
    assert (promise.outcome, promise.kept_last) == (PromiseOutcome.KEPT, True)
    site.until_no_jobs()
    site.verified()
    source = open_source(site.database)
    figures = load_kept(source, 100)
    source.connection.close()
    assert (figures.overall.ended, figures.overall.kept, figures.overall.kept_ppm) == (1, 1, 1_000_000)
    assert [(each.name, each.kept) for each in figures.by_location] == [("lyon", 1)]
    assert [(each.name, each.kept) for each in figures.by_carrier] == [("standard-tables", 1)]


def test_a_delay_moves_the_promises_that_it_keeps_and_their_customers_are_told(still_site: Site) -> None:
    site = still_site
    site.stock(TEE_lyon=5)
    site.behave(warehouse=WarehouseBehavior(accept=Span(60_000, 60_000)))
    site.start()
    order_id = site.place(("TEE", 2))
    before = until(lambda: site.order(order_id).promises, "a promise")[0]
    snow = Delay(days=2, reason="snow", country="FR")
    site.engine.run(PutDelay(delay="snow", rules=snow))
    after = until(lambda: [each for each in site.order(order_id).promises if each.revisions], "another promise")[0]
    assert (after.cause, after.first) == (PromiseCause.FORCE_MAJEURE, before.first)
    assert after.window.latest_at >= before.first.latest_at + timedelta(days=2)
    assert after.window.source == "delay snow"
    order = site.order(order_id)
    assert len(until(lambda: _told_later(site, order.number), "a message")) == 1
    # Marked again, it moves nothing again.
    site.engine.run(PutDelay(delay="snow", rules=snow))
    site.until_no_jobs()
    assert site.order(order_id).promises[0].revisions == 1
    site.verified()


def _told_later(site: Site, number: str) -> list[object]:
    messages = site.call("GET", f"/notices/messages?about={number}&limit=10")["messages"]
    return [message for message in messages if "later than promised" in str(message)]


def test_a_place_that_a_quote_keeps_is_for_its_order_alone(still_site: Site) -> None:
    site = still_site
    site.stock(TEE_lyon=5)
    site.put_location("lyon", PLACES["lyon"], daily_capacity=1)
    asked = PromiseAsked(channel="web", lines=(WantedLine("TEE", 1),), place=PLACES["lyon"], methods=("standard",))
    source = open_source(site.database)
    [told] = Promiser(site.database).answer(source, [asked])
    assert isinstance(told, Promised)
    cart = CartHoldId(new_id())
    quote = MakeQuote(
        quote="q-1",
        channel="web",
        place=asked.place,
        lines=told.cart.lines,
        options=told.options,
        expires_at=datetime.now(UTC) + timedelta(minutes=10),
        cart=cart,
    )
    site.engine.run(quote)
    # The place is kept: nobody else is promised it ...
    [other] = Promiser(site.database).answer(source, [asked])
    assert isinstance(other, Refused)
    source.connection.close()
    # ... or sent there.
    hasty = site.place(("TEE", 1))
    quoted = site.place(("TEE", 1), quote="q-1", cart_hold=cart)
    site.start()
    site.until_units(quoted, "delivered", 1)
    assert site.order(quoted).fulfillments[0].location == "lyon"
    assert site.order(hasty).lines[0].units.pooled == 1
    site.verify_all()
