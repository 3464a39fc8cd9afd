"""Stripe's objects, as far as they are read. Fields that are not here are left alone."""

from decimal import Decimal
from typing import Any

import msgspec


class Availability(msgspec.Struct, frozen=True):
    status: str = ""


class CardDetailsIn(msgspec.Struct, frozen=True):
    capture_before: int | None = None
    multicapture: Availability | None = None


class MethodDetailsIn(msgspec.Struct, frozen=True):
    card: CardDetailsIn | None = None


class ChargeIn(msgspec.Struct, frozen=True):
    """A charge; of multiple captures there is one."""

    id: str
    payment_intent: str | None = None
    payment_method_details: MethodDetailsIn | None = None


class ErrorIn(msgspec.Struct, frozen=True):
    type: str = ""
    code: str | None = None
    decline_code: str | None = None
    message: str | None = None
    param: str | None = None
    payment_intent: "Named | None" = None


class ErrorsIn(msgspec.Struct, frozen=True):
    error: ErrorIn


class Named(msgspec.Struct, frozen=True):
    """Anything with an id, and the payment it belongs to."""

    id: str
    payment_intent: str | None = None


class IntentIn(msgspec.Struct, frozen=True):
    """A PaymentIntent."""

    id: str
    status: str
    amount: int
    currency: str
    created: int
    capture_method: str = "automatic"
    amount_capturable: int = 0
    amount_received: int = 0
    metadata: dict[str, str] | None = None
    latest_charge: str | ChargeIn | None = None
    last_payment_error: ErrorIn | None = None
    canceled_at: int | None = None

    @property
    def charge(self) -> str:
        return self.latest_charge if isinstance(self.latest_charge, str) else getattr(self.latest_charge, "id", "")


class RefundIn(msgspec.Struct, frozen=True):
    id: str
    amount: int
    currency: str
    created: int
    status: str | None = None
    charge: str | None = None
    payment_intent: str | None = None
    failure_reason: str | None = None
    metadata: dict[str, str] | None = None


class RefundsIn(msgspec.Struct, frozen=True):
    data: list[RefundIn]
    has_more: bool = False


class DueIn(msgspec.Struct, frozen=True):
    due_by: int | None = None


class DisputeIn(msgspec.Struct, frozen=True):
    id: str
    amount: int
    currency: str
    created: int
    status: str
    reason: str
    charge: str | Named | None = None
    payment_intent: str | None = None
    evidence_details: DueIn = DueIn()


class EventDataIn(msgspec.Struct, frozen=True):
    object: msgspec.Raw


class EventIn(msgspec.Struct, frozen=True):
    """An event. `type` decides what `data.object` is."""

    id: str
    type: str
    created: int
    data: EventDataIn


class EventsIn(msgspec.Struct, frozen=True):
    data: list[EventIn]
    has_more: bool = False


class Source(Named, frozen=True):
    """What a balance transaction is of: a charge, a refund, a dispute, with its amount as it was asked for."""

    amount: int | None = None
    amount_captured: int | None = None
    currency: str | None = None


class BalanceEntryIn(msgspec.Struct, frozen=True):
    """A balance transaction."""

    id: str
    amount: int
    fee: int
    net: int
    currency: str
    created: int
    type: str
    reporting_category: str = ""
    description: str | None = None
    source: str | Source | None = None
    exchange_rate: Decimal | None = None


class BalanceIn(msgspec.Struct, frozen=True):
    data: list[BalanceEntryIn]
    has_more: bool = False


class FileIn(msgspec.Struct, frozen=True):
    id: str


Form = dict[str, Any]
