"""What shipping costs by policy: of goods that are still to be ordered, and of an order beside what it was charged."""

from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import readers
from orderline.api.scoping import check_channel, order_of
from orderline.api.shipments import load_order
from orderline.core.shipping_fees.policy import FeeDue, FeeGroup, charged_minor, fees_due, groups_of
from orderline.store.reading.shipping_fees import load_fee_policy
from orderline.store.reading.source import Source


class FeesInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Goods by address and method, as they are in a cart."""

    channel: Annotated[str, msgspec.Meta(max_length=60)]
    currency: Annotated[str, msgspec.Meta(max_length=3)]
    groups: Annotated[tuple[FeeGroup, ...], msgspec.Meta(max_length=100)]


class ShippingFees(msgspec.Struct, frozen=True, kw_only=True):
    """policy: the version that holds, or none. due_minor: what shipping costs by it; parcels do not count.

    charged_minor: what is agreed on the order. difference_minor: what was charged beyond what is due, or less, below zero.
    """

    policy: str
    fees: tuple[FeeDue, ...]
    due_minor: int
    charged_minor: int = 0
    difference_minor: int = 0


async def _quote(call: Call[None, FeesInput]) -> Answer:
    """What shipping of a cart costs now."""
    given = call.input
    check_channel(call, given.channel)

    def load(source: Source) -> ShippingFees:
        held = load_fee_policy(source, given.channel, datetime.now(UTC))
        fees = fees_due(held.policy, given.currency, given.groups) if held is not None else ()
        due = sum(each.amount_minor for each in fees)
        return ShippingFees(policy=held.name if held is not None else "", fees=fees, due_minor=due)

    return Answer(await readers(call).run(load))


async def _of_order(call: Call[None, None]) -> Answer:
    """What shipping of an order costs by the policy of when it was placed."""
    order_id = await order_of(call)

    def load(source: Source) -> ShippingFees:
        order = load_order(source, order_id)
        held = load_fee_policy(source, order.channel, order.placed_at)
        fees = fees_due(held.policy, order.currency, groups_of(order)) if held is not None else ()
        due, charged = sum(each.amount_minor for each in fees), charged_minor(order)
        return ShippingFees(
            policy=held.name if held is not None else "", fees=fees, due_minor=due, charged_minor=charged,
            difference_minor=charged - due,
        )  # fmt: skip

    return Answer(await readers(call).run(load))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="quote_shipping_fees", method="POST", path="/v1/shipping-fees", right=Right.ORDERS_READ,
        summary="Work out what shipping of goods costs", handler=_quote, capability="shipping_fees", input=FeesInput,
        output=ShippingFees,
        description="By the policy of the kind `shipping` that holds for the channel. Into how many parcels the goods will go does"
        " not matter.",
    ),
    Operation(
        name="read_shipping_fees", method="GET", path="/v1/orders/{order}/shipping-fees", right=Right.ORDERS_READ,
        summary="Compare what an order was charged for shipping with its policy", handler=_of_order,
        capability="shipping_fees", output=ShippingFees, refusals=("ORDER_UNKNOWN",),
        description="By the version that held when it was placed. A difference is put right by a change of the charge, or a credit.",
    ),
)  # fmt: skip
