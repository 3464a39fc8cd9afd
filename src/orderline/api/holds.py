"""Holds: reasons that stop an order until they are lifted."""

from typing import Any, Final

from orderline.api.actions import fields_of, input_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.scoping import number_in, order_of
from orderline.core.orders.commands import HoldInput, PlaceHold, ReleaseHold
from orderline.core.orders.refusals import OrderRefusal
from orderline.engine.sealing import OrderAnswer


async def _place(call: Call[None, Any]) -> Answer:
    given = fields_of(call.input)
    version = given.pop("expected_version")
    return await decide(call, PlaceHold(order=await order_of(call), expected_version=version, hold=HoldInput(**given)))


async def _release(call: Call[Any, None]) -> Answer:
    order, number = await order_of(call), number_in(call, OrderRefusal.HOLD_UNKNOWN)
    return await decide(call, ReleaseHold(order=order, hold=number, **fields_of(call.query)))


_REFUSALS: Final = ("ORDER_UNKNOWN", "VERSION_STALE", "ORDER_CLOSED")

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="place_hold", method="POST", path="/v1/orders/{order}/holds", right=Right.ORDERS_WRITE,
        summary="Place a hold",
        description="Stops the commands that its type blocks, or those named, on the order or on one line of it.",
        handler=_place, capability="holds", output=OrderAnswer,
        input=input_of(HoldInput, "PlaceHoldInput", optional={"expected_version": int | None}),
        refusals=(*_REFUSALS, "HOLD_TYPE_UNKNOWN", "COMMAND_NOT_BLOCKABLE", "LINE_UNKNOWN"),
    ),
    Operation(
        name="release_hold", method="DELETE", path="/v1/orders/{order}/holds/{number}", right=Right.ORDERS_WRITE,
        summary="Lift a hold", description="What the hold alone has stopped goes on.",
        handler=_release, capability="holds", output=OrderAnswer,
        query=input_of(ReleaseHold, "ReleaseHoldQuery", without=("order", "hold")),
        refusals=(*_REFUSALS, "HOLD_UNKNOWN"),
    ),
)  # fmt: skip
