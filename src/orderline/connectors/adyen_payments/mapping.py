"""Adyen's messages and ours: pure translation.

Our key is the `reference` of every payment and modification; webhooks bring it back, signed, as `merchantReference`.
"""

import base64
import hashlib
import re
from typing import Any, Final

from orderline.connectors.adyen_payments.wire import ErrorIn, ModificationIn, PaymentIn, ReasonIn
from orderline.connectors.amounts import Scale
from orderline.contracts.disputes import Evidence, EvidenceFile
from orderline.contracts.payments import (
    Approved,
    Authorize,
    Capture,
    Declined,
    Extend,
    PaymentAnswer,
    Pending,
    Refund,
)

# https://docs.adyen.com/development-resources/currency-codes: where Adyen's digits are not those of ISO 4217.
SCALE: Final = Scale({"CLP": 2, "CVE": 0, "IDR": 0, "ISK": 2}, {})
NEEDS_SHOPPER: Final = frozenset({"RedirectShopper", "ChallengeShopper", "IdentifyShopper", "PresentToShopper"})
WAITS: Final = frozenset({"Pending", "Received"})
HELD: Final = frozenset({"Authorised", "PartiallyAuthorised", "Success"})
KEY_MAX: Final = 64

Body = dict[str, Any]


def idempotency_key(key: str) -> str:
    """Our key, or what stands for one that is too long."""
    return key if len(key) <= KEY_MAX else hashlib.sha256(key.encode()).hexdigest()


def render_amount(minor: int, currency: str) -> Body:
    return {"value": SCALE.to_vendor(minor, currency), "currency": currency}


def render_authorization(request: Authorize, account: str, return_url: str, *, adjustable: bool = False) -> Body:
    """token: the shopper's reference and the stored payment method's id, `shopper/method`.

    adjustable: it may be held longer afterwards.
    """
    shopper, _, method = request.token.rpartition("/")
    body: Body = {
        "merchantAccount": account,
        "amount": render_amount(request.amount_minor, request.currency),
        "reference": request.key,
        "merchantOrderReference": request.order_number,
        "paymentMethod": {"type": "scheme", "storedPaymentMethodId": method},
        "shopperReference": shopper,
        "shopperInteraction": "ContAuth",
        "recurringProcessingModel": "CardOnFile",
        "returnUrl": return_url,
        "additionalData": {"manualCapture": "false" if request.capture else "true"},
    }
    if adjustable and not request.capture:
        body["additionalData"]["authorisationType"] = "PreAuth"
    return {**body, "captureDelayHours": 0} if request.capture else body


def render_modification(key: str, account: str, amount: Body | None = None) -> Body:
    body: Body = {"merchantAccount": account, "reference": key}
    return {**body, "amount": amount} if amount else body


def render_extension(request: Extend, account: str) -> Body:
    amount = render_amount(request.amount_minor, request.currency)
    return {**render_modification(request.key, account, amount), "industryUsage": "delayedCharge"}


def render_capture(request: Capture, account: str) -> Body:
    return render_modification(request.key, account, render_amount(request.amount_minor, request.currency))


def render_refund(request: Refund, account: str) -> Body:
    return render_modification(request.key, account, render_amount(request.amount_minor, request.currency))


def render_documents(evidence: Evidence, reason: ReasonIn, account: str) -> Body:
    """Each paper as a document that this reason for defense takes; what it asks for first gets the best one."""
    documents = [
        {
            "content": base64.b64encode(file.content).decode(),
            "contentType": file.media_type,
            "defenseDocumentTypeCode": code,
        }
        for code, file in assigned(evidence.files, reason)
    ]
    return {
        "defenseDocuments": documents,
        "disputePspReference": evidence.dispute,
        "merchantAccountCode": account,
    }


# Of what Adyen calls papers, those that ours of a kind are.
WORDS: Final = {
    "proof_of_delivery": ("delivery", "shipping", "goodswereprovided", "goodsorservicesprovided"),
    "communication": ("correspondence", "communication"),
    "receipt": ("invoice", "receipt"),
}


def assigned(files: tuple[EvidenceFile, ...], reason: ReasonIn) -> list[tuple[str, EvidenceFile]]:
    """(document type, paper) for as many types as there are papers, by what their names say; the rest in order."""
    order = {"Required": 0, "OneOrMore": 1, "AlternativeRequired": 2}
    codes = [
        each.defenseDocumentTypeCode
        for each in sorted(reason.defenseDocumentTypes, key=lambda each: order.get(each.requirementLevel, 9))
        if not each.available
    ]
    found: list[tuple[str, EvidenceFile]] = []
    left = list(files)
    for file in files:
        fit = next((c for c in codes if any(w in c.lower() for w in WORDS.get(file.kind, ()))), None)
        if fit is not None:
            found.append((fit, file))
            codes.remove(fit)
            left.remove(file)
    return found + list(zip(codes, left, strict=False))


def parse_authorized(request: Authorize, answer: PaymentIn) -> PaymentAnswer:
    if answer.resultCode in HELD:
        amount = answer.amount
        minor = SCALE.to_minor(amount.value, amount.currency) if amount else request.amount_minor
        currency = amount.currency if amount else request.currency
        return Approved(key=request.key, reference=answer.pspReference, amount_minor=minor, currency=currency)
    if answer.resultCode in WAITS:
        return Pending(key=request.key, reference=answer.pspReference)
    reference = answer.pspReference or None
    if answer.resultCode in NEEDS_SHOPPER:
        return Declined(key=request.key, code="authentication_required", reference=reference)
    reason = answer.refusalReason or answer.resultCode
    return Declined(key=request.key, code=snake(reason), message=reason[:500], reference=reference)


def parse_modified(key: str, answer: ModificationIn) -> PaymentAnswer:
    return Pending(key=key, reference=answer.pspReference)


def parse_declined(key: str, error: ErrorIn) -> Declined:
    code = f"adyen_{error.errorCode}" if error.errorCode else snake(error.errorType or "declined")
    return Declined(key=key, code=code[:200], message=(error.message or "")[:500], reference=error.pspReference)


def snake(text: str) -> str:
    """Words of Adyen as a code: "Not enough balance" is not_enough_balance."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"([a-z])([A-Z])", r"\1_\2", text).lower()).strip("_")[:200] or "declined"
