"""Shipping orders: what a warehouse was asked to send of a fulfillment order, and what it has advised of it."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from orderline.core.edi.state import EdiKind, SentDocument
from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.values.ids import OrderId

SHIPPING_ORDER: Final = "edi_shipping_order"


class ShippingOrderState(StrEnum):
    """written: the warehouse was asked. canceled: it was told to let go. advised: it has told, at least once, what it sent."""

    WRITTEN = "written"
    CANCELED = "canceled"
    ADVISED = "advised"


class ToldLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """Units of a line of ours that are to be sent."""

    line: int
    sku: str
    quantity: int
    gtin: str = ""


class TakenAdvice(msgspec.Struct, frozen=True, omit_defaults=True):
    """An advice that was taken. shipment: the warehouse's name for what it sent; sha256: of what the advice said."""

    shipment: str
    sha256: str
    at: datetime


class EdiShippingOrder(Record, frozen=True, kw_only=True):
    """What the warehouse knows by `number`, the number of the fulfillment order; lines: as it was told last."""

    id: str
    partner: str
    number: str
    order: OrderId
    fulfillment: int
    location: str
    lines: tuple[ToldLine, ...]
    sent: tuple[SentDocument, ...] = ()
    advices: tuple[TakenAdvice, ...] = ()
    state: ShippingOrderState = ShippingOrderState.WRITTEN

    @property
    def cancellation(self) -> SentDocument | None:
        """The document by which it was told to let go, if that was the last that it was told."""
        last = self.sent[-1] if self.sent else None
        return last if last is not None and last.kind is EdiKind.SHIPPING_CANCELLATION else None

    def advice_of(self, shipment: str) -> TakenAdvice | None:
        """What was advised of a shipment, if anything was."""
        return next((each for each in self.advices if each.shipment == shipment), None)


class ShippingOrderWritten(RecordEvent, frozen=True, kw_only=True, tag="edi_shipping_order_written"):
    """A warehouse was asked to send what is open of a fulfillment order."""

    id: str
    partner: str
    number: str
    order: OrderId
    fulfillment: int
    location: str
    lines: tuple[ToldLine, ...]
    sent: SentDocument


class ShippingCancellationWritten(RecordEvent, frozen=True, kw_only=True, tag="edi_shipping_cancellation_written"):
    """A warehouse was told to let go of what it was asked for."""

    sent: SentDocument


class ShippingAdviceTaken(RecordEvent, frozen=True, kw_only=True, tag="edi_shipping_advice_taken"):
    """A warehouse has told what it sent, and the order has it."""

    advice: TakenAdvice


AnyShippingOrderEvent = ShippingOrderWritten | ShippingCancellationWritten | ShippingAdviceTaken


def evolve_shipping_order(known: EdiShippingOrder | None, event: AnyShippingOrderEvent) -> EdiShippingOrder:
    """The shipping order after an event."""
    match event:
        case ShippingOrderWritten() if known is None:
            return EdiShippingOrder(
                id=event.id, partner=event.partner, number=event.number, order=event.order,
                fulfillment=event.fulfillment, location=event.location, lines=event.lines, sent=(event.sent,),
            )  # fmt: skip
        case ShippingOrderWritten():
            assert known is not None
            state = ShippingOrderState.WRITTEN if known.state is ShippingOrderState.CANCELED else known.state
            return replace(known, lines=event.lines, sent=(*known.sent, event.sent), state=state)
        case ShippingCancellationWritten():
            assert known is not None
            return replace(known, sent=(*known.sent, event.sent), state=ShippingOrderState.CANCELED)
        case ShippingAdviceTaken():
            assert known is not None
            return replace(known, advices=(*known.advices, event.advice), state=ShippingOrderState.ADVISED)


def shipping_order_id(partner: str, number: str) -> str:
    """The id of a shipping order that a warehouse was given."""
    return f"{partner}/{number}"


EDI_SHIPPING_ORDER: Final = RecordKind(
    SHIPPING_ORDER,
    EdiShippingOrder,
    AnyShippingOrderEvent,
    evolve_shipping_order,
    lambda each: Window(each.state, str(each.order)),
)
