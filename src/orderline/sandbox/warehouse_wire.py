"""What the sandbox warehouse takes."""

import msgspec

from orderline.contracts.terms import Quantity, Ref, Text
from orderline.values.ids import FulfillmentId


class LineIn(msgspec.Struct, frozen=True):
    """Units wanted of a line."""

    line: int
    sku: Ref
    quantity: Quantity


class RequestIn(msgspec.Struct, frozen=True, kw_only=True):
    """A fulfillment order as the warehouse takes it."""

    id: FulfillmentId
    location: Ref
    lines: tuple[LineIn, ...]
    order: Text = ""
    number: Text = ""
    service: Text = ""


class RequestsIn(msgspec.Struct, frozen=True):
    requests: list[RequestIn]


class CancellationIn(msgspec.Struct, frozen=True, kw_only=True):
    id: FulfillmentId
    lines: tuple[LineIn, ...] = ()


class CancellationsIn(msgspec.Struct, frozen=True):
    cancellations: list[CancellationIn]
