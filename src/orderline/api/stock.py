"""Stock: adjustments, what is kept back, and carts. Feeds have a file of their own."""

from typing import Any, Final
from uuid import UUID

import msgspec

from orderline.api.actions import fields_of, input_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import Changed, decide
from orderline.api.refusals import ApiRefusal
from orderline.api.scoping import check_channel, check_every_location, check_location
from orderline.core.stock.commands import AdjustStock, HoldCart, ReleaseCart, SetSafety, SetThreshold
from orderline.core.stock.state import CartHold
from orderline.values.failures import Refused
from orderline.values.ids import CartHoldId


class CartAnswer(msgspec.Struct, frozen=True):
    """The cart as it is held now."""

    result: CartHold


async def _adjust(call: Call[None, Any]) -> Answer:
    check_location(call, call.input.location)
    return await decide(call, AdjustStock(**fields_of(call.input)))


async def _set_safety(call: Call[None, Any]) -> Answer:
    sku, location = call.path["sku"], call.path["location"]
    check_location(call, location)
    return await decide(call, SetSafety(sku=sku, location=location, safety=call.input.safety))


async def _set_threshold(call: Call[None, Any]) -> Answer:
    check_every_location(call, "pool", call.path["pool"])  # of the pool
    return await decide(
        call, SetThreshold(sku=call.path["sku"], pool=call.path["pool"], threshold=call.input.threshold)
    )


async def _hold_cart(call: Call[None, Any]) -> Answer:
    check_channel(call, call.input.channel)
    return await decide(call, HoldCart(cart=_cart(call), **fields_of(call.input)))


async def _release_cart(call: Call[None, None]) -> Answer:
    return await decide(call, ReleaseCart(cart=_cart(call), channels=tuple(sorted(call.key.channels))))


def _cart(call: Call[Any, Any]) -> CartHoldId:
    try:
        return CartHoldId(UUID(call.path["cart"]))
    except ValueError:
        raise Refused(ApiRefusal.INPUT_INVALID, field="cart", value=call.path["cart"], expected="a UUID") from None


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="adjust_stock", method="POST", path="/v1/stock/adjustments", right=Right.STOCK_WRITE,
        summary="Adjust the stock of a SKU at a location",
        description="Moves units between two buckets of the shelf, for a reason of a fixed list.",
        handler=_adjust, capability="stock", input=input_of(AdjustStock, "AdjustStockInput"), output=Changed,
        refusals=("SKU_UNKNOWN", "LOCATION_UNKNOWN", "REASON_UNKNOWN", "LOTS_REQUIRED", "LOT_NOT_HERE",
                  "SERIAL_ELSEWHERE", "LOT_EXPIRED", "QUANTITY_NOT_AVAILABLE"),
    ),
    Operation(
        name="set_safety", method="PUT", path="/v1/stock/{sku}/{location}/safety", right=Right.STOCK_WRITE,
        summary="Keep back units of a SKU at a location", handler=_set_safety, capability="stock",
        input=input_of(SetSafety, "SetSafetyInput", without=("sku", "location")), output=Changed,
        refusals=("SKU_UNKNOWN", "LOCATION_UNKNOWN", "QUANTITY_NEGATIVE"),
    ),
    Operation(
        name="set_threshold", method="PUT", path="/v1/stock/{sku}/pools/{pool}/threshold", right=Right.STOCK_WRITE,
        summary="Never promise the last units of a SKU from a pool", handler=_set_threshold, capability="stock",
        input=input_of(SetThreshold, "SetThresholdInput", without=("sku", "pool")), output=Changed,
        refusals=("SKU_UNKNOWN", "POOL_UNKNOWN", "QUANTITY_NEGATIVE"),
    ),
    Operation(
        name="hold_cart", method="PUT", path="/v1/carts/{cart}", right=Right.ORDERS_WRITE,
        summary="Keep units for a checkout",
        description="The cart's id is the caller's own UUID; the same cart again replaces its lines and its time.",
        handler=_hold_cart, capability="stock", input=input_of(HoldCart, "HoldCartInput", without=("cart",)),
        output=CartAnswer,
        refusals=("CHANNEL_UNKNOWN", "SKU_UNKNOWN", "SKU_NOT_FOR_SALE", "STOCK_NOT_AVAILABLE", "TTL_OUT_OF_RANGE"),
    ),
    Operation(
        name="release_cart", method="DELETE", path="/v1/carts/{cart}", right=Right.ORDERS_WRITE,
        summary="Give up a cart", handler=_release_cart, capability="stock", output=Changed,
        refusals=("CART_UNKNOWN",),
    ),
)  # fmt: skip
