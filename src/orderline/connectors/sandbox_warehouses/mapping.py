"""The sandbox warehouse's messages and ours: pure translation. Its facts come in our own format."""

from collections.abc import Sequence
from typing import Any

import msgspec

from orderline.contracts.warehouses import (
    CancelDenied,
    CancelGranted,
    CancelPending,
    CancelRequest,
    FulfillmentRequest,
    NotReceived,
    Received,
    RequestedLine,
)
from orderline.values.ids import FulfillmentId


class TakenIn(msgspec.Struct, frozen=True):
    """The warehouse's answer to one fulfillment order."""

    id: FulfillmentId
    taken: bool
    reference: str = ""
    code: str = ""


class TakenAllIn(msgspec.Struct, frozen=True):
    results: list[TakenIn]


class CanceledIn(msgspec.Struct, frozen=True):
    """The warehouse's answer to one request to cancel."""

    id: FulfillmentId
    canceled: bool
    code: str = ""


class CanceledAllIn(msgspec.Struct, frozen=True):
    results: list[CanceledIn]


def render_requests(requests: Sequence[FulfillmentRequest]) -> dict[str, Any]:
    return {
        "requests": [
            {
                "id": each.fulfillment_id,
                "location": each.location,
                "lines": render_lines(each.lines),
                "order": each.order_number,
                "number": each.number,
                "service": each.service,
            }
            for each in requests
        ]
    }


def render_cancellations(requests: Sequence[CancelRequest]) -> dict[str, Any]:
    return {"cancellations": [{"id": each.fulfillment_id, "lines": render_lines(each.lines)} for each in requests]}


def render_lines(lines: Sequence[RequestedLine]) -> list[dict[str, Any]]:
    return [{"line": each.line, "sku": each.sku, "quantity": each.quantity} for each in lines]


def parse_taken(result: TakenIn) -> Received | NotReceived:
    if result.taken:
        return Received(fulfillment_id=result.id, reference=result.reference)
    return NotReceived(fulfillment_id=result.id, code=result.code)


def parse_canceled(result: CanceledIn) -> CancelGranted | CancelDenied | CancelPending:
    if result.canceled:
        return CancelGranted(fulfillment_id=result.id)
    if result.code == "pending":
        return CancelPending(fulfillment_id=result.id)
    return CancelDenied(fulfillment_id=result.id, code=result.code)
