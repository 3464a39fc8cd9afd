"""Vendors: what they told too long ago is promised to nobody, and what they do not accept in time goes elsewhere."""

from collections.abc import Iterator

import pytest

from orderline.core.orders.commands import AcceptFulfillment, AllocateUnits, Allotment
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.stock.commands import ApplyFeed, FeedRow, PutLocation
from orderline.core.stock.state import Location, LocationKind
from orderline.core.vendors.commands import CheckFeed, LapseFulfillment
from orderline.core.vendors.refusals import VendorRefusal
from orderline.values.address import Place
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.engine_shop import EngineShop
from support.shop import order_of

VENDOR = Location(
    "vendor", "A vendor", LocationKind.VENDOR, "eu", Place(country="FR"), handling_days=3, feed_max_age_s=3600,
    accept_within_s=7200,
)  # fmt: skip


@pytest.fixture
def shop(fresh_database: str) -> Iterator[EngineShop]:
    made = EngineShop(fresh_database, [("TEE-M", "lyon", 1)])
    made.do(PutLocation(location=VENDOR))
    yield made
    made.close()


def feed(shop: EngineShop, sequence: int, quantity: int) -> None:
    rows = (FeedRow("TEE-M", "vendor", quantity),)
    shop.do(ApplyFeed(feed="drop", sequence=sequence, part=0, delta=False, rows=rows))


def atp(shop: EngineShop) -> int:
    rows = shop.database.rows(
        "SELECT promisable - claims FROM pool_levels WHERE cell = %(cell)s AND sku = 'TEE-M' AND pool = 'eu'"
    )
    return rows[0][0]


def refusal(shop: EngineShop, command: CheckFeed | LapseFulfillment) -> str:
    with pytest.raises(Refused) as refused:
        shop.do(command)
    return str(refused.value.code)


def test_what_a_vendor_told_too_long_ago_is_promised_to_nobody(shop: EngineShop) -> None:
    check = CheckFeed(location="vendor")
    assert refusal(shop, check) == VendorRefusal.FEED_NEVER_TOLD
    feed(shop, 1, 5)
    assert atp(shop) == 6
    assert refusal(shop, check) == OrderRefusal.NOTHING_TO_DO
    shop.later(hours=2)
    shop.do(check)
    assert atp(shop) == 1
    with pytest.raises(Refused) as refused:
        shop.place(order_of("late", ("TEE-M", 2, 2000)))
    assert refused.value.code is OrderRefusal.STOCK_NOT_AVAILABLE
    # People who change the location do not make its feed younger.
    shop.do(PutLocation(location=VENDOR))
    assert atp(shop) == 1
    feed(shop, 2, 4)
    assert atp(shop) == 1
    shop.do(check)
    assert atp(shop) == 5


def test_a_vendor_whose_feeds_no_longer_matter_is_promised_again(shop: EngineShop) -> None:
    feed(shop, 1, 5)
    shop.later(hours=2)
    shop.do(CheckFeed(location="vendor"))
    assert atp(shop) == 1
    shop.do(PutLocation(location=Location("vendor", "A vendor", LocationKind.VENDOR, "eu", Place(country="FR"))))
    assert atp(shop) == 6


def at_vendor(shop: EngineShop, name: str) -> OrderId:
    order = shop.place(order_of(name, ("TEE-M", 1, 2000)))
    shop.do(AllocateUnits(order=order, group=1, allotments=(Allotment(1, "eu", "vendor", 1),)))
    return order


def test_what_a_vendor_does_not_accept_in_time_goes_elsewhere(shop: EngineShop) -> None:
    feed(shop, 1, 5)
    waiting, accepted = at_vendor(shop, "1"), at_vendor(shop, "2")
    due = shop.database.rows("SELECT count(*) FROM outbox WHERE cell = %(cell)s AND kind = 'accept_due'")
    assert due == [(2,)]
    shop.do(AcceptFulfillment(order=accepted, fulfillment=1))
    lapse = LapseFulfillment(order=waiting, fulfillment=1)
    assert refusal(shop, lapse) == VendorRefusal.ACCEPTANCE_NOT_DUE
    shop.later(hours=3)
    shop.do(lapse)
    found = shop.order(waiting)
    assert (found.lines[0].units.pooled, found.lines[0].excluded) == (1, ("vendor",))
    assert found.fulfillments[0].negotiation == "withdrawn"
    assert refusal(shop, lapse) == OrderRefusal.FULFILLMENT_NOT_OPEN
    assert refusal(shop, LapseFulfillment(order=accepted, fulfillment=1)) == OrderRefusal.FULFILLMENT_NOT_OPEN
