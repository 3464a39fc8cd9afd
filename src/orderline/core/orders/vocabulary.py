"""What each status is called outside: the words of a channel, or ours for customers. Total: no status is without a word."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from orderline.core.orders.guards import check_text
from orderline.core.orders.status import FulfillmentStatus, PaymentStatus, Phase, ReturnStatus, Status
from orderline.core.stock.refusals import StockRefusal as R
from orderline.values.failures import Refused

AXES: Final[dict[str, type[StrEnum]]] = {
    "phase": Phase,
    "payment": PaymentStatus,
    "fulfillment": FulfillmentStatus,
    "returns": ReturnStatus,
}
# What a customer is told when a channel has no word of its own: nothing of what is our affair alone.
OURS: Final[dict[str, str]] = {
    "phase.canceled": "Canceled",
    "phase.closed": "Completed",
    "phase.held": "Being checked",
    "phase.blocked": "Waiting for payment",
    "phase.exception": "Being looked after",
    "phase.accepted": "Accepted",
    "phase.routing": "Being prepared",
    "phase.waiting_supply": "Waiting for stock",
    "phase.in_work": "Being packed",
    "phase.partly_shipped": "Partly shipped",
    "phase.shipped": "Shipped",
    "phase.partly_delivered": "Partly delivered",
    "phase.delivered": "Delivered",
    "payment.none": "Nothing to pay",
    "payment.pending": "Payment pending",
    "payment.declined": "Payment declined",
    "payment.authorized_partly": "Partly authorized",
    "payment.authorized": "Authorized",
    "payment.paid_partly": "Partly paid",
    "payment.paid": "Paid",
    "payment.refunded_partly": "Partly refunded",
    "payment.refunded": "Refunded",
    "payment.voided": "Not charged",
    "fulfillment.none": "Not begun",
    "fulfillment.planned": "Being prepared",
    "fulfillment.partly": "Partly sent",
    "fulfillment.fulfilled": "Sent",
    "fulfillment.delivered": "Delivered",
    "returns.none": "Nothing returned",
    "returns.requested": "Return requested",
    "returns.in_transit": "Return on its way",
    "returns.partly": "Partly returned",
    "returns.returned": "Returned",
}
KEYS: Final = tuple(f"{axis}.{status}" for axis, kinds in AXES.items() for status in kinds)


class StatusWords(msgspec.Struct, frozen=True):
    """A status in the words of its channel; `status` is what rules go by."""

    number: str
    channel: str
    status: Status
    phase: str
    payment: str
    fulfillment: str
    returns: str


def words_of(own: Mapping[str, str]) -> dict[str, str]:
    """A word for each status, by `axis.status`. own: the words of a channel."""
    return {key: own.get(key, OURS[key]) for key in KEYS}


def told(number: str, channel: str, status: Status, own: Mapping[str, str]) -> StatusWords:
    """A status as a channel says it."""
    words = words_of(own)
    said = {axis: words[f"{axis}.{getattr(status, axis)}"] for axis in AXES}
    return StatusWords(number=number, channel=channel, status=status, **said)


def check_words(own: Mapping[str, str], field: str) -> None:
    """Refused CODE_NOT_ACCEPTABLE: there is no such status; FIELD_REQUIRED, TEXT_NOT_ACCEPTABLE: of a word."""
    for key, word in own.items():
        if key not in OURS:
            raise Refused(R.CODE_NOT_ACCEPTABLE, field=field, value=key[:100], allowed=list(KEYS))
        check_text(word, f"{field}.{key}", 100, required=True)
