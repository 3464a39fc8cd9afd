"""More exceptions at a location than usual, or more returns of a SKU, are found with what speaks for it, and are over by themselves."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

import pytest

from orderline.core.orders.commands import (
    AcceptFulfillment,
    AllocateUnits,
    Allotment,
    PackUnits,
    ParcelInput,
    PickUnits,
    ShipParcels,
    TrackParcel,
)
from orderline.core.orders.state import LineQuantity
from orderline.core.returns.commands import RequestReturn, ReturnLineInput
from orderline.values.ids import OrderId
from orderline.worker.anomalies import find_spikes
from support.engine_shop import EngineShop
from support.finality import measure
from support.shop import order_of


@pytest.fixture
def shop(fresh_database: str) -> Iterator[EngineShop]:
    """A shop with a shelf of shirts, whose orders leave from there."""
    made = EngineShop(fresh_database, [("TEE-M", "lyon", 200)])
    yield made
    made.close()


def send(shop: EngineShop, number: str, units: int, state: Literal["delivered", "exception"] = "delivered") -> OrderId:
    order = shop.place(order_of(number, ("TEE-M", units, 2000)))
    items = (LineQuantity(1, units),)
    for command in (
        AllocateUnits(order=order, group=1, allotments=(Allotment(1, "eu", "lyon", units),)),
        AcceptFulfillment(order=order, fulfillment=1),
        PickUnits(order=order, fulfillment=1, lines=items),
        PackUnits(order=order, fulfillment=1, parcels=(ParcelInput(items=items, tracking_number=f"1Z{number}"),)),
        ShipParcels(order=order, fulfillment=1),
        TrackParcel(order=order, parcel=1, state=state),
    ):
        shop.do(command)
    return order


def found(shop: EngineShop, *, days: int = 0) -> dict[str, tuple[str, ...]]:
    measure(shop.database)
    now = shop.now + timedelta(days=days)
    return {id_: raised.evidence for id_, raised in find_spikes(shop.database, now).items()}


def test_more_returns_of_a_product_than_usual_are_found_with_their_reasons_and_orders(shop: EngineShop) -> None:
    orders = [send(shop, f"A-{number}", 2) for number in range(10)]
    shop.later(days=10)
    for at, order in enumerate(orders[:6]):
        lines = (ReturnLineInput(line=1, quantity=1, reason="too_small" if at else "defective"),)
        shop.do(RequestReturn(order=order, lines=lines, approve=True, reason="agreed"))
        if at == 3:
            assert found(shop) == {}, "four are a handful"
    numbers = {shop.order(order).number for order in orders[:6]}
    [(task, evidence)] = found(shop).items()
    assert task == "anomaly:returns:TEE-M"
    assert evidence[:2] == ("too_small: 5", "defective: 1")
    assert set(evidence[2].removeprefix("orders ").split(", ")) < numbers
    assert found(shop, days=3) == {}, "it is over by itself"


def test_more_exceptions_at_a_location_than_usual_are_found(shop: EngineShop) -> None:
    for number in range(10):
        send(shop, f"A-{number}", 1)
    assert found(shop) == {}
    shop.later(days=5)
    late = [send(shop, f"B-{number}", 1, "exception") for number in range(6)]
    [(task, evidence)] = found(shop).items()
    assert task == "anomaly:exceptions@lyon"
    assert evidence[0] == "parcel exception: 6"
    told = set(evidence[1].removeprefix("orders ").split(", "))
    assert len(told) == 5
    assert told < {shop.order(each).number for each in late}
    assert found(shop, days=3) == {}
