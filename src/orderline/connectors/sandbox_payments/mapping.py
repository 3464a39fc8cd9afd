"""The sandbox payment provider's messages and ours: pure translation."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from orderline.contracts.disputes import Evidence, EvidenceRefused, EvidenceTaken
from orderline.contracts.payments import (
    Approved,
    Authorize,
    Capture,
    Declined,
    Operation,
    PaymentAnswer,
    Pending,
    Query,
    Refund,
    Transaction,
    TransactionPage,
    TransactionState,
    Void,
)
from orderline.contracts.terms import Instant


class ResultIn(msgspec.Struct, frozen=True):
    """The provider's answer to one request; `id` is None when nothing was written into its books."""

    key: str
    id: str | None
    state: TransactionState
    code: str
    amount: int
    currency: str
    expires: Instant | None


class ResultsIn(msgspec.Struct, frozen=True):
    results: list[ResultIn]


class TransactionIn(msgspec.Struct, frozen=True):
    """An operation in the provider's books."""

    id: str
    key: str | None
    operation: Operation
    state: TransactionState
    amount: int
    currency: str
    at: Instant
    code: str
    authorization: str | None
    expires: Instant | None
    event: str


class FoundIn(msgspec.Struct, frozen=True):
    transactions: list[TransactionIn | None]


class ListedIn(msgspec.Struct, frozen=True):
    transactions: list[TransactionIn]
    next: str | None


class EvidenceResultIn(msgspec.Struct, frozen=True):
    """The provider's answer to evidence; `code` is empty when it is taken."""

    key: str
    code: str


class EvidenceResultsIn(msgspec.Struct, frozen=True):
    results: list[EvidenceResultIn]


def render_evidence(requests: Sequence[Evidence]) -> dict[str, Any]:
    return {
        "evidence": [
            {
                "key": each.key,
                "dispute": each.dispute,
                "summary": each.summary,
                "tracking_number": each.tracking_number,
                "files": [file.name for file in each.files],
            }
            for each in requests
        ]
    }


def parse_evidence(result: EvidenceResultIn) -> EvidenceTaken | EvidenceRefused:
    return EvidenceRefused(key=result.key, code=result.code) if result.code else EvidenceTaken(key=result.key)


def render_authorizations(requests: Sequence[Authorize]) -> dict[str, Any]:
    return {
        "authorizations": [
            {
                "key": each.key,
                "token": each.token,
                "amount": each.amount_minor,
                "currency": each.currency,
                "order": each.order_number,
                "capture": each.capture,
            }
            for each in requests
        ]
    }


def render_captures(requests: Sequence[Capture]) -> dict[str, Any]:
    return {
        "captures": [
            {
                "key": each.key,
                "authorization": each.authorization,
                "amount": each.amount_minor,
                "currency": each.currency,
                "final": each.final,
            }
            for each in requests
        ]
    }


def render_voids(requests: Sequence[Void]) -> dict[str, Any]:
    return {"voids": [{"key": each.key, "authorization": each.authorization} for each in requests]}


def render_refunds(requests: Sequence[Refund]) -> dict[str, Any]:
    return {
        "refunds": [
            {
                "key": each.key,
                "payment": each.reference,
                "amount": each.amount_minor,
                "currency": each.currency,
                "reason": each.reason,
            }
            for each in requests
        ]
    }


def render_lookups(questions: Sequence[Query]) -> dict[str, Any]:
    return {"lookups": [{"key": each.key, "id": each.reference} for each in questions]}


def render_listing(since: datetime, cursor: str | None, limit: int) -> dict[str, str]:
    listing = {"since": since.isoformat(), "limit": str(limit)}
    return {**listing, "after": cursor} if cursor else listing


def parse_result(result: ResultIn) -> PaymentAnswer:
    if result.id is None or result.state is TransactionState.DECLINED:
        return Declined(key=result.key, code=result.code, reference=result.id)
    if result.state is TransactionState.PENDING:
        return Pending(key=result.key, reference=result.id)
    return Approved(
        key=result.key,
        reference=result.id,
        amount_minor=result.amount,
        currency=result.currency,
        expires_at=result.expires,
    )


def parse_transaction(entry: TransactionIn) -> Transaction:
    return Transaction(
        event_id=entry.event,
        operation=entry.operation,
        state=entry.state,
        reference=entry.id,
        amount_minor=entry.amount,
        currency=entry.currency,
        occurred_at=entry.at,
        key=entry.key,
        authorization=entry.authorization,
        code=entry.code,
        expires_at=entry.expires,
    )


def parse_page(page: ListedIn) -> TransactionPage:
    return TransactionPage(tuple(parse_transaction(each) for each in page.transactions), page.next)
