"""Orders and cancellations that a channel tells, and what it is told in turn."""

from orderline.core.orders.state import Order
from orderline.core.stock.commands import PutChannel
from orderline.core.stock.state import Channel
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
    [told] = site.call("GET", f"/channel/orders/{first}")["fulfillments"]
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
