"""Payments: ask providers, by the journaled key; what they say is a command, and a lost answer is asked for."""

from collections.abc import Sequence
from typing import Any, Final

from orderline.contracts.payments import (
    Approved,
    Authorize,
    CannotTell,
    Capture,
    Declined,
    Extend,
    Operation,
    PaymentOutcome,
    Pending,
    Query,
    Refund,
    Transaction,
    TransactionState,
    Void,
)
from orderline.contracts.registry import Capability, Kind
from orderline.core.credits.state import PROVIDER
from orderline.core.orders.commands import AnswerPayment
from orderline.core.orders.state import Order, PaymentKind, Tender
from orderline.core.tenders.renewing import RenewAuthorization
from orderline.core.tenders.rules import TERMS
from orderline.core.tenders.schedule_commands import CallInstallments
from orderline.store.jobs import Job
from orderline.values.failures import Trouble
from orderline.worker.credits import answer_by_credit
from orderline.worker.work import Work, order_of

CANNOT: Final = "cannot_extend"
PENDING: Final = "the provider has not decided yet"
Asked = tuple[Job, Order, Tender]


async def pay(work: Work, jobs: Sequence[Job]) -> None:
    """Authorize, capture, void, refund: one call for all requests of a kind to one provider."""
    for (provider, test, kind), asked in (await _open_requests(work, jobs)).items():
        work.spawn([job for job, _, _ in asked], _pay_at(work, provider, test, kind, asked))


async def ask_payments(work: Work, jobs: Sequence[Job]) -> None:
    """Ask what became of requests whose answer was lost; one the provider has never heard of is made again.

    So is one that it cannot be asked about: under the same key it has one effect, and the first answer.
    """
    by_provider: dict[tuple[str, bool], list[Asked]] = {}
    for (provider, test, _), asked in (await _open_requests(work, jobs)).items():
        by_provider.setdefault((provider, test), []).extend(asked)
    for (provider, test), asked in by_provider.items():
        work.spawn([job for job, _, _ in asked], _ask_at(work, provider, test, asked))


async def renew_authorizations(work: Work, jobs: Sequence[Job]) -> None:
    """Authorizations are about to lapse, or have; of those that nothing is held of any more nothing is to be done."""
    await work.submit(
        [(job, RenewAuthorization(order=order_of(job), tender=job.body.tender, by_clock=True)) for job in jobs]
    )


async def call_installments(work: Work, jobs: Sequence[Job]) -> None:
    """Installments have fallen due; where they were asked for already, or the order was changed, nothing is to be done."""
    await work.submit([(job, CallInstallments(order=order_of(job), as_of=job.body.latest_at)) for job in jobs])


async def _open_requests(work: Work, jobs: Sequence[Job]) -> dict[tuple[str, bool, PaymentKind], list[Asked]]:
    """Jobs whose request has no answer yet, by who is to be asked for what; the others are done."""
    orders = await work.orders(jobs)
    answered: list[Job] = []
    groups: dict[tuple[str, bool, PaymentKind], list[Asked]] = {}
    for job in jobs:
        order = orders.get(order_of(job))
        tender = order.tenders[job.body.tender - 1] if order is not None else None
        if order is None or tender is None or all(request.key != job.body.key for request in tender.requests):
            answered.append(job)
            continue
        assert job.body.payment is not None
        groups.setdefault((tender.provider, job.body.test, job.body.payment), []).append((job, order, tender))
    await work.finish(answered)
    return groups


async def _pay_at(work: Work, provider: str, test: bool, kind: PaymentKind, asked: Sequence[Asked]) -> None:
    if provider == TERMS:  # people say when money has come, and that it went back
        await work.finish([job for job, _, _ in asked])
        return
    if provider == PROVIDER:
        await answer_by_credit(work, asked)
        return
    partner = work.partners.partner(Kind.PAYMENTS, provider, test=test)
    if kind is PaymentKind.EXTEND and not partner.can(Capability.EXTEND):
        await _answer(work, asked, [Declined(key=job.body.key, code=CANNOT) for job, _, _ in asked])
        return
    outcomes = await work.call(partner, [job for job, _, _ in asked], lambda contract: _request(contract, kind, asked))
    if outcomes is not None:
        await _answer(work, asked, outcomes)


