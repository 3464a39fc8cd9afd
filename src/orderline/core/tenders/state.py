"""A means of payment on an order: what its provider was asked for and has confirmed."""

from datetime import datetime
from enum import StrEnum

import msgspec


class PaymentKind(StrEnum):
    """What a provider is asked for. extend: to hold as much for another span of time."""

    AUTHORIZE = "authorize"
    EXTEND = "extend"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class PaymentRequest(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A request to a provider that has been journaled and not been answered yet."""

    key: str
    kind: PaymentKind
    amount_minor: int
    requested_at: datetime
    in_doubt: bool = False


class SentBack(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A refund, or a part of one, that did not stay with the customer. reference: what the provider or the bank calls it.

    key: of our request for the refund, where it is known.
    """

    reference: str
    amount_minor: int
    at: datetime
    key: str = ""


class Tender(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One means of payment used on the order, with what its provider has confirmed. received: payments to the bank, by
    the names the bank has for them. renews: the tender whose authorization was to lapse. goodwill_minor: of a credit
    account, what nobody has paid for of what was taken and not given back. sent_back: refunds that have come back.
    """

    number: int
    provider: str
    method: str
    amount_minor: int
    token: str = ""
    reference: str = ""
    authorized_minor: int = 0
    captured_minor: int = 0
    voided_minor: int = 0
    refunded_minor: int = 0
    declined: str = ""
    given_up: str = ""
    expires_at: datetime | None = None
    requests: tuple[PaymentRequest, ...] = ()
    received: tuple[str, ...] = ()
    renews: int = 0
    goodwill_minor: int = 0
    sent_back: tuple[SentBack, ...] = ()
