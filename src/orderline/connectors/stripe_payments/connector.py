"""The payments contract, fulfilled by Stripe.

A lost answer is resolved by asking: an authorization is searched for by its key, a capture is known by its mark on the
PaymentIntent, a void by the PaymentIntent's state, a refund by its metadata. What is not found is sent again under the
same Idempotency-Key, which Stripe keeps for a day at least.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from orderline.connectors.amounts import AmountRefusal
from orderline.connectors.calls import Calls, one_by_one
from orderline.connectors.stripe_payments import facts, mapping, signature
from orderline.connectors.stripe_payments.client import Client
from orderline.connectors.stripe_payments.wire import ErrorIn, EventIn, IntentIn
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
    PaymentAnswer,
    PaymentFact,
    PaymentOutcome,
    Query,
    Refund,
    Transaction,
    TransactionPage,
    Void,
)
from orderline.contracts.registry import Capability, Connector, ConnectorSettings, Kind
from orderline.contracts.settlements import SettlementEntry, SettlementKind, SettlementPage
from orderline.values.failures import Refused

NAME: Final = "stripe_payments"
LISTED_MAX: Final = 100
UNEXPECTED_STATE: Final = "payment_intent_unexpected_state"
# Where each kind of paper stands in Stripe's evidence.
FILE_FIELDS: Final = {
    "proof_of_delivery": "shipping_documentation",
    "communication": "customer_communication",
    "receipt": "receipt",
    "other": "uncategorized_file",
}


class StripePayments:
    """Opened for one account."""

    def __init__(self, settings: ConnectorSettings) -> None:
        self._secret = settings.secret
        self._multicapture = settings.extra.get("multicapture", "on") == "on"
        self._calls = Calls(NAME, settings)
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
        """From the account's events, newest first; Stripe keeps them for 30 days."""
        params = {
            "created[gte]": str(int(since.timestamp())),
            "limit": str(min(limit, LISTED_MAX)),
            **{f"types[{n}]": each for n, each in enumerate(facts.EVENTS)},
            **({"starting_after": cursor} if cursor else {}),
        }
        page = await self._client.events(params)
        listed = {found.event_id: found for event in page.data for found in facts.parse_listed(event)}
        return TransactionPage(tuple(listed.values()), page.data[-1].id if page.has_more and page.data else None)

    async def list_settlements(self, since: datetime, *, cursor: str | None = None, limit: int = 500) -> SettlementPage:
        """From balance transactions, newest first. What a payout is made of is listed with it, once more."""
        params = {"created[gte]": str(int(since.timestamp())), "limit": str(min(limit, LISTED_MAX))}
        page = await self._client.balance(
            {**params, "expand[0]": "data.source", **({"starting_after": cursor} if cursor else {})}
        )
        entries = [facts.parse_entry(each) for each in page.data]
        for each in list(entries):
            if each.kind is SettlementKind.PAYOUT and each.payout:
                entries += await self._parts(each.payout)
        return SettlementPage(tuple(entries), page.data[-1].id if page.has_more and page.data else None)

    async def submit_evidence(self, requests: Sequence[Evidence]) -> list[EvidenceOutcome]:
        return await one_by_one(self._calls, requests, self._submit)

    def parse_inbound(self, headers: Mapping[str, str], body: bytes) -> list[PaymentFact | DisputeFact]:
        if len(body) > BODY_LIMIT_BYTES:
            raise Refused(InboundRefusal.BODY_TOO_LARGE, size=len(body), allowed=BODY_LIMIT_BYTES)
        signature.verify(headers, body, self._secret, datetime.now(UTC))
        try:
            return facts.parse_event(msgspec.json.decode(body, type=EventIn))
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError, Refused) as error:
            raise Refused(InboundRefusal.BODY_MALFORMED, message=str(error)) from None

    async def _authorize(self, request: Authorize) -> PaymentOutcome:
        if request.token.startswith("pi_"):
            return await self._adopt(request)
        try:
            form = mapping.render_authorization(request, multicapture=self._multicapture)
        except Refused as refused:
            return _not_expressible(request.key, refused)
        answer = await self._client.make_intent(request.key, form)
        if isinstance(answer, ErrorIn):
            return mapping.parse_declined(request.key, answer)
        return mapping.parse_authorized(request.key, answer)

    async def _adopt(self, request: Authorize) -> PaymentOutcome:
        """A PaymentIntent that the storefront has made: our key goes onto it, and it is confirmed where it waits."""
        metadata = {mapping.KEY: request.key, mapping.ORDER: request.order_number}
        form = {"metadata": metadata, "expand": ["latest_charge"]}
        intent = await self._client.update_intent(f"{request.key}-adopt", request.token, form)
        if isinstance(intent, ErrorIn):
            return mapping.parse_declined(request.key, intent)
        if intent.currency.upper() != request.currency:
            return Declined(key=request.key, code="currency_mismatch", reference=intent.id)
        if mapping.SCALE.to_minor(intent.amount, request.currency) < request.amount_minor:
            return Declined(key=request.key, code="amount_too_small", reference=intent.id)
        if intent.status == "requires_confirmation":
            confirmed = await self._client.confirm_intent(
                request.key, intent.id, {"error_on_requires_action": True, "expand": ["latest_charge"]}
            )
            if isinstance(confirmed, ErrorIn):
                return mapping.parse_declined(request.key, confirmed)
            intent = confirmed
        answer = mapping.parse_authorized(request.key, intent)
        if isinstance(answer, Approved):
            # Of more than was asked for, what was asked for counts.
            return msgspec.structs.replace(answer, amount_minor=request.amount_minor)
        return answer

    async def _extend(self, request: Extend) -> PaymentOutcome:
        try:
            amount = mapping.SCALE.to_vendor(request.amount_minor, request.currency)
        except Refused as refused:
            return _not_expressible(request.key, refused)
        form = {"amount": amount, "expand": ["latest_charge"]}
        answer = await self._client.increment(request.key, request.authorization, form)
        if isinstance(answer, ErrorIn):
            return mapping.parse_declined(request.key, answer)
        return mapping.parse_authorized(request.key, answer)

    async def _capture(self, request: Capture) -> PaymentOutcome:
        try:
            form = mapping.render_capture(request, multicapture=self._multicapture)
        except Refused as refused:
            return _not_expressible(request.key, refused)
        answer = await self._client.capture(request.key, request.authorization, form)
        if isinstance(answer, ErrorIn) and answer.param == "final_capture":
            # This card knows one capture only, which lets the rest go; `final` in our answer says so.
            form = mapping.render_capture(request, multicapture=False)
            answer = await self._client.capture(f"{request.key}-once", request.authorization, form)
        if isinstance(answer, ErrorIn) and answer.code == UNEXPECTED_STATE:
            intent = await self._client.intent(request.authorization)
            if isinstance(intent, IntentIn) and intent.status == "succeeded" and intent.capture_method != "manual":
                return mapping.parse_captured(request, intent)  # collected when it was confirmed
        if isinstance(answer, ErrorIn):
            return mapping.parse_declined(request.key, answer)
        return mapping.parse_captured(request, answer)

    async def _void(self, request: Void) -> PaymentOutcome:
        answer = await self._client.cancel(request.key, request.authorization)
        if isinstance(answer, ErrorIn) and answer.code == UNEXPECTED_STATE:
            intent = await self._client.intent(request.authorization)
            if isinstance(intent, IntentIn) and intent.status == "canceled":
                return mapping.parse_voided(request.key, intent)
        if isinstance(answer, ErrorIn):
            return mapping.parse_declined(request.key, answer)
        return mapping.parse_voided(request.key, answer)

    async def _refund(self, request: Refund) -> PaymentOutcome:
        try:
            form = mapping.render_refund(request)
        except Refused as refused:
            return _not_expressible(request.key, refused)
        answer = await self._client.refund(request.key, form)
        if isinstance(answer, ErrorIn):
            return mapping.parse_declined(request.key, answer)
        return mapping.parse_refunded(request.key, answer)

    async def _query(self, question: Query) -> Transaction | CannotTell | None:
        if question.key is None:
            return await self._by_reference(question.reference or "")
        match question.operation:
            case Operation.CAPTURE | Operation.VOID if question.authorization:
                intent = await self._client.intent(question.authorization)
                if isinstance(intent, ErrorIn):
                    return None
                found = facts.transaction_of_capture if question.operation is Operation.CAPTURE else _void_of
                return found(intent, question.key)
            case Operation.REFUND if question.authorization:
                about = "charge" if question.authorization.startswith(("ch_", "py_")) else "payment_intent"
                refunds = await self._client.refunds_of({about: question.authorization})
                own = [] if isinstance(refunds, ErrorIn) else refunds.data
                refund = next((r for r in own if (r.metadata or {}).get(mapping.KEY) == question.key), None)
                return facts.transaction_of_refund(refund) if refund else None
            case Operation.AUTHORIZE | None:
                intents = await self._client.search_intents(question.key)
                return facts.transaction_of_intent(intents[0], question.key) if intents else None
            case _:
                return CannotTell()

    async def _by_reference(self, reference: str) -> Transaction | None:
        if reference.startswith("re_"):
            refund = await self._client.refund_by_id(reference)
            return None if isinstance(refund, ErrorIn) else facts.transaction_of_refund(refund)
        intent = await self._client.intent(reference)
        return None if isinstance(intent, ErrorIn) else facts.transaction_of_intent(intent, None)

    async def _parts(self, payout: str) -> list[SettlementEntry]:
        parts: list[SettlementEntry] = []
        after: dict[str, str] = {}
        while True:
            params = {"payout": payout, "limit": str(LISTED_MAX), "expand[0]": "data.source", **after}
            page = await self._client.balance(params)
            found = [facts.parse_entry(each, payout) for each in page.data]
            parts += [each for each in found if each.kind is not SettlementKind.PAYOUT]
            if not page.has_more or not page.data:
                return parts
            after = {"starting_after": page.data[-1].id}

    async def _submit(self, evidence: Evidence) -> EvidenceOutcome:
        files: dict[str, str] = {}
        for number, file in enumerate(evidence.files):
            field = FILE_FIELDS.get(file.kind, FILE_FIELDS["other"])
            if field in files:
                continue  # Stripe takes one paper of a kind
            uploaded = await self._client.upload(
                f"{evidence.key}-file-{number}", file.name, file.media_type, file.content
            )
            if isinstance(uploaded, ErrorIn):
                return _refused(evidence.key, uploaded)
            files[field] = uploaded.id
        form = mapping.render_evidence(evidence, files)
        answer = await self._client.submit_evidence(evidence.key, evidence.dispute, form)
        if isinstance(answer, ErrorIn):
            return _refused(evidence.key, answer)
        return EvidenceTaken(key=evidence.key, reference=evidence.dispute)


def _void_of(intent: IntentIn, key: str) -> Transaction | None:
    return facts.transaction_of_void(intent, key)


def _not_expressible(key: str, refused: Refused) -> PaymentAnswer:
    code = AmountRefusal.AMOUNT_NOT_EXPRESSIBLE.value.lower()
    return Declined(key=key, code=code, message=str(refused))


def _refused(key: str, error: ErrorIn) -> EvidenceRefused:
    return EvidenceRefused(key=key, code=error.code or error.type or "refused", message=(error.message or "")[:500])


connector: Final = Connector(
    name=NAME,
    title="Stripe",
    kind=Kind.PAYMENTS,
    open=StripePayments,
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
