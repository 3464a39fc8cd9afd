"""Adyen in memory: Checkout payments and modifications decided later by webhook, disputes, reports."""

import base64
import hashlib
import hmac
import itertools
import json
from datetime import UTC, datetime
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from support.openapi import Spec
from vendors.server import Vendor

FILES = ("adyen/spec/checkout-v72.json", "adyen/spec/dispute-v30.json")
ACCOUNT = "OrderlineECOM"
HMAC_KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
PREFIXES = {FILES[0]: "/checkout/v72", FILES[1]: "/disputes/v30"}
RESULTS = {"decline": ("Refused", "Not enough balance"), "slow": ("Pending", ""), "ask": ("RedirectShopper", "")}


class Adyen(Vendor):
    """The merchant account. Stored methods `decline`, `slow` and `ask` behave so; others pay."""

    OPERATIONS: ClassVar[dict[str, str]] = {
        "post-payments": "pay",
        "post-payments-paymentPspReference-captures": "capture",
        "post-payments-paymentPspReference-cancels": "cancel",
        "post-payments-paymentPspReference-refunds": "refund",
        "post-payments-paymentPspReference-amountUpdates": "update",
        "post-retrieveApplicableDefenseReasons": "reasons",
        "post-supplyDefenseDocument": "supply",
        "post-defendDispute": "defend",
    }

    def __init__(self, specs: list[Spec]) -> None:
        super().__init__(specs)
        self.payments: dict[str, Any] = {}
        self.items: list[Any] = []
        self.reports: dict[str, str] = {}
        self.disputes: dict[str, Any] = {}
        self._numbers = itertools.count(1)

    def local(self, spec: Spec, path: str) -> str:
        return path.removeprefix(PREFIXES[spec.name])

    def authorized(self, headers: dict[str, str]) -> bool:
        return headers.get("x-api-key") == "AQE-secret"

    def conflict(self) -> tuple[int, Any]:
        return _no("702", "The idempotency key was used for another request")

    def keeps(self, status: int) -> bool:
        return status < 300

    async def special(self, request: Request) -> Response | None:
        name = request.url.path.removeprefix("/reports/")
        if name == request.url.path:
            return None
        assert request.headers["x-api-key"] == "AQE-secret"
        return PlainTextResponse(self.reports.get(name, ""), 200 if name in self.reports else 404)

    def pay(self, *, body: Any, query: Any) -> tuple[int, Any]:
        assert body["merchantAccount"] == ACCOUNT
        method = body["paymentMethod"]["storedPaymentMethodId"]
        result, reason = RESULTS.get(method, ("Authorised", ""))
        reference = self._psp()
        held = {"amount": body["amount"], "captured": 0, "canceled": False, "reference": body["reference"]}
        if result == "Authorised":
            self.payments[reference] = held
            self.effects += 1
        answer = {
            "pspReference": reference,
            "resultCode": result,
            "amount": body["amount"],
            "merchantReference": body["reference"],
            **({"refusalReason": reason, "refusalReasonCode": "12"} if reason else {}),
        }
        self.tell("AUTHORISATION", reference, body, success=result == "Authorised", reason=reason)
        return 200, answer

    def capture(self, payment: str, *, body: Any, query: Any) -> tuple[int, Any]:
        held = self.payments.get(payment)
        left = held and held["amount"]["value"] - held["captured"]
        good = bool(held and not held["canceled"] and body["amount"]["value"] <= left and _alike(held, body))
        if held and good:
            held["captured"] += body["amount"]["value"]
        return self._modify(payment, "CAPTURE", body, good=good, reason="Insufficient balance on payment")

    def cancel(self, payment: str, *, body: Any, query: Any) -> tuple[int, Any]:
        held = self.payments.get(payment)
        good = bool(held and not held["canceled"])
        if held and good:
            held["canceled"] = True
        about = {**body, "amount": held["amount"]} if held else body
        return self._modify(payment, "CANCELLATION", about, good=good, amount=False)

    def refund(self, payment: str, *, body: Any, query: Any) -> tuple[int, Any]:
        held = self.payments.get(payment)
        good = bool(held and body["amount"]["value"] <= held["captured"] and _alike(held, body))
        return self._modify(payment, "REFUND", body, good=good, reason="Insufficient balance on payment")

    def update(self, payment: str, *, body: Any, query: Any) -> tuple[int, Any]:
        held = self.payments.get(payment)
        good = bool(held and not held["captured"] and not held["canceled"] and not held.get("fixed"))
        if held and good:
            held["amount"] = body["amount"]
        return self._modify(payment, "AUTHORISATION_ADJUSTMENT", body, good=good, reason="Not adjustable")

    def reasons(self, *, body: Any, query: Any) -> tuple[int, Any]:
        if body["disputePspReference"] not in self.disputes:
            return 200, {"disputeServiceResult": {"success": False, "errorMessage": "Dispute not found"}}
        types = [("DefenseMaterial", "Required"), ("ProofOfGoodsDelivery", "Optional")]
        found = {
            "defenseReasonCode": "GoodsWereProvided",
            "satisfied": False,
            "defenseDocumentTypes": [
                {"defenseDocumentTypeCode": code, "requirementLevel": level, "available": False}
                for code, level in types
            ],
        }
        weak = {"defenseReasonCode": "CreditIssued", "satisfied": False, "defenseDocumentTypes": []}
        return 200, {"disputeServiceResult": {"success": True}, "defenseReasons": [weak, found]}

    def supply(self, *, body: Any, query: Any) -> tuple[int, Any]:
        self.disputes[body["disputePspReference"]]["documents"] = body["defenseDocuments"]
        return 200, {"disputeServiceResult": {"success": True}}

    def defend(self, *, body: Any, query: Any) -> tuple[int, Any]:
        self.disputes[body["disputePspReference"]]["defense"] = body["defenseReasonCode"]
        return 200, {"disputeServiceResult": {"success": True}}

    def dispute(self, payment: str) -> str:
        """The cardholder's bank takes the money back."""
        reference = self._psp()
        held = self.payments[payment]
        self.disputes[reference] = {}
        more = {"chargebackReasonCode": "13.1", "defensePeriodEndsAt": "2026-12-31T03:03:07+02:00"}
        self.tell("CHARGEBACK", reference, held, original=payment, more=more, reason="Not received")
        return reference

    def tell(
        self,
        event: str,
        reference: str,
        about: Any,
        *,
        success: bool = True,
        original: str = "",
        reason: str = "",
        more: dict[str, str] | None = None,
    ) -> None:
        """Note an item, signed."""
        item = {
            "additionalData": dict(more or {}),
            "amount": about.get("amount", {"value": 0, "currency": "EUR"}),
            "eventCode": event,
            "eventDate": datetime.now(UTC).isoformat(timespec="seconds"),
            "merchantAccountCode": ACCOUNT,
            "merchantReference": about.get("reference", ""),
            "originalReference": original,
            "pspReference": reference,
            "reason": reason,
            "success": "true" if success else "false",
        }
        self.items.append(signed(item))

    def _modify(
        self, payment: str, event: str, body: Any, *, good: bool, reason: str = "", amount: bool = True
    ) -> tuple[int, Any]:
        if payment not in self.payments:
            return _no("167", "Original pspReference required for this operation")
        reference = self._psp()
        self.effects += 1
        self.tell(event, reference, body, success=good, original=payment, reason="" if good else reason)
        answer = {
            "merchantAccount": ACCOUNT,
            "paymentPspReference": payment,
            "pspReference": reference,
            "reference": body["reference"],
            "status": "received",
        }
        return 201, {**answer, "amount": body["amount"]} if amount else answer

    def _psp(self) -> str:
        return f"QFQTPCQ8{next(self._numbers):08d}"


def signed(item: dict[str, Any]) -> dict[str, Any]:
    """A notification item with its signature, as Adyen makes it."""
    amount = item.get("amount") or {}
    names = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")
    parts = [item.get(name, "") for name in names]
    parts += [str(amount.get("value", "")), amount.get("currency", ""), item["eventCode"], item["success"]]
    made = hmac.new(bytes.fromhex(HMAC_KEY), ":".join(parts).encode(), hashlib.sha256)
    data = {**item.get("additionalData", {}), "hmacSignature": base64.b64encode(made.digest()).decode()}
    return {**item, "additionalData": data}


def call_of(*items: Any) -> bytes:
    """The body of a webhook with these items."""
    boxed = [{"NotificationRequestItem": each} for each in items]
    return json.dumps({"live": "false", "notificationItems": boxed}).encode()


def _alike(held: Any, body: Any) -> bool:
    return held["amount"]["currency"] == body["amount"]["currency"]


def _no(code: str, message: str) -> tuple[int, Any]:
    return 422, {"status": 422, "errorCode": code, "message": message, "errorType": "validation"}