async def _ask_at(work: Work, provider: str, test: bool, asked: Sequence[Asked]) -> None:
    partner = work.partners.partner(Kind.PAYMENTS, provider, test=test)
    questions = [
        Query(
            key=job.body.key,
            operation=Operation(job.body.payment.value) if job.body.payment else None,
            authorization=tender.reference,
            token=tender.token,
        )
        for job, _, tender in asked
    ]
    found: list[Transaction | CannotTell | None] | None = await work.call(
        partner, [job for job, _, _ in asked], lambda contract: contract.query(questions)
    )
    if found is None:
        return
    known: list[Asked] = []
    outcomes: list[PaymentOutcome] = []
    again: dict[PaymentKind, list[Asked]] = {}
    pending: list[tuple[Job, str]] = []
    for each, transaction in zip(asked, found, strict=True):
        job = each[0]
        if transaction is None or isinstance(transaction, CannotTell):
            assert job.body.payment is not None
            again.setdefault(job.body.payment, []).append(each)
        elif transaction.state is TransactionState.PENDING:
            pending.append((job, PENDING))
        else:
            known.append(each)
            outcomes.append(_outcome(job.body.key, transaction))
    await work.wait(pending)
    await _answer(work, known, outcomes)
    for kind, unheard in again.items():
        await _pay_at(work, provider, test, kind, unheard)


async def _answer(work: Work, asked: Sequence[Asked], outcomes: Sequence[PaymentOutcome]) -> None:
    """Record answers; a request that never reached the provider is made again later."""
    pairs: list[tuple[Job, AnswerPayment]] = []
    for (job, order, tender), outcome in zip(asked, outcomes, strict=True):
        if isinstance(outcome, Trouble) and not outcome.in_doubt:
            await work.fail([job], outcome)
        elif isinstance(outcome, Trouble | Pending) and job.kind == "ask_payment":
            # It is known to be in doubt; the job that asks goes on.
            await work.wait([(job, PENDING if isinstance(outcome, Pending) else str(outcome))])
        elif isinstance(outcome, Approved) and outcome.currency not in ("", order.currency):
            reason = f"{tender.provider} answered in {outcome.currency}, the order is in {order.currency}"
            await work.give_up([job], reason)
        else:
            pairs.append((job, _command(job, order, outcome)))
    await work.submit(pairs)


def _command(job: Job, order: Order, outcome: PaymentOutcome) -> AnswerPayment:
    body = job.body
    assert body.payment is not None
    about: dict[str, Any] = {"order": order.id, "tender": body.tender, "key": body.key, "kind": body.payment}
    match outcome:
        case Approved():
            # A void lets go of what is left, which the provider may not name. More than was asked is for a person.
            voided = body.payment is PaymentKind.VOID
            amount_minor = body.amount_minor if voided else outcome.amount_minor
            return AnswerPayment(
                **about, amount_minor=amount_minor, reference=outcome.reference, expires_at=outcome.expires_at
            )
        case Declined():
            return AnswerPayment(**about, amount_minor=body.amount_minor, declined=outcome.code or "declined")
        case Pending() | Trouble():
            return AnswerPayment(**about, amount_minor=body.amount_minor, in_doubt=True)


def _outcome(key: str, transaction: Transaction) -> PaymentOutcome:
    if transaction.state is TransactionState.DECLINED:
        return Declined(key=key, code=transaction.code or "declined")
    return Approved(
        key=key,
        reference=transaction.reference,
        amount_minor=transaction.amount_minor,
        currency=transaction.currency,
        expires_at=transaction.expires_at,
    )


async def _request(contract: Any, kind: PaymentKind, asked: Sequence[Asked]) -> list[PaymentOutcome]:
    match kind:
        case PaymentKind.AUTHORIZE:
            return await contract.authorize(
                [Authorize(**_sum(e), order_number=e[1].number, token=e[2].token) for e in asked]
            )
        case PaymentKind.EXTEND:
            return await contract.extend([Extend(**_sum(each), authorization=each[2].reference) for each in asked])
        case PaymentKind.CAPTURE:
            return await contract.capture([Capture(**_sum(each), authorization=each[2].reference) for each in asked])
        case PaymentKind.VOID:
            return await contract.void([Void(key=job.body.key, authorization=t.reference) for job, _, t in asked])
        case PaymentKind.REFUND:
            return await contract.refund([Refund(**_sum(each), reference=each[2].reference) for each in asked])


def _sum(asked: Asked) -> dict[str, Any]:
    """What a request is known by, and how much it is about."""
    job, order, _ = asked
    return {"key": job.body.key, "amount_minor": job.body.amount_minor, "currency": order.currency}
