"""A shop with a tracked SKU, and what is done with its lots."""

from datetime import date, timedelta
from typing import Any

from orderline.core.orders.commands import (
    AllocateUnits,
    Allotment,
    PackUnits,
    ParcelInput,
    PickUnits,
    ShipParcels,
)
from orderline.core.orders.parcels import PickedLot
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import AdjustStock, PutSkus
from orderline.core.stock.lots import LotUnits, Tracking
from orderline.core.stock.state import Sku
from orderline.values.ids import OrderId
from support.shop import NOON, MemoryShop, order_of

TODAY = NOON.date()


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


def shop_of(tracking: Tracking, **about: Any) -> MemoryShop:
    shop = MemoryShop()
    shop.do(PutSkus(skus=(Sku("TEE-M", "Shirt", tracking=tracking, **about),)))
    return shop


def adjust(shop: MemoryShop, *lots: LotUnits, reason: str = "received", location: str = "lyon") -> None:
    quantity = sum(each.quantity for each in lots)
    shop.do(AdjustStock(sku="TEE-M", location=location, quantity=quantity, reason=reason, lots=lots))


def there(shop: MemoryShop, location: str = "lyon") -> dict[tuple[str, str], int]:
    """Units by bucket and lot."""
    return {(level.bucket, level.lot): level.quantity for level in shop.world.lots.of("TEE-M", location)}


def allocated(shop: MemoryShop, quantity: int, name: str = "A-1") -> OrderId:
    order = shop.place(order_of(name, ("TEE-M", quantity, 2000)))
    shop.do(AllocateUnits(order=order, group=1, allotments=(Allotment(1, "eu", "lyon", quantity),)))
    return order


def pick(shop: MemoryShop, order: OrderId, quantity: int, *lots: tuple[str, int]) -> None:
    named = tuple(PickedLot(1, lot, units) for lot, units in lots)
    shop.do(PickUnits(order=order, fulfillment=1, lines=(LineQuantity(1, quantity),), lots=named))


def ship(shop: MemoryShop, order: OrderId, quantity: int) -> None:
    parcel = ParcelInput(items=(LineQuantity(1, quantity),), tracking_number=f"1Z{quantity}", ref=f"p{quantity}")
    shop.do(PackUnits(order=order, fulfillment=1, parcels=(parcel,)))
    number = len(shop.order(order).parcels)
    shop.do(ShipParcels(order=order, fulfillment=1, parcels=(number,)))
