"""Pickup in a store: handed over with no carrier, the units are the customer's."""

from datetime import UTC, datetime

from orderline.core.context import SYSTEM, Context
from orderline.core.decide import run
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity, Order
from orderline.core.orders.status import Phase, status_of
from orderline.core.stock import commands as s
from orderline.core.stock.state import Channel, Location, LocationKind, Pool, Settings, Sku
from orderline.core.world import World
from orderline.values.address import Place
from orderline.values.ids import OrderId, new_id

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def packed_for_pickup() -> tuple[World, OrderId]:
    world, order = World(Settings({}, {}, {})), OrderId(new_id())

    def do(command: c.Command) -> None:
        run(world, command, Context(NOW, SYSTEM, order, "SO-1"))

    store = Location("store", "Store", LocationKind.STORE, "stores", Place(country="FR"), pickup=True)
    do(s.PutPool(pool=Pool("stores")))
    do(s.PutLocation(location=store))
    do(s.PutChannel(channel=Channel("web", "Web", ("stores",))))
    do(s.PutSkus(skus=(Sku("TEE"),)))
    do(s.AdjustStock(sku="TEE", location="store", quantity=5, reason="received"))
    line = c.LineInput(sku="TEE", quantity=1, unit_price_minor=1000)
    groups = (c.GroupInput(pickup_location="store"),)
    do(c.PlaceOrder(channel="web", external_id="1", currency="EUR", lines=(line,), total_minor=1000, groups=groups))
    do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "stores", "store", 1),)))
    do(c.SubmitFulfillment(order=order, fulfillment=1))
    do(c.AcceptFulfillment(order=order, fulfillment=1))
    do(c.PickUnits(order=order, fulfillment=1, lines=(LineQuantity(1, 1),)))
    do(c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=(LineQuantity(1, 1),)),)))
    return world, order


def after(command: c.Command, world: World, order: OrderId) -> Order:
    run(world, command, Context(NOW, SYSTEM, order, "SO-1"))
    found = world.orders[order]
    assert found is not None
    return found


def test_what_a_store_hands_over_without_a_carrier_is_delivered() -> None:
    world, order = packed_for_pickup()
    found = after(c.ShipParcels(order=order, fulfillment=1), world, order)
    assert status_of(found).phase is Phase.DELIVERED
    assert found.shipments[0].carrier == "counter"


def test_what_a_store_sends_by_a_carrier_is_on_its_way() -> None:
    world, order = packed_for_pickup()
    found = after(c.ShipParcels(order=order, fulfillment=1, carrier="bike"), world, order)
    assert status_of(found).phase is Phase.SHIPPED
