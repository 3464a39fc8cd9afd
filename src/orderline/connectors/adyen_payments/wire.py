"""Adyen's objects, as far as they are read. Fields that are not here are left alone."""

from datetime import datetime

import msgspec


class AmountIn(msgspec.Struct, frozen=True):
    value: int
    currency: str


class PaymentIn(msgspec.Struct, frozen=True):
    """The answer to a payment."""

    resultCode: str
    pspReference: str = ""
    refusalReason: str | None = None
    refusalReasonCode: str | None = None
    amount: AmountIn | None = None


class ModificationIn(msgspec.Struct, frozen=True):
    """The answer to a modification: `received`, and what came of it is told later."""

    pspReference: str
    status: str


class ErrorIn(msgspec.Struct, frozen=True):
    errorCode: str | None = None
    errorType: str | None = None
    message: str | None = None
    pspReference: str | None = None


class ItemIn(msgspec.Struct, frozen=True):
    """A notification item."""

    eventCode: str
    eventDate: datetime
    merchantAccountCode: str
    pspReference: str
    success: str
    amount: AmountIn | None = None
    merchantReference: str | None = None
    originalReference: str | None = None
    reason: str | None = None
    additionalData: dict[str, str] | None = None


class BoxedIn(msgspec.Struct, frozen=True):
    NotificationRequestItem: ItemIn


class NotificationIn(msgspec.Struct, frozen=True):
    notificationItems: list[BoxedIn]


class DocumentTypeIn(msgspec.Struct, frozen=True):
    defenseDocumentTypeCode: str
    requirementLevel: str
    available: bool


class ReasonIn(msgspec.Struct, frozen=True):
    defenseReasonCode: str
    satisfied: bool
    defenseDocumentTypes: list[DocumentTypeIn] = []


class DisputeResultIn(msgspec.Struct, frozen=True):
    success: bool
    errorMessage: str | None = None


class DisputeAnswerIn(msgspec.Struct, frozen=True):
    disputeServiceResult: DisputeResultIn
    defenseReasons: list[ReasonIn] = []
