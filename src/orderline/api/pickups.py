"""Pickup: laid ready with a code, handed over for it, put back on the shelf."""

import asyncio
from datetime import datetime
from secrets import token_hex
from typing import Any, Final

import msgspec

from orderline.api.actions import action, fields_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.scoping import check_fulfillment, order_of
from orderline.core.orders.facts import Attachment
from orderline.core.orders.state import LineQuantity, Order
from orderline.core.pickups import commands as p
from orderline.core.pickups.codes import PICKUP_CODES, code_of, hash_of
from orderline.core.pickups.refusals import PickupRefusal
from orderline.core.pickups.stages import pickup_of
from orderline.core.pickups.state import Pickup
from orderline.engine.sealing import OrderAnswer
from orderline.store.secrets import secret_of
from orderline.store.working import read_orders
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

_AT: Final = "/v1/orders/{order}/fulfillments/{number}"
_answer: Final = msgspec.json.Decoder(OrderAnswer)


class ReadyPickupInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parcels that lie ready for the customer; all that are packed, when none is named.

    code: false, when nobody has to show one.
    """

    parcels: tuple[int, ...] = ()
    code: bool = True
    occurred_at: datetime | None = None
    expected_version: int | None = None


class CollectParcelsInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parcels that the customer took over the counter; all that are packed, when none is named.

    code: what was shown. without_code: how it was made sure otherwise who came, such as a passport.
    collected_by: who came instead of the customer; kept with personal data only. left: units in the parcels that were not
    taken: they go back to the shelf, and their money back. proof: what shows the hand-over, such as a signature.
    """

    parcels: tuple[int, ...] = ()
    left: tuple[LineQuantity, ...] = ()
    proof: tuple[Attachment, ...] = ()
    code: str = ""
    without_code: str = ""
    collected_by: str = ""
    occurred_at: datetime | None = None
    expected_version: int | None = None


class RenewPickupInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Send a new code; deadline_at: until when the goods are kept, when that is later than before."""

    deadline_at: datetime | None = None
    expected_version: int | None = None


async def _ready(call: Call[None, ReadyPickupInput]) -> Answer:
    order, number = await _named(call)
    given = call.input
    seed, hashed = await _code(call, order, number) if given.code else ("", "")
    command = p.ReadyPickup(
        order=order, fulfillment=number, parcels=given.parcels, occurred_at=given.occurred_at,
        expected_version=given.expected_version, seed=seed, code_hash=hashed,
    )  # fmt: skip
    return await decide(call, command)


async def _renew(call: Call[None, RenewPickupInput]) -> Answer:
    order, number = await _named(call)
    seed, hashed = await _code(call, order, number)
    command = p.RenewPickup(order=order, fulfillment=number, seed=seed, code_hash=hashed, **fields_of(call.input))
    return await decide(call, command)


async def _collect(call: Call[None, CollectParcelsInput]) -> Answer:
    """Hand over; a wrong code has been noted on the order when this is refused for it."""
    order, number = await _named(call)
    given = call.input
    hashed = ""
    if given.code:
        secret = await asyncio.to_thread(secret_of, call.services.database, PICKUP_CODES)
        hashed = hash_of(secret, order, number, given.code)
    command = p.CollectParcels(
        order=order, fulfillment=number, parcels=given.parcels, left=given.left, proof=given.proof, code_hash=hashed,
        without_code=given.without_code,
        collected_by=given.collected_by, occurred_at=given.occurred_at, expected_version=given.expected_version,
    )  # fmt: skip
    answer = await decide(call, command)
    if given.code:
        pickup = await _pickup(call, order, number)
        if pickup is not None and _answer.decode(answer.body).version in pickup.tries:
            left = pickup.tries_left
            raise Refused(PickupRefusal.PICKUP_CODE_WRONG, field="code", value=given.code[:20], tries_left=left)
    return answer


async def _named(call: Call[None, Any]) -> tuple[OrderId, int]:
    order = await order_of(call, anywhere=True)
    return order, await check_fulfillment(call, order)


async def _code(call: Call[None, Any], order: OrderId, number: int) -> tuple[str, str]:
    """The seed of a new code, and what is kept of the code. The same idempotency key means the same code."""
    secret = await asyncio.to_thread(secret_of, call.services.database, PICKUP_CODES)
    seed = call.idempotency_key[-60:] or token_hex(16)
    return seed, hash_of(secret, order, number, code_of(secret, order, number, seed))


async def _pickup(call: Call[None, Any], order_id: OrderId, number: int) -> Pickup | None:
    found: Order | None = (await asyncio.to_thread(read_orders, call.services.database, [order_id])).get(order_id)
    fulfillment = found.fulfillment_of(number) if found is not None else None
    return pickup_of(found, fulfillment) if found is not None and fulfillment is not None else None


def _operation(
    name: str, resource: str, handler: Any, input_: type[msgspec.Struct], summary: str, *refusals: str
) -> Operation:
    return Operation(
        name=name, method="POST", path=f"{_AT}/{resource}", right=Right.FULFILLMENTS_WRITE, summary=summary,
        description=" ".join((input_.__doc__ or "").split()), handler=handler, capability="pickups", input=input_,
        output=OrderAnswer,
        refusals=(
            "ORDER_UNKNOWN", "VERSION_STALE", "ORDER_CLOSED", "FULFILLMENT_UNKNOWN", "NOT_PICKED_UP_HERE", *refusals
        ),
    )  # fmt: skip


OPERATIONS: Final[tuple[Operation, ...]] = (
    _operation(
        "ready_pickup", "pickup", _ready, ReadyPickupInput, "Parcels lie ready for the customer",
        "PARCEL_NOT_PACKED", "NOTHING_TO_DO",
    ),
    _operation(
        "collect_parcels", "collections", _collect, CollectParcelsInput, "The customer took the parcels",
        "PARCEL_NOT_PACKED", "PICKUP_CODE_MISSING", "PICKUP_CODE_LOCKED", "PICKUP_CODE_WRONG", "QUANTITY_NOT_AVAILABLE",
    ),
    _operation(
        "renew_pickup", "pickup-codes", _renew, RenewPickupInput, "Send the customer a new code",
        "PICKUP_NOT_READY", "WINDOW_NOT_ACCEPTABLE",
    ),
    action(
        "restock_pickup", f"{_AT}/restocks", p.RestockPickup, "Goods that nobody collected are on the shelf again",
        capability="pickups", right=Right.FULFILLMENTS_WRITE, names="fulfillment",
        refusals=("FULFILLMENT_UNKNOWN", "NOT_PICKED_UP_HERE", "PICKUP_NOT_READY", "PICKUP_COLLECTABLE"),
    ),
)  # fmt: skip
