"""The payments contract, fulfilled by PayPal.

A lost answer is resolved by asking: the buyer's order shows its authorizations, captures and refunds, with our keys on
the latter two. What is not there is sent again under the same PayPal-Request-Id.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from orderline.connectors.amounts import AmountRefusal
from orderline.connectors.calls import Calls, one_by_one
from orderline.connectors.paypal_payments import facts, mapping
from orderline.connectors.paypal_payments.client import Client
from orderline.connectors.paypal_payments.wire import ErrorIn, EventIn, PaymentIn, PaymentsIn
from orderline.contracts.disputes import (
    DisputeFact,
    Evidence,
    EvidenceOutcome,
    EvidenceRefused,
    EvidenceTaken,
)
from orderline.contracts.inbound import BODY_LIMIT_BYTES, InboundRefusal
from orderline.contracts.payments import (
    Approved,
    Authorize,
    CannotTell,
    Capture,
    Declined,
    Extend,
    Operation,
    PaymentFact,
    PaymentOutcome,
    Pending,
    Query,
    Refund,
    Transaction,
    TransactionPage,
    Void,
)
from orderline.contracts.registry import Capability, Connector, ConnectorSettings, Kind
from orderline.contracts.settlements import SettlementPage
from orderline.values.failures import Refused, Trouble

NAME: Final = "paypal_payments"
ALREADY: Final = frozenset({"ORDER_ALREADY_AUTHORIZED", "ORDER_ALREADY_CAPTURED"})
GONE: Final = frozenset({"AUTHORIZATION_VOIDED", "PREVIOUSLY_VOIDED", "AUTHORIZATION_ALREADY_VOIDED"})
SIGNED: Final = {
    "transmission_id": "paypal-transmission-id",
    "transmission_time": "paypal-transmission-time",
    "transmission_sig": "paypal-transmission-sig",
    "cert_url": "paypal-cert-url",
    "auth_algo": "paypal-auth-algo",
}
EVENTS_MAX: Final = 100
REPORTED_MAX: Final = 500
REPORTED_DAYS: Final = timedelta(days=31)
# Genuine calls that are on their way from `verify_inbound` to `parse_inbound`.
GENUINE_MAX: Final = 1_000


class PayPalPayments:
    """Opened for one account."""

    def __init__(self, settings: ConnectorSettings) -> None:
        self._webhook = settings.extra.get("webhook_id", "")
        self._genuine: dict[bytes, None] = {}
        self._calls = Calls(NAME, settings, bearer=False)
        self._client = Client(self._calls, settings)
        self.close = self._client.close

    async def authorize(self, requests: Sequence[Authorize]) -> list[PaymentOutcome]:
        return await one_by_one(self._calls, requests, self._authorize)

    async def extend(self, requests: Sequence[Extend]) -> list[PaymentOutcome]:
        return await one_by_one(self._calls, requests, self._extend)

    async def capture(self, requests: Sequence[Capture]) -> list[PaymentOutcome]:
        return await one_by_one(self._calls, requests, self._capture)

    async def void(self, requests: Sequence[Void]) -> list[PaymentOutcome]:
        return await one_by_one(self._calls, requests, self._void)

    async def refund(self, requests: Sequence[Refund]) -> list[PaymentOutcome]:
        return await one_by_one(self._calls, requests, self._refund)

    async def query(self, questions: Sequence[Query]) -> list[Transaction | CannotTell | None]:
        return [await self._query(each) for each in questions]

    async def list_transactions(
        self, since: datetime, *, cursor: str | None = None, limit: int = 500
    ) -> TransactionPage:
        """From the events of the account's webhooks, which PayPal keeps for 30 days."""
        params = {"start_time": _text(since), "page_size": str(min(limit, EVENTS_MAX))}
        page = await self._client.events({**params, **dict(parse_qsl(cursor or ""))})
        listed = {found.event_id: found for event in page.events for found in facts.parse_listed(event)}
        following = next((each.href for each in page.links if each.rel == "next"), "")
        return TransactionPage(tuple(listed.values()), urlsplit(following).query or None)

    async def list_settlements(self, since: datetime, *, cursor: str | None = None, limit: int = 500) -> SettlementPage:
        """From Transaction Search, up to 31 days at a time; it is some hours behind."""
        start_text, _, number = (cursor or f"{_text(since)} 1").partition(" ")
        start, now = datetime.fromisoformat(start_text), datetime.now(UTC)
        end = min(start + REPORTED_DAYS, now)
        report = await self._client.report(
            {
                "start_date": _text(start),
                "end_date": _text(end),
                "fields": "transaction_info",
                "page_size": str(min(limit, REPORTED_MAX)),
                "page": number,
            }
        )
        entries = tuple(facts.parse_reported(each.transaction_info) for each in report.transaction_details)
        if int(number) < report.total_pages:
            return SettlementPage(entries, f"{start_text} {int(number) + 1}")
        return SettlementPage(entries, f"{_text(end)} 1" if end < now else None)

    async def submit_evidence(self, requests: Sequence[Evidence]) -> list[EvidenceOutcome]:
        return await one_by_one(self._calls, requests, self._submit)

    async def verify_inbound(self, headers: Mapping[str, str], body: bytes) -> None:
        """Ask PayPal whether it has sent this.

        The body goes back to it byte for byte, which is safe only when it is one JSON object: it can't bring fields of
        its own into the question.
        """
        if len(body) > BODY_LIMIT_BYTES:
            raise Refused(InboundRefusal.BODY_TOO_LARGE, size=len(body), allowed=BODY_LIMIT_BYTES)
        if not self._webhook:
            raise Trouble(NAME, "webhook_id is not set")
        names = {name.lower(): value for name, value in headers.items()}
        missing = [name for name in SIGNED.values() if not names.get(name)]
        if missing:
            raise Refused(InboundRefusal.SIGNATURE_MISSING, missing=missing)
        try:
            msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Refused(InboundRefusal.BODY_MALFORMED, message=str(error)) from None
        question = {
            **{name: names[header] for name, header in SIGNED.items()},
            "webhook_event": msgspec.Raw(body),
            "webhook_id": self._webhook,
        }
        verified = await self._client.verify(msgspec.json.encode(question))
        if verified.verification_status != "SUCCESS":
            raise Refused(InboundRefusal.SIGNATURE_INVALID, message="PayPal has not sent it")
        while len(self._genuine) >= GENUINE_MAX:
            self._genuine.pop(next(iter(self._genuine)))
        self._genuine[_digest(body)] = None

    def parse_inbound(self, headers: Mapping[str, str], body: bytes) -> list[PaymentFact | DisputeFact]:
        """Of what `verify_inbound` has found genuine just before."""
        if self._genuine.pop(_digest(body), 0) is not None:
            raise Refused(InboundRefusal.SIGNATURE_INVALID, message="not verified")
        try:
            return facts.parse_event(msgspec.json.decode(body, type=EventIn))
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError, Refused) as error:
            raise Refused(InboundRefusal.BODY_MALFORMED, message=str(error)) from None

    async def _authorize(self, request: Authorize) -> PaymentOutcome:
        """token: an order that the buyer has approved."""
        answer = await self._client.pay_order(request.token, "capture" if request.capture else "authorize", request.key)
        if isinstance(answer, ErrorIn) and answer.issue in ALREADY:
            answer = await self._client.order(request.token)
        if isinstance(answer, ErrorIn):
            return mapping.parse_declined(request.key, answer)
        found = answer.payments.captures if request.capture else answer.payments.authorizations
        if not found:
            return Declined(key=request.key, code=answer.status.lower() or "declined", reference=request.token)
        if found[-1].amount and found[-1].amount.currency_code != request.currency:
            return Declined(key=request.key, code="currency_mismatch", reference=found[-1].id)
        return mapping.parse_answer(request.key, found[-1], request.amount_minor)

    async def _extend(self, request: Extend) -> PaymentOutcome:
        try:
            body = {"amount": mapping.render_money(request.amount_minor, request.currency)}
        except Refused as refused:
            return _not_expressible(request.key, refused)
        answer = await self._client.on_authorization(request.authorization, "reauthorize", request.key, body)
        if isinstance(answer, ErrorIn):
            return mapping.parse_declined(request.key, answer)
        return mapping.parse_answer(request.key, answer)

    async def _capture(self, request: Capture) -> PaymentOutcome:
        try:
            body = mapping.render_capture(request)
        except Refused as refused:
            return _not_expressible(request.key, refused)
        answer = await self._client.on_authorization(request.authorization, "capture", request.key, body)
        if isinstance(answer, ErrorIn):
            return mapping.parse_declined(request.key, answer)
        return mapping.parse_answer(request.key, answer)

    async def _void(self, request: Void) -> PaymentOutcome:
        answer = await self._client.on_authorization(request.authorization, "void", "", None)
        if isinstance(answer, ErrorIn) and answer.issue in GONE:
            answer = await self._client.authorization(request.authorization)
        if isinstance(answer, ErrorIn):
            return mapping.parse_declined(request.key, answer)
        return mapping.parse_answer(request.key, answer)

    async def _refund(self, request: Refund) -> PaymentOutcome:
        """Of one capture, or of all captures of an authorization together: then in several parts, if need be."""
        try:
            mapping.render_money(request.amount_minor, request.currency)
        except Refused as refused:
            return _not_expressible(request.key, refused)
        payments = await self._payments_of(request.reference)
        if payments is None:
            parts = [mapping.Part(request.reference, request.amount_minor, request.key)]
        else:
            parts = mapping.plan_refund(request, payments)
        if not parts:
            return Declined(key=request.key, code="amount_not_available", reference=request.reference)
        sent = 0
        last: Approved | Pending | None = None
        for part in parts:
            body = mapping.render_refund(part, request)
            answer = await self._client.refund(part.capture, part.custom_id, body)
            if isinstance(answer, ErrorIn):
                outcome = mapping.parse_declined(request.key, answer)
            else:
                outcome = mapping.parse_answer(request.key, answer)
            if isinstance(outcome, Declined):
                # What has been sent back before it counts; the rest is asked for again.
                return outcome if last is None else msgspec.structs.replace(last, **_amount(last, sent))
            sent += part.amount_minor
            last = outcome if not isinstance(last, Pending) else last
        assert last is not None
        return msgspec.structs.replace(last, **_amount(last, sent))

    async def _payments_of(self, reference: str) -> PaymentsIn | None:
        """All payments of an authorization's order; None: it is no authorization, or its order is not known."""
        found = await self._client.authorization(reference)
        if isinstance(found, ErrorIn):
            return None
        order_id = found.supplementary_data.related_ids.order_id
        order = await self._client.order(order_id) if order_id else ErrorIn()
        return None if isinstance(order, ErrorIn) else order.payments

    async def _query(self, question: Query) -> Transaction | CannotTell | None:
        if question.key is None:
            return await self._by_reference(question.reference or "")
        key, authorization = question.key, question.authorization
        if question.operation is Operation.AUTHORIZE and question.token:
            order = await self._client.order(question.token)
            found = [] if isinstance(order, ErrorIn) else order.payments.authorizations or order.payments.captures
            return mapping.transaction(found[-1], Operation.AUTHORIZE, key, found[-1].id) if found else None
        if question.operation is Operation.VOID and authorization:
            held = await self._client.authorization(authorization)
            if isinstance(held, ErrorIn) or held.status != "VOIDED":
                return None
            return mapping.transaction(held, Operation.VOID, key, authorization)
        operation = question.operation
        if (operation is not Operation.CAPTURE and operation is not Operation.REFUND) or not authorization:
            return CannotTell()
        payments = await self._payments_of(authorization)
        if payments is None:
            return CannotTell()
        if operation is Operation.CAPTURE:
            ours = [each for each in payments.captures if each.invoice_id == key]
        else:
            # A refund in parts may not be complete: sent again, it is completed.
            ours = [each for each in payments.refunds if each.custom_id == key]
        return mapping.transaction(ours[0], operation, key, authorization) if ours else None

    async def _by_reference(self, reference: str) -> Transaction | None:
        held = await self._client.authorization(reference)
        if isinstance(held, PaymentIn):
            return mapping.transaction(held, Operation.AUTHORIZE, held.invoice_id, reference)
        captured = await self._client.capture(reference)
        if isinstance(captured, PaymentIn):
            related = captured.supplementary_data.related_ids.authorization_id or ""
            return mapping.transaction(captured, Operation.CAPTURE, captured.invoice_id, related)
        back = await self._client.refund_by_id(reference)
        return mapping.transaction(back, Operation.REFUND, back.custom_id, "") if isinstance(back, PaymentIn) else None

    async def _submit(self, evidence: Evidence) -> EvidenceOutcome:
        answer = await self._client.provide_evidence(
            evidence.dispute, mapping.render_evidence(evidence), evidence.files
        )
        if isinstance(answer, ErrorIn):
            return EvidenceRefused(key=evidence.key, code=answer.issue.lower() or "refused", message=answer.message)
        return EvidenceTaken(key=evidence.key, reference=evidence.dispute)


def _amount(outcome: Approved | Pending, sent: int) -> dict[str, int]:
    return {"amount_minor": sent} if isinstance(outcome, Approved) else {}


def _not_expressible(key: str, refused: Refused) -> Declined:
    return Declined(key=key, code=AmountRefusal.AMOUNT_NOT_EXPRESSIBLE.value.lower(), message=str(refused))


def _text(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


connector: Final = Connector(
    name=NAME,
    title="PayPal",
    kind=Kind.PAYMENTS,
    open=PayPalPayments,
    listed_after_s=3 * 3_600,
    capabilities=frozenset(
        {
            Capability.FACTS,
            Capability.CATCH_UP,
            Capability.VERIFY_BY_CALL,
            Capability.PARTIAL_CAPTURE,
            Capability.MULTI_CAPTURE,
            Capability.PARTIAL_REFUND,
            Capability.EXTEND,
            Capability.SETTLEMENTS,
            Capability.DISPUTES,
        }
    ),
)
