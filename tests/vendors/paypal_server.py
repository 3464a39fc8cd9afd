"""PayPal in memory: approved orders, authorizations, captures, refunds, disputes, webhook events and the report."""

import base64
import itertools
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from support.openapi import Operation, Spec
from vendors.server import Vendor

FILES = (
    "paypal/spec/checkout-orders-v2.json",
    "paypal/spec/payments-payment-v2.json",
    "paypal/spec/customer-disputes-v1.json",
    "paypal/spec/reporting-transactions-v1.json",
    "paypal/spec/notifications-webhooks-v1.json",
)
WEBHOOK = "1JE4291016473214C"
CLIENT = "client-id:client-secret"


class PayPal(Vendor):
    """The account and its books."""

    key_header = "paypal-request-id"
    OPERATIONS: ClassVar[dict[str, str]] = {
        "orders.get": "get_order",
        "orders.authorize": "authorize",
        "orders.capture": "capture_order",
        "authorizations.get": "get_authorization",
        "authorizations.capture": "capture",
        "authorizations.reauthorize": "reauthorize",
        "authorizations.void": "void",
        "captures.get": "get_capture",
        "captures.refund": "refund",
        "refunds.get": "get_refund",
        "disputes.provide-evidence": "evidence",
        "search.get": "report",
        "webhooks-events.list": "list_events",
        "verify-webhook-signature.post": "verify",
    }

    def __init__(self, specs: list[Spec]) -> None:
        super().__init__(specs)
        self.orders: dict[str, Any] = {}
        self.held: dict[str, Any] = {}
        self.captures: dict[str, Any] = {}
        self.refunds: dict[str, Any] = {}
        self.fixed: set[str] = set()
        self.disputes: dict[str, Any] = {}
        self.events: list[Any] = []
        self.reported: list[Any] = []
        self.evidence_given: list[str] = []
        self.tokens: set[str] = set()
        self._numbers = itertools.count(1)

    def conflict(self) -> tuple[int, Any]:
        return _no("DUPLICATE_INVOICE_ID")

    def _once(
        self, operation: Operation, headers: dict[str, str], names: list[str], body: Any, query: Any
    ) -> tuple[int, Any]:
        """With each issue described as the file describes it."""
        status, content = super()._once(operation, headers, names, body, query)
        for detail in (content or {}).get("details", ()):
            detail["description"] = operation.constant_beside(status, "issue", detail["issue"], "description")
        return status, content

    def authorized(self, headers: dict[str, str]) -> bool:
        return headers.get("authorization", "").removeprefix("Bearer ") in self.tokens

    async def special(self, request: Request) -> Response | None:
        if request.url.path != "/v1/oauth2/token":
            return None
        given = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        assert await request.body() == b"grant_type=client_credentials"
        if given != CLIENT:
            return JSONResponse({"error": "invalid_client", "error_description": f"wrong {given}"}, 401)
        token = f"A21AA{next(self._numbers)}"
        self.tokens = {token}
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": 32_400})

    def approved(self, value: str, currency: str = "EUR", *, status: str = "APPROVED", pays: str = "CREATED") -> str:
        """An order that a buyer has approved. pays: the status its authorization will have."""
        order = self._id("5O190127TN36")
        self.orders[order] = {
            "id": order,
            "status": status,
            "intent": "AUTHORIZE",
            "purchase_units": [{"amount": {"currency_code": currency, "value": value}, "custom_id": "shop-1"}],
        }
        self.orders[order]["pays"] = pays
        return order

    def get_order(self, order: str, *, body: Any, query: Any) -> tuple[int, Any]:
        return (200, self._shown(order)) if order in self.orders else _unknown()

    def authorize(self, order: str, *, body: Any, query: Any) -> tuple[int, Any]:
        about = self.orders.get(order)
        if about is None:
            return _unknown()
        if about["status"] != "APPROVED":
            approved = about["status"] == "COMPLETED"
            return _no("ORDER_ALREADY_AUTHORIZED" if approved else "ORDER_NOT_APPROVED")
        about["status"] = "COMPLETED"
        self._hold(order, about["purchase_units"][0]["amount"], about["pays"])
        return 201, self._shown(order)

    def capture_order(self, order: str, *, body: Any, query: Any) -> tuple[int, Any]:
        about = self.orders[order]
        about["status"] = "COMPLETED"
        self._take(order, "", about["purchase_units"][0]["amount"], {})
        return 201, self._shown(order)

    def get_authorization(self, id_: str, *, body: Any, query: Any) -> tuple[int, Any]:
        return (200, self.held[id_]) if id_ in self.held else _unknown()

    def capture(self, id_: str, *, body: Any, query: Any) -> tuple[int, Any]:
        held = self.held.get(id_)
        if held is None:
            return _unknown()
        if held["status"] == "VOIDED":
            return _no("AUTHORIZATION_VOIDED")
        if body["amount"]["currency_code"] != held["amount"]["currency_code"]:
            return _no("AUTH_CAPTURE_CURRENCY_MISMATCH")
        taken = sum(_value(each) for each in self.captures.values() if _of(each) == id_)
        if held["status"] == "CAPTURED":
            return _no("AUTHORIZATION_ALREADY_CAPTURED")
        if _value(body) + taken > _value(held):
            return _no("MAX_CAPTURE_AMOUNT_EXCEEDED")
        final = body.get("final_capture") or _value(body) + taken == _value(held)
        held["status"] = "CAPTURED" if final else "PARTIALLY_CAPTURED"
        order = held["supplementary_data"]["related_ids"]["order_id"]
        return 201, self._take(order, id_, body["amount"], body)

    def reauthorize(self, id_: str, *, body: Any, query: Any) -> tuple[int, Any]:
        held = self.held.get(id_)
        if held is None:
            return _unknown()
        if id_ in self.fixed:
            return _no("REAUTHORIZATION_NOT_SUPPORTED")
        return 201, self._hold(held["supplementary_data"]["related_ids"]["order_id"], body["amount"], "CREATED")

    def void(self, id_: str, *, body: Any, query: Any) -> tuple[int, Any]:
        held = self.held.get(id_)
        if held is None:
            return _unknown()
        if held["status"] == "VOIDED":
            return _no("PREVIOUSLY_VOIDED")
        held["status"] = "VOIDED"
        self.effects += 1
        self._tell("PAYMENT.AUTHORIZATION.VOIDED", held)
        return 200, held

    def get_capture(self, id_: str, *, body: Any, query: Any) -> tuple[int, Any]:
        return (200, self.captures[id_]) if id_ in self.captures else _unknown()

    def refund(self, id_: str, *, body: Any, query: Any) -> tuple[int, Any]:
        capture = self.captures.get(id_)
        if capture is None:
            return _unknown()
        own = [each for each in self.refunds.values() if each["links"][0]["href"].endswith(id_)]
        back = sum(_value(each) for each in own if each.get("status") != "FAILED")
        if back + _value(body) > _value(capture):
            return _no("REFUND_AMOUNT_EXCEEDED")
        refund = {
            "id": self._id("1JU08902781691"),
            "status": "COMPLETED",
            "amount": body["amount"],
            "custom_id": body.get("custom_id", ""),
            "invoice_id": body.get("invoice_id", ""),
            "links": [{"href": f"https://api-m.paypal.com/v2/payments/captures/{id_}", "rel": "up", "method": "GET"}],
            "create_time": _now(),
        }
        self.refunds[refund["id"]] = refund
        self.effects += 1
        self._report(refund, "T1107", -_value(body), Decimal(0))
        self._tell("PAYMENT.CAPTURE.REFUNDED", refund)
        return 201, refund

    def fail_refund(self, refund: str) -> None:
        """The buyer's bank has sent the money back."""
        made = self.refunds[refund]
        made |= {"status": "FAILED", "status_details": {"reason": "ECHECK"}}
        self._tell("PAYMENT.REFUND.FAILED", made)

    def get_refund(self, id_: str, *, body: Any, query: Any) -> tuple[int, Any]:
        return (200, self.refunds[id_]) if id_ in self.refunds else _unknown()

    def evidence(self, dispute: str, *, body: Any, query: Any) -> tuple[int, Any]:
        if dispute not in self.disputes:
            return 400, {"name": "RESOURCE_NOT_FOUND", "message": "No such dispute.", "debug_id": "1", "details": []}
        told = body["input"]
        spec = next(each for each in self.specs if each.name == FILES[2])
        for each in json.loads(told)["evidences"]:
            spec.check(each, {"$ref": "#/components/schemas/evidence"}, "evidence")
        self.evidence_given.append(str(body))
        links = [{"href": f"https://api-m.paypal.com/v1/customer/disputes/{dispute}", "rel": "self", "method": "GET"}]
        return 200, {"links": links}

    def report(self, *, body: Any, query: Any) -> tuple[int, Any]:
        size, page = int(query["page_size"]), int(query["page"])
        shown = self.reported[(page - 1) * size : page * size]
        pages = max(1, -(-len(self.reported) // size))
        return 200, {
            **({"transaction_details": [{"transaction_info": each} for each in shown]} if shown else {}),
            "page": page,
            "total_items": len(self.reported),
            "total_pages": pages,
        }

    def list_events(self, *, body: Any, query: Any) -> tuple[int, Any]:
        since, until = query["start_time"], query.get("end_time", "9999")
        found = [each for each in self.events if since <= each["create_time"][:19] and each["n"] < until]
        size = int(query["page_size"])
        shown = found[::-1][:size]
        events = [{name: value for name, value in each.items() if name != "n"} for each in shown]
        answer: dict[str, Any] = {"events": events, "count": len(events)}
        if len(found) > size:
            href = f"https://api-m.paypal.com/v1/notifications/webhooks-events?page_size={size}&start_time={since}"
            answer["links"] = [{"href": f"{href}&end_time={shown[-1]['n']}", "rel": "next", "method": "GET"}]
        return 200, answer

    def verify(self, *, body: Any, query: Any) -> tuple[int, Any]:
        good = body["transmission_sig"] == "genuine" and body["webhook_id"] == WEBHOOK
        return 200, {"verification_status": "SUCCESS" if good else "FAILURE"}

    def dispute(self, capture: str, *, stage: str = "CHARGEBACK", status: str = "WAITING_FOR_SELLER_RESPONSE") -> Any:
        """The buyer, or their bank, wants money back."""
        about = self.captures[capture]
        dispute = {
            "dispute_id": self._id("PP-D-"),
            "create_time": _now(),
            "disputed_transactions": [
                {"seller_transaction_id": capture, "invoice_number": about["invoice_id"], "custom": "shop-1"}
            ],
            "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
            "status": status,
            "dispute_amount": about["amount"],
            "dispute_life_cycle_stage": stage,
            "seller_response_due_date": "2026-12-31T08:00:00.000Z",
        }
        self.disputes[dispute["dispute_id"]] = dispute
        self._tell("CUSTOMER.DISPUTE.CREATED", dispute)
        return dispute

    def resolve(self, dispute: Any, outcome: str) -> None:
        dispute |= {"status": "RESOLVED", "dispute_outcome": {"outcome_code": outcome}}
        self._tell("CUSTOMER.DISPUTE.RESOLVED", dispute)

    def _hold(self, order: str, amount: Any, status: str) -> Any:
        held = {
            "id": self._id("0VF52814937998"),
            "status": status,
            "amount": amount,
            "custom_id": "shop-1",
            "expiration_time": (datetime.now(UTC) + timedelta(days=29)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "create_time": _now(),
            "supplementary_data": {"related_ids": {"order_id": order}},
        }
        self.held[held["id"]] = held
        self.effects += status == "CREATED"
        self._tell("PAYMENT.AUTHORIZATION.CREATED", held)
        return held

    def _take(self, order: str, authorization: str, amount: Any, body: Any) -> Any:
        related = {"order_id": order, **({"authorization_id": authorization} if authorization else {})}
        capture = {
            "id": self._id("2GG279541U4717"),
            "status": "COMPLETED",
            "amount": amount,
            "invoice_id": body.get("invoice_id", ""),
            "custom_id": "shop-1",
            "final_capture": body.get("final_capture", False),
            "create_time": _now(),
            "supplementary_data": {"related_ids": related},
        }
        self.captures[capture["id"]] = capture
        self.effects += 1
        self._report(capture, "T0006", _value(capture), Decimal("0.59"))
        self._tell("PAYMENT.CAPTURE.COMPLETED", capture)
        return capture

    def _shown(self, order: str) -> Any:
        about = {name: value for name, value in self.orders[order].items() if name != "pays"}
        mine = [each for each in self.held.values() if each["supplementary_data"]["related_ids"]["order_id"] == order]
        captures = [c for c in self.captures.values() if c["supplementary_data"]["related_ids"]["order_id"] == order]
        names = {each["id"] for each in captures}
        refunds = [r for r in self.refunds.values() if r["links"][0]["href"].rpartition("/")[2] in names]
        payments = {"authorizations": mine, "captures": captures, "refunds": refunds}
        return {**about, "purchase_units": [{**about["purchase_units"][0], "payments": payments}]}

    def _report(self, about: Any, code: str, gross: Decimal, fee: Decimal) -> None:
        currency = about["amount"]["currency_code"]
        self.reported.append(
            {
                "transaction_id": about["id"],
                "transaction_event_code": code,
                "transaction_initiation_date": _now(),
                "transaction_amount": {"currency_code": currency, "value": str(gross)},
                "fee_amount": {"currency_code": currency, "value": str(-fee)},
                "invoice_id": about["invoice_id"],
                "custom_field": about["custom_id"],
                "transaction_status": "S",
            }
        )

    def pay_out(self, value: str) -> None:
        self._report_own("T0400", "EUR", -Decimal(value))

    def exchange(self, value: str, currency: str, brought: str) -> None:
        """Money of a balance in another currency becomes money in EUR: two transactions, of one reference."""
        reference = self._id("3XX00000000000")
        for given, amount in ((currency, -Decimal(value)), ("EUR", Decimal(brought))):
            self._report_own("T0200", given, amount)
            self.reported[-1] |= {"paypal_reference_id": reference, "paypal_reference_id_type": "TXN"}

    def _report_own(self, code: str, currency: str, value: Decimal) -> None:
        about = {
            "id": self._id("9WW00000000000"),
            "amount": {"currency_code": currency},
            "invoice_id": "",
            "custom_id": "",
        }
        self._report(about, code, value, Decimal(0))
        for name in ("invoice_id", "custom_field"):
            del self.reported[-1][name]

    def _tell(self, type_: str, resource: Any) -> None:
        number = next(self._numbers)
        self.events.append(
            {
                "n": f"2{number:07d}",
                "id": f"WH-{number:08d}",
                "create_time": _now(),
                "event_type": type_,
                "resource": json.loads(json.dumps(resource)),
            }
        )

    def _id(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers):03d}"


def call_of(event: Any, signature: str = "genuine") -> tuple[dict[str, str], bytes]:
    """An event as PayPal posts it."""
    headers = {
        "PAYPAL-TRANSMISSION-ID": "69cd13f0-d67a-11e5-baa3-778b53f4ae55",
        "PAYPAL-TRANSMISSION-TIME": "2026-11-21T10:00:00Z",
        "PAYPAL-TRANSMISSION-SIG": signature,
        "PAYPAL-CERT-URL": "https://api.paypal.com/v1/notifications/certs/CERT-1",
        "PAYPAL-AUTH-ALGO": "SHA256withRSA",
    }
    return headers, json.dumps({name: value for name, value in event.items() if name != "n"}).encode()


def _value(about: Any) -> Decimal:
    return Decimal(about["amount"]["value"])


def _of(capture: Any) -> str:
    return capture["supplementary_data"]["related_ids"].get("authorization_id", "")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _unknown() -> tuple[int, Any]:
    details = [{"issue": "INVALID_RESOURCE_ID"}]
    message = "The specified resource does not exist."
    return 404, {"name": "RESOURCE_NOT_FOUND", "message": message, "debug_id": "1", "details": details}


def _no(issue: str) -> tuple[int, Any]:
    message = "The requested action could not be performed, semantically incorrect, or failed business validation."
    details = [{"issue": issue}]
    return 422, {"name": "UNPROCESSABLE_ENTITY", "message": message, "debug_id": "1", "details": details}
