"""Orders and cancellations that a channel tells, and what it is told in turn."""

from datetime import UTC, datetime

from orderline.core.next_steps import JobKind
from orderline.core.orders.commands import CancelUnits
from orderline.core.orders.state import LineQuantity, Order
from orderline.core.stock.commands import PutChannel
from orderline.core.stock.state import Channel
from orderline.engine.telling import replay
from orderline.store.subscriptions import JournalRange
from orderline.values.ids import OrderId
from worker.site import Site, until


def shop(site: Site, payments: str = "") -> None:
    channel = Channel("shop", "Shop", ("fr",), partner="sandbox_channels", payments=payments)
    site.engine.run(PutChannel(channel=channel))


def order_of(site: Site, external_id: str) -> Order:
    def look() -> list[tuple[OrderId]]:
        return site.rows("SELECT id FROM orders WHERE cell = %(cell)s AND external_id = %(name)s", name=external_id)

    return site.order(until(look, f"the order {external_id}")[0][0])


def test_orders_that_a_channel_announces_are_served_and_it_is_told(site: Site) -> None:
    shop(site, payments="sandbox_payments")
    site.stock(TEE_lyon=100, MUG_lyon=100)
    asked = {"count": 5, "skus": ["TEE", "MUG"], "countries": ["FR"], "announce": True}
    first = site.control("POST", "orders/generated", asked)["first"]
    order = order_of(site, first)
    site.until_units(order.id, "delivered", sum(line.quantity for line in order.agreement.lines))
    site.until_no_jobs()
    shop_knows = site.call("GET", f"/channel/orders/{first}")
    assert [(each["number"], each["state"]) for each in shop_knows["acknowledgments"]] == [(order.number, "accepted")]
    assert shop_knows["cancellations"] == []
    [told] = shop_knows["fulfillments"]
    assert [each["line"] for each in told["lines"]] == [str(line.line) for line in order.lines]
    [tender] = site.order(order.id).tenders
    assert tender.captured_minor == order.agreement.total_minor
    site.verified()


def test_a_cancellation_that_a_channel_asks_for_is_carried_out(site: Site) -> None:
    shop(site)
    first = site.control(
        "POST",
        "orders/generated",
        {"count": 1, "skus": ["MUG"], "countries": ["FR"], "announce": False},
    )["first"]
    # It is told before the order is: it waits.
    site.control("POST", "orders/canceled", {"order": first})
    until(lambda: ("parked", "ORDER_UNKNOWN") in site.door.verdicts, "the cancellation to wait")
    site.stock(MUG_lyon=10)
    site.control("POST", "orders", {"orders": site.call("GET", "/channel/orders")["orders"], "announce": True})
    order = order_of(site, first)
    assert until(lambda: site.order(order.id).lines[0].units.canceled, "the cancellation")


def test_a_channel_is_told_which_units_will_not_come_each_time(still_site: Site) -> None:
    site = still_site
    shop(site)
    site.stock(TEE_lyon=2, MUG_lyon=1)
    order_id = site.place(("TEE", 2), ("MUG", 1), channel="shop", external_id="S-1")
    site.engine.run(CancelUnits(order=order_id, lines=(LineQuantity(1, 1),), reason="sold out"))
    site.engine.run(CancelUnits(order=order_id, reason="changed mind"))
    site.start()
    site.until_no_jobs()
    told = site.call("GET", "/channel/orders/S-1")["cancellations"]
    assert [(each["reason"], [(line["sku"], line["quantity"]) for line in each["lines"]]) for each in told] == [
        ("sold out", [("TEE", 1)]),
        ("changed mind", [("TEE", 1), ("MUG", 1)]),
    ]
    site.verified()


def test_what_a_channel_was_told_can_be_told_again_and_counts_once(still_site: Site) -> None:
    site = still_site
    shop(site)
    site.stock(TEE_lyon=2)
    order_id = site.place(("TEE", 2), channel="shop", external_id="S-2")
    site.engine.run(CancelUnits(order=order_id, lines=(LineQuantity(1, 1),), reason="sold out"))
    site.engine.run(CancelUnits(order=order_id, reason="changed mind"))
    site.start()
    site.until_no_jobs()
    known = site.call("GET", "/channel/orders/S-2")
    assert len(known["cancellations"]) == 2
    assert replay(site.database, JournalRange(), [JobKind.CHANNEL], datetime.now(UTC)) == 3
    until(lambda: not site.jobs(kind="channel"), "the channel to be told again")
    assert site.call("GET", "/channel/orders/S-2") == known


def test_only_orders_of_channels_with_a_partner_are_told_of(still_site: Site) -> None:
    still_site.stock(TEE_lyon=2)
    still_site.place(("TEE", 1))
    assert still_site.jobs(kind="channel") == []
    shop(still_site)
    still_site.place(("TEE", 1), channel="shop", external_id="S-3")
    assert len(still_site.jobs(kind="channel")) == 1


def test_orders_that_a_channel_did_not_tell_are_asked_for(still_site: Site) -> None:
    site = still_site
    shop(site)
    site.stock(TEE_lyon=50)
    asked = {"count": 3, "skus": ["TEE"], "countries": ["FR"]}
    site.control("POST", "orders/generated", asked)
    site.start()
    until(lambda: site.rows("SELECT since FROM channel_pulls WHERE cell = %(cell)s"), "the channel to be known")
    told = site.control("POST", "orders/generated", asked)
    pulled = pull(site)
    # What was placed before the channel was first asked is left to an import.
    assert [row[0] for row in pulled] == ["SHOP-0000004", "SHOP-0000005", "SHOP-0000006"]
    assert told["first"] == pulled[0][0]
    order = order_of(site, told["first"])
    site.until_units(order.id, "delivered", sum(line.quantity for line in order.agreement.lines))
    # The place is kept: the next time goes on from there, also by another worker.
    site.stop()
    site.start()
    site.control("POST", "orders/generated", asked | {"count": 1})
    assert [row[0] for row in pull(site)][3:] == ["SHOP-0000007"]
    assert site.rows("SELECT place FROM channel_pulls WHERE cell = %(cell)s") == [("7",)]


def test_an_order_that_is_told_and_pulled_is_one_order(still_site: Site) -> None:
    site = still_site
    shop(site)
    site.stock(TEE_lyon=50)
    site.start()
    until(lambda: site.rows("SELECT since FROM channel_pulls WHERE cell = %(cell)s"), "the channel to be known")
    asked = {"count": 2, "skus": ["TEE"], "countries": ["FR"], "announce": True}
    first = site.control("POST", "orders/generated", asked)["first"]
    order_of(site, first)
    assert len(pull(site)) == 2
    assert site.rows("SELECT reason FROM inbox WHERE cell = %(cell)s AND state = 'refused'") == []


def pull(site: Site) -> list[tuple[str]]:
    """The external ids of all orders, once those the shop has have been pulled."""
    orders = site.call("GET", "/channel/orders")["next"]
    site.clock.forward(61)
    until(lambda: site.rows("SELECT place FROM channel_pulls WHERE cell = %(cell)s") == [(orders,)], "the pull")
    return site.rows("SELECT external_id FROM orders WHERE cell = %(cell)s ORDER BY external_id")
