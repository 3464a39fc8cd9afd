"""What was canceled and left all the same: taken in as a fact, with the money on its way back stopped if it can be."""

from datetime import UTC, datetime, timedelta

import pytest

from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity, Order
from orderline.engine.engine import Engine
from orderline.store.jobs import Jobs
from orderline.store.loading import load_orders
from orderline.values.ids import OrderId
from support.engines import assert_clean, open_shop, placed, value
from support.shop import order_of

TWO = (LineQuantity(1, 2),)
LYON = (c.Allotment(1, "eu", "lyon", 2),)
REFUNDS = "SELECT count(*) FROM outbox WHERE kind = 'pay'"


def canceled_when_packed(engine: Engine) -> OrderId:
    """A captured order that Lyon has packed and then let go of; its refund is asked for."""
    order = placed(engine, order_of("A-1", ("TEE-M", 2, 2000), paid="captured"))
    for command in (
        c.AllocateUnits(order=order, group=1, allotments=LYON),
        c.AcceptFulfillment(order=order, fulfillment=1),
        c.PickUnits(order=order, fulfillment=1, lines=TWO),
        c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=TWO, ref="P"),)),
        c.CancelUnits(order=order, reason="changed my mind"),
        c.AnswerCancel(order=order, fulfillment=1, accepted=True),
    ):
        engine.run(command)
    return order


def order_in(engine: Engine, order: OrderId) -> Order:
    with engine.database.connection() as connection:
        return load_orders(connection, engine.database.cell, [order])[order]


@pytest.mark.parametrize("sending", [False, True])
def test_a_refund_is_stopped_unless_somebody_has_begun_to_send_it(engine: Engine, sending: bool) -> None:
    open_shop(engine, [("TEE-M", "lyon", 2)])
    id_ = canceled_when_packed(engine)
    assert value(engine.database, REFUNDS) == 1
    if sending:
        Jobs(engine.database, "a worker", lease=timedelta(minutes=1)).claim(
            datetime.now(UTC) + timedelta(seconds=1), 100
        )
    engine.run(c.ShipParcels(order=id_, fulfillment=1, handed=(c.HandedInput(ref="P", tracking_number="1Z9"),)))
    order = order_in(engine, id_)
    assert (order.lines[0].units.shipped, order.lines[0].units.canceled) == (2, 0)
    assert [hold.type for hold in order.holds] == ["late_shipment"]
    assert value(engine.database, REFUNDS) == len(order.tenders[0].requests) == int(sending)
    assert_clean(engine.database)


def test_what_left_may_have_been_promised_to_others_by_then(engine: Engine) -> None:
    open_shop(engine, [("TEE-M", "lyon", 2)])
    id_ = canceled_when_packed(engine)
    other = placed(engine, order_of("A-2", ("TEE-M", 2, 2000)))
    engine.run(c.AllocateUnits(order=other, group=1, allotments=LYON))
    engine.run(
        c.ShipParcels(order=id_, fulfillment=1, parcels=(1,), occurred_at=datetime.now(UTC) - timedelta(hours=1))
    )
    assert value(engine.database, "SELECT quantity FROM oversold") == 2
    assert value(engine.database, "SELECT count(*) FROM outbox WHERE kind = 'relieve'") == 1
    assert_clean(engine.database)
