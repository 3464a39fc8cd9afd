"""Stripe in memory: PaymentIntents, refunds, disputes, events, balance, with answers made from its own fixtures."""

import copy
import hashlib
import hmac
import itertools
import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from support.openapi import Spec, load
from vendors.server import Vendor
from vendors.stripe_lists import list_of, page_of

FILE = "stripe/spec/spec3-2023-08-16.json"
FIXTURES = "stripe/samples/fixtures3.resources.json"
# Documented since the file was made; older API versions take them too.
ADDED = {
    "PostPaymentIntentsIntentCapture": {"final_capture": {"type": "boolean"}},
    "PostPaymentIntents": {
        "payment_method_options.card.request_multicapture": {"type": "string", "enum": ["if_available", "never"]}
    },
}
DECLINES = {"pm_decline": "card_declined", "pm_poor": "insufficient_funds"}


class Stripe(Vendor):
    """The account and its books. `pm_once`: a card that is captured once only; `pm_slow`: processing."""

    OPERATIONS: ClassVar[dict[str, str]] = {
        "PostPaymentIntents": "make",
        "GetPaymentIntentsSearch": "search",
        "GetPaymentIntentsIntent": "get",
        "PostPaymentIntentsIntent": "update",
        "PostPaymentIntentsIntentConfirm": "confirm",
        "PostPaymentIntentsIntentCapture": "capture",
        "PostPaymentIntentsIntentCancel": "cancel",
        "PostPaymentIntentsIntentIncrementAuthorization": "increment",
        "PostRefunds": "refund",
        "GetRefunds": "refunds",
        "GetRefundsRefund": "get_refund",
        "GetEvents": "events",
        "GetBalanceTransactions": "balance",
        "PostDisputesDispute": "evidence",
    }

    def __init__(self, spec: Spec) -> None:
        super().__init__([spec])
        self.fixtures: dict[str, Any] = load(FIXTURES)
        self.intents: dict[str, Any] = {}
        self.charges: dict[str, Any] = {}
        self.all_refunds: dict[str, Any] = {}
        self.disputes: dict[str, Any] = {}
        self.told: list[Any] = []
        self.entries: list[Any] = []
        # Into which currency the account settles what it has taken, and what one unit brings.
        self.settles: dict[str, tuple[str, str]] = {}
        self.files: list[str] = []
        self._numbers = itertools.count(1)

    def authorized(self, headers: dict[str, str]) -> bool:
        return headers.get("authorization") == "Bearer sk_test_secret" and headers["stripe-version"] == "2023-08-16"

    def conflict(self) -> tuple[int, Any]:
        return _no("idempotency_error", "idempotency_key_reused", "Keys may be used once")

    async def special(self, request: Request) -> Response | None:
        if request.url.path != "/v1/files":
            return None
        body = await request.body()
        assert b'name="purpose"\r\n\r\ndispute_evidence' in body
        made = {**self.fixtures["file"], "id": self._id("file"), "purpose": "dispute_evidence"}
        self.files.append(made["id"])
        return JSONResponse(made)

    def make(self, *, body: Any, query: Any) -> tuple[int, Any]:
        method = body.get("payment_method", "")
        intent = self._intent(body["amount"], body["currency"], body["capture_method"], method, body.get("metadata"))
        if not body.get("confirm"):
            return 200, intent
        return self._confirm(intent)

    def stored(self, amount: int, currency: str, *, capture: bool = False, confirmed: bool = True) -> str:
        """A PaymentIntent made by a storefront."""
        intent = self._intent(amount, currency, "automatic" if capture else "manual", "pm_card", {})
        if confirmed:
            self._confirm(intent)
        return intent["id"]

    def search(self, *, body: Any, query: Any) -> tuple[int, Any]:
        found = re.fullmatch(r"metadata\['(\w+)'\]:'(.*)'", query["query"])
        assert found
        wanted = [i for i in self.intents.values() if i["metadata"].get(found[1]) == found[2]]
        data = [self._expanded(each) for each in wanted]
        return 200, {"object": "search_result", "url": "/v1/payment_intents/search", "has_more": False, "data": data}

    def get(self, intent: str, *, body: Any, query: Any) -> tuple[int, Any]:
        return (200, self._expanded(self.intents[intent])) if intent in self.intents else _unknown(intent)

    def update(self, intent: str, *, body: Any, query: Any) -> tuple[int, Any]:
        if intent not in self.intents:
            return _unknown(intent)
        self.intents[intent]["metadata"] |= body.get("metadata", {})
        return 200, self._expanded(self.intents[intent])

    def confirm(self, intent: str, *, body: Any, query: Any) -> tuple[int, Any]:
        return self._confirm(self.intents[intent]) if intent in self.intents else _unknown(intent)

    def increment(self, intent: str, *, body: Any, query: Any) -> tuple[int, Any]:
        held = self.intents.get(intent)
        if held is None:
            return _unknown(intent)
        if held["status"] != "requires_capture" or body["amount"] <= held["amount"]:
            return _no("invalid_request_error", "payment_intent_unexpected_state", "cannot be incremented")
        held["amount"] = held["amount_capturable"] = body["amount"]
        self.effects += 1
        return 200, self._expanded(held)

    def capture(self, intent: str, *, body: Any, query: Any) -> tuple[int, Any]:
        held = self.intents.get(intent)
        if held is None:
            return _unknown(intent)
        if held["status"] != "requires_capture":
            return _no("invalid_request_error", "payment_intent_unexpected_state", "has nothing to capture")
        amount, final = body.get("amount_to_capture", held["amount_capturable"]), body.get("final_capture")
        if final is not None and held["payment_method"] == "pm_once":
            return _no("invalid_request_error", "parameter_invalid", "no multicapture", param="final_capture")
        if amount > held["amount_capturable"]:
            return _no("invalid_request_error", "amount_too_large", "more than can be captured")
        held["metadata"] |= body.get("metadata", {})
        held["amount_received"] += amount
        held["amount_capturable"] = 0 if final in (None, True) else held["amount_capturable"] - amount
        charge = self.charges[held["latest_charge"]]
        charge["amount_captured"] += amount
        charge["captured"] = True
        self.effects += 1
        self._book("charge", amount, charge["id"], held["currency"], fee=amount * 29 // 1000 + 30)
        if held["amount_capturable"] == 0:
            held["status"] = "succeeded"
            self._tell("payment_intent.succeeded", held)
        else:
            self._tell("payment_intent.amount_capturable_updated", held)
        return 200, held

    def cancel(self, intent: str, *, body: Any, query: Any) -> tuple[int, Any]:
        held = self.intents.get(intent)
        if held is None:
            return _unknown(intent)
        if held["status"] in ("canceled", "succeeded"):
            return _no("invalid_request_error", "payment_intent_unexpected_state", f"is {held['status']}")
        held |= {"status": "canceled", "amount_capturable": 0, "canceled_at": _now()}
        self.effects += 1
        self._tell("payment_intent.canceled", held)
        return 200, held

    def _intent(self, amount: int, currency: str, capture_method: str, method: str, metadata: Any) -> Any:
        intent: dict[str, Any] = {
            **copy.deepcopy(self.fixtures["payment_intent"]),
            "id": self._id("pi"),
            "amount": amount,
            "currency": currency,
            "capture_method": capture_method,
            "created": _now(),
            "canceled_at": None,
            "payment_method": method,
            "metadata": dict(metadata or {}),
            "status": "requires_confirmation",
            "last_payment_error": None,
            "next_action": None,
            "shipping": None,
            "processing": None,
            "transfer_data": None,
        }
        self.intents[intent["id"]] = intent
        return intent

    def _confirm(self, intent: Any) -> tuple[int, Any]:
        code = DECLINES.get(intent["payment_method"])
        if code:
            error = {"type": "card_error", "code": "card_declined", "decline_code": code, "message": "No."}
            intent |= {"status": "requires_payment_method", "last_payment_error": error}
            self._tell("payment_intent.payment_failed", intent)
            return 402, {"error": {**error, "payment_intent": intent}}
        if intent["payment_method"] == "pm_slow":
            intent["status"] = "processing"
            return 200, intent
        manual = intent["capture_method"] == "manual"
        charge: dict[str, Any] = {
            **copy.deepcopy(self.fixtures["charge"]),
            "id": self._id("ch"),
            "amount": intent["amount"],
            "amount_captured": 0 if manual else intent["amount"],
            "currency": intent["currency"],
            "captured": not manual,
            "created": _now(),
            "payment_intent": intent["id"],
            "transfer_data": None,
            "source": None,
            "shipping": None,
        }
        charge["payment_method_details"]["card"]["capture_before"] = _now() + 6 * 86_400
        charge["payment_method_details"]["card"].pop("wallet", None)
        charge["payment_method_details"]["card"].pop("installments", None)
        self.charges[charge["id"]] = charge
        intent["latest_charge"] = charge["id"]
        self.effects += 1
        if manual:
            intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
            self._tell("payment_intent.amount_capturable_updated", intent)
        else:
            intent |= {"status": "succeeded", "amount_received": intent["amount"]}
            self._book("charge", intent["amount"], charge["id"], intent["currency"], fee=59)
            self._tell("payment_intent.succeeded", intent)
        return 200, self._expanded(intent)

    def _expanded(self, intent: Any) -> Any:
        return {**intent, "latest_charge": self.charges.get(intent["latest_charge"])}

    def refund(self, *, body: Any, query: Any) -> tuple[int, Any]:
        charge = self.charges.get(body.get("charge", ""))
        intent = self.intents.get(body.get("payment_intent") or (charge or {}).get("payment_intent", ""))
        if intent is None:
            return _unknown(body.get("payment_intent") or body.get("charge"))
        charge = self.charges[intent["latest_charge"]]
        if body["amount"] > charge["amount_captured"] - charge["amount_refunded"]:
            return _no("invalid_request_error", "charge_already_refunded", "more than is left")
        charge["amount_refunded"] += body["amount"]
        slow = intent["payment_method"] == "pm_slow_refund"
        made: dict[str, Any] = {
            **copy.deepcopy(self.fixtures["refund"]),
            "id": self._id("re"),
            "amount": body["amount"],
            "currency": intent["currency"],
            "created": _now(),
            "charge": charge["id"],
            "payment_intent": intent["id"],
            "metadata": body.get("metadata", {}),
            "status": "pending" if slow else "succeeded",
        }
        self.all_refunds[made["id"]] = made
        self.effects += 1
        self._book("refund", -body["amount"], made["id"], intent["currency"])
        self._tell("charge.refund.updated", made)
        return 200, made

    def fail_refund(self, refund: str) -> None:
        """The customer's bank has sent the money back."""
        made = self.all_refunds[refund]
        made |= {"status": "failed", "failure_reason": "lost_or_stolen_card"}
        self.charges[made["charge"]]["amount_refunded"] -= made["amount"]
        self._book("refund_failure", made["amount"], refund, made["currency"])
        self._tell("charge.refund.updated", made)

    def refunds(self, *, body: Any, query: Any) -> tuple[int, Any]:
        about = "charge" if "charge" in query else "payment_intent"
        found = [each for each in self.all_refunds.values() if each[about] == query[about]]
        return 200, list_of("/v1/refunds", found[::-1], False)

    def get_refund(self, refund: str, *, body: Any, query: Any) -> tuple[int, Any]:
        return (200, self.all_refunds[refund]) if refund in self.all_refunds else _unknown(refund)

    def dispute(self, intent: str, amount: int) -> str:
        """The cardholder's bank takes money back."""
        held = self.intents[intent]
        made: dict[str, Any] = {
            **copy.deepcopy(self.fixtures["dispute"]),
            "id": self._id("dp"),
            "amount": amount,
            "currency": held["currency"],
            "charge": held["latest_charge"],
            "payment_intent": intent,
            "created": _now(),
            "reason": "product_not_received",
            "status": "needs_response",
        }
        made["evidence_details"]["due_by"] = _now() + 7 * 86_400
        self.disputes[made["id"]] = made
        self._book("adjustment", -amount, made["id"], held["currency"], fee=1500, category="dispute")
        self._tell("charge.dispute.created", made)
        self._tell("charge.dispute.funds_withdrawn", made)
        return made["id"]

    def evidence(self, dispute: str, *, body: Any, query: Any) -> tuple[int, Any]:
        made = self.disputes.get(dispute)
        if made is None:
            return _unknown(dispute)
        made["evidence"] |= body["evidence"]
        if body.get("submit"):
            made["status"] = "under_review"
            self._tell("charge.dispute.updated", made)
        self.effects += 1
        return 200, made

    def decide(self, dispute: str, status: str) -> None:
        made = self.disputes[dispute]
        made["status"] = status
        if status == "won":
            self._tell("charge.dispute.funds_reinstated", made)
        self._tell("charge.dispute.closed", made)

    def pay_out(self) -> str:
        """What is there goes to the bank."""
        parts = [each for each in self.entries if "payout" not in each and each["type"] != "payout"]
        payout = self._id("po")
        for each in parts:
            each["payout"] = payout
        currency = parts[0]["currency"] if parts else "eur"
        self._book("payout", -sum(each["net"] for each in parts), payout, currency)
        return payout

    def balance(self, *, body: Any, query: Any) -> tuple[int, Any]:
        entries = [e for e in self.entries if query.get("payout") in (None, e.get("payout", e["source"]))]
        page, more = page_of(entries[::-1], query)
        shown = [
            {name: value for name, value in each.items() if name != "payout"} | {"source": self._source(each["source"])}
            for each in page
        ]
        return 200, list_of("/v1/balance_transactions", shown, more)

    def events(self, *, body: Any, query: Any) -> tuple[int, Any]:
        types = set(query.get("types", {}).values())
        since = int(query["created"]["gte"])
        found = [each for each in self.told if each["type"] in types and each["created"] >= since]
        page, more = page_of(found[::-1], query)
        return 200, list_of("/v1/events", page, more)

    def _source(self, source: str) -> Any:
        for books in (self.charges, self.all_refunds, self.disputes):
            if source in books:
                return books[source]
        return source

    def _book(self, type_: str, amount: int, source: str, currency: str, *, fee: int = 0, category: str = "") -> None:
        rate = None
        if currency in self.settles:
            currency, told = self.settles[currency]
            amount, fee, rate = round(amount * Decimal(told)), round(fee * Decimal(told)), float(told)
        self.entries.append(
            {
                **copy.deepcopy(self.fixtures["balance_transaction"]),
                "id": self._id("txn"),
                "amount": amount,
                "fee": fee,
                "net": amount - fee,
                "currency": currency,
                "exchange_rate": rate,
                "created": _now(),
                "source": source,
                "type": type_,
                "reporting_category": category or type_,
            }
        )

    def _tell(self, type_: str, about: Any) -> None:
        self.told.append(
            {
                "id": self._id("evt"),
                "object": "event",
                "api_version": "2023-08-16",
                "created": _now(),
                "data": {"object": copy.deepcopy(about)},
                "livemode": False,
                "pending_webhooks": 1,
                "request": None,
                "type": type_,
            }
        )

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):010d}"


def call_of(event: Any, secret: str, *, at: int | None = None) -> tuple[dict[str, str], bytes]:
    """An event as Stripe posts it: headers and body."""
    body = json.dumps(event).encode()
    stamp = str(at if at is not None else _now())
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={stamp},v1={signature}"}, body


def _now() -> int:
    return int(datetime.now(UTC).timestamp())


def _no(type_: str, code: str, message: str, **more: Any) -> tuple[int, Any]:
    return 400, {"error": {"type": type_, "code": code, "message": message, **more}}


def _unknown(what: Any) -> tuple[int, Any]:
    error = {"type": "invalid_request_error", "code": "resource_missing", "message": f"No such thing: {what}"}
    return 404, {"error": error}
