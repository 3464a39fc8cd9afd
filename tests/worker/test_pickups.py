"""Goods that lie ready: the customer is told with a code and reminded; when nobody comes, the shelf gets them back."""

from orderline.core.orders.commands import (
    AcceptFulfillment,
    CustomerInput,
    GroupInput,
    LineInput,
    PackUnits,
    ParcelInput,
    PickUnits,
    PlaceOrder,
    TenderInput,
)
from orderline.core.orders.state import LineQuantity
from orderline.core.pickups.codes import PICKUP_CODES, code_of, hash_of
from orderline.core.pickups.commands import ReadyPickup
from orderline.core.stock.commands import PutLocation
from orderline.core.stock.state import Location, LocationKind
from orderline.store.secrets import secret_of
from orderline.values.address import Place
from orderline.values.ids import OrderId
from support.engines import order_id_of
from worker.site import Site, until


def packed(site: Site) -> OrderId:
    store = Location("paris", "Paris Opera", LocationKind.STORE, "fr", Place(country="FR"), pickup=True, pickup_days=5)
    site.engine.run(PutLocation(location=store))
    site.stock(TEE_paris=1)
    placed = site.engine.run(
        PlaceOrder(
            channel="web", external_id="pickup", currency="EUR", total_minor=1000,
            lines=(LineInput(sku="TEE", quantity=1, unit_price_minor=1000),),
            customer=CustomerInput("Ann Lee", "ann@example.com"), groups=(GroupInput(pickup_location="paris"),),
            tenders=(TenderInput(provider="sandbox_payments", amount_minor=1000, token="tok"),),
        )
    )  # fmt: skip
    order = order_id_of(placed)
    site.until_units(order, "allocated", 1)
    items = (LineQuantity(1, 1),)
    site.engine.run(AcceptFulfillment(order=order, fulfillment=1))
    site.engine.run(PickUnits(order=order, fulfillment=1, lines=items))
    site.engine.run(PackUnits(order=order, fulfillment=1, parcels=(ParcelInput(items=items),)))
    return order


def test_the_customer_is_told_a_code_and_reminded(site: Site) -> None:
    order = packed(site)
    secret = secret_of(site.database, PICKUP_CODES)
    code = code_of(secret, order, 1, "seed")
    site.engine.run(ReadyPickup(order=order, fulfillment=1, seed="seed", code_hash=hash_of(secret, order, 1, code)))
    number = site.order(order).number

    def texts() -> list[str]:
        found = site.call("GET", f"/notices/messages?about={number}&limit=10")["messages"]
        return [each["message"]["text"] for each in found if "Paris Opera" in each["message"]["text"]]

    until(lambda: len(texts()) == 1, "the customer to be told")
    site.clock.forward(5 * 86_400)
    until(lambda: len(texts()) == 2, "the customer to be reminded")
    assert all(f"Show this code: {code}" in text for text in texts())
    assert code not in str(site.rows("SELECT state FROM orders WHERE cell = %(cell)s"))
