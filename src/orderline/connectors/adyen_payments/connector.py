"""The payments contract, fulfilled by Adyen.

Adyen has no call that tells a payment by our reference: after a lost answer the request is sent again under the same
Idempotency-Key, which is kept for a week at least. Modifications are taken first and decided later; a webhook tells.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from orderline.connectors.adyen_payments import facts, mapping, reports, signature
from orderline.connectors.adyen_payments.client import Client
from orderline.connectors.adyen_payments.wire import DisputeAnswerIn, ErrorIn, NotificationIn, ReasonIn
from orderline.connectors.amounts import AmountRefusal
from orderline.connectors.calls import Calls, one_by_one
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
    PaymentFact,
    PaymentOutcome,
    Query,
    Refund,
    TransactionPage,
    Void,
)
from orderline.contracts.registry import Capability, Connector, ConnectorSettings, Kind
from orderline.contracts.settlements import SettlementPage
from orderline.values.failures import Refused, Trouble

NAME: Final = "adyen_payments"
# Where a shopper would come back to; stored methods are used without one.
RETURN_URL: Final = "https://localhost/"
# A day's report is there some hours after its end.
REPORTED_AFTER_S: Final = 36 * 3_600


class AdyenPayments:
    """Opened for one merchant account."""

    def __init__(self, settings: ConnectorSettings) -> None:
        self._secret = settings.secret
        self._account = settings.extra.get("merchant_account", "")
        self._return_url = settings.extra.get("return_url", RETURN_URL)
        self._lasts = timedelta(days=int(settings.extra.get("authorized_days", "0")))
        self._adjustable = settings.extra.get("adjustable", "off") == "on"
        self._first_batch = int(settings.extra.get("first_batch", "1"))
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

    async def query(self, questions: Sequence[Query]) -> list[CannotTell]:
        return [CannotTell() for _ in questions]

    async def list_transactions(
        self, since: datetime, *, cursor: str | None = None, limit: int = 500
    ) -> TransactionPage:
        """From the Payments accounting reports, a page for each day; `limit` says nothing here."""
        day = date.fromisoformat(cursor) if cursor else since.astimezone(UTC).date()
        if day >= datetime.now(UTC).date():
            return TransactionPage(())
        text = await self._client.report(f"payments_accounting_report_{day:%Y_%m_%d}.csv")
        try:
            found = tuple(each for each in reports.parse_payments(text or "") if each.occurred_at >= since)
        except (KeyError, ValueError, Refused) as error:
            raise Trouble(NAME, f"the report of {day} is not understood: {error}") from error
        return TransactionPage(found, (day + timedelta(days=1)).isoformat())

    async def list_settlements(self, since: datetime, *, cursor: str | None = None, limit: int = 500) -> SettlementPage:
        """From the Settlement details reports, a page for each batch, from the setting `first_batch` on."""
        batch = int(cursor) if cursor else self._first_batch
        text = await self._client.report(f"settlement_detail_report_batch_{batch}.csv")
        if text is None:
            return SettlementPage(())
        try:
            entries = tuple(reports.parse_settlement(text, batch))
        except (KeyError, ValueError, Refused) as error:
            raise Trouble(NAME, f"the report of batch {batch} is not understood: {error}") from error
        if all(each.occurred_at < since for each in entries):
            self._first_batch = max(self._first_batch, batch + 1 if not cursor else self._first_batch)
            return SettlementPage((), str(batch + 1))
        return SettlementPage(entries, str(batch + 1))

    async def submit_evidence(self, requests: Sequence[Evidence]) -> list[EvidenceOutcome]:
        return await one_by_one(self._calls, requests, self._submit)

    def parse_inbound(self, headers: Mapping[str, str], body: bytes) -> list[PaymentFact | DisputeFact]:
        """All items of a call are verified before any of them is translated."""
        if len(body) > BODY_LIMIT_BYTES:
            raise Refused(InboundRefusal.BODY_TOO_LARGE, size=len(body), allowed=BODY_LIMIT_BYTES)
        if any(name.lower() == signature.HEADER for name in headers):
            signature.verify_body(headers, body, self._secret)
            if b'"notificationItems"' not in body:
                return []  # tokens, changes of bank accounts: nothing of an order's money
        try:
            items = [
                each.NotificationRequestItem
                for each in msgspec.json.decode(body, type=NotificationIn).notificationItems
            ]
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Refused(InboundRefusal.BODY_MALFORMED, message=str(error)) from None
        for item in items:
            signature.verify_item(item, self._secret)
        try:
            told = [
                facts.parse_item(item, self._lasts) for item in items if self._account in ("", item.merchantAccountCode)
            ]
        except (ValueError, Refused) as error:
            raise Refused(InboundRefusal.BODY_MALFORMED, message=str(error)) from None
        return [fact for fact in told if fact is not None]

    async def _authorize(self, request: Authorize) -> PaymentOutcome:
        if "/" not in request.token:
            return Declined(key=request.key, code="token_not_usable", message="expected shopper/stored-method")
        try:
            body = mapping.render_authorization(
                request, self._known_account(), self._return_url, adjustable=self._adjustable
            )
        except Refused as refused:
            return _not_expressible(request.key, refused)
        answer = await self._client.pay(request.key, body)
        if isinstance(answer, ErrorIn):
            return mapping.parse_declined(request.key, answer)
        outcome = mapping.parse_authorized(request, answer)
        if isinstance(outcome, Approved) and self._lasts:
            return msgspec.structs.replace(outcome, expires_at=datetime.now(UTC) + self._lasts)
        return outcome

    async def _extend(self, request: Extend) -> PaymentOutcome:
        body = partial(mapping.render_extension, request, self._known_account())
        return await self._modify(request.key, request.authorization, "amountUpdates", body)

    async def _capture(self, request: Capture) -> PaymentOutcome:
        body = partial(mapping.render_capture, request, self._known_account())
        return await self._modify(request.key, request.authorization, "captures", body)

    async def _void(self, request: Void) -> PaymentOutcome:
        body = partial(mapping.render_modification, request.key, self._known_account())
        return await self._modify(request.key, request.authorization, "cancels", body)

    async def _refund(self, request: Refund) -> PaymentOutcome:
        body = partial(mapping.render_refund, request, self._known_account())
        return await self._modify(request.key, request.reference, "refunds", body)

    async def _modify(self, key: str, payment: str, what: str, render: Callable[[], mapping.Body]) -> PaymentOutcome:
        try:
            body = render()
        except Refused as refused:
            return _not_expressible(key, refused)
        answer = await self._client.modify(payment, what, key, body)
        if isinstance(answer, ErrorIn):
            return mapping.parse_declined(key, answer)
        return mapping.parse_modified(key, answer)

    async def _submit(self, evidence: Evidence) -> EvidenceOutcome:
        """The reason for defense that our papers serve best; then the papers, then the defense."""
        about = {"disputePspReference": evidence.dispute, "merchantAccountCode": self._known_account()}

        async def call(name: str, body: mapping.Body) -> DisputeAnswerIn | EvidenceRefused:
            answer = await self._client.about_dispute(name, f"{evidence.key}-{name[:6]}", body)
            if isinstance(answer, ErrorIn):
                declined = mapping.parse_declined(evidence.key, answer)
                return EvidenceRefused(key=evidence.key, code=declined.code, message=declined.message)
            if not answer.disputeServiceResult.success:
                message = answer.disputeServiceResult.errorMessage or ""
                return EvidenceRefused(key=evidence.key, code=mapping.snake(message or "refused"), message=message)
            return answer

        found = await call("retrieveApplicableDefenseReasons", about)
        if isinstance(found, EvidenceRefused):
            return found
        if not found.defenseReasons:
            return EvidenceRefused(key=evidence.key, code="not_defendable")

        def served(reason: ReasonIn) -> tuple[bool, int]:
            return reason.satisfied, len(mapping.assigned(evidence.files, reason))

        reason = max(found.defenseReasons, key=served)
        documents = mapping.render_documents(evidence, reason, self._known_account())
        if documents["defenseDocuments"]:
            supplied = await call("supplyDefenseDocument", documents)
            if isinstance(supplied, EvidenceRefused):
                return supplied
        defended = await call("defendDispute", {**about, "defenseReasonCode": reason.defenseReasonCode})
        if isinstance(defended, EvidenceRefused):
            return defended
        return EvidenceTaken(key=evidence.key, reference=reason.defenseReasonCode)

    def _known_account(self) -> str:
        """Trouble: the setting that every request needs is not there."""
        if not self._account:
            raise Trouble(NAME, "merchant_account is not set")
        return self._account


def _not_expressible(key: str, refused: Refused) -> Declined:
    return Declined(key=key, code=AmountRefusal.AMOUNT_NOT_EXPRESSIBLE.value.lower(), message=str(refused))


connector: Final = Connector(
    name=NAME,
    title="Adyen",
    kind=Kind.PAYMENTS,
    open=AdyenPayments,
    listed_after_s=REPORTED_AFTER_S,
    capabilities=frozenset(
        {
            Capability.FACTS,
            Capability.CATCH_UP,
            Capability.PARTIAL_CAPTURE,
            Capability.MULTI_CAPTURE,
            Capability.PARTIAL_REFUND,
            Capability.EXTEND,
            Capability.SETTLEMENTS,
            Capability.DISPUTES,
        }
    ),
)
