"""Contracts by the clock: renewals that are due, and those that were not paid for."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from orderline.core.contracts.commands import ChasePayment, RecordRenewal
from orderline.core.contracts.decide import NOT_PAID
from orderline.core.contracts.renewing import renewal_of
from orderline.core.contracts.state import CONTRACT, Contract, ContractState
from orderline.core.orders.commands import CancelUnits, Command, PlaceOrder, RetryPayment
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import Order, is_canceled
from orderline.core.people.erasing import people_of
from orderline.core.tenders.rules import TERMS
from orderline.core.tenders.sums import is_releasable
from orderline.engine.submissions import Outcome, Submission
from orderline.store.jobs import Job
from orderline.store.working import load_people, read_orders, read_records
from orderline.values.ids import OrderId
from orderline.worker.work import Work

NOBODY: Final = "CUSTOMER_NOT_KNOWN"  # why there is no renewal once the customer was erased


async def renew(work: Work, jobs: Sequence[Job]) -> None:
    """Place the orders that are due through the intake that all take, and say what came of it."""
    now = work.services.clock()
    known = await _contracts(work, jobs)
    due = [
        (job, contract)
        for job in jobs
        if (contract := known.get(job.body.key)) is not None
        and contract.state is ContractState.ACTIVE
        and contract.next_at <= now
    ]
    told = {job.id for job, _ in due}
    await work.finish([job for job in jobs if job.id not in told])
    orders = await work.read(read_orders, work.database, {contract.order for _, contract in due})
    tokens = {token for order in orders.values() for token in people_of(order)}
    people = await work.read(load_people, work.database, tokens)
    asked: list[tuple[Job, Contract, PlaceOrder]] = []
    pairs: list[tuple[Job, Command]] = []
    for job, contract in due:
        command = renewal_of(contract, orders[contract.order], people)
        if command is None:
            refused = RecordRenewal(contract=contract.id, renewal=contract.renewal, refused=NOBODY)
            pairs.append((job, refused))
        else:
            asked.append((job, contract, command))
    outcomes = await work.engine.answer_all([Submission(command=command) for _, _, command in asked])
    failed: list[tuple[Job, Outcome]] = []
    for (job, contract, _), outcome in zip(asked, outcomes, strict=True):
        if outcome.failed is not None:
            failed.append((job, outcome))
        else:
            pairs.append((job, _told(contract, outcome)))
    await work.end(failed)
    await work.submit(pairs)


def _told(contract: Contract, outcome: Outcome) -> RecordRenewal:
    """What is recorded; an order that stands under the name already is that of this renewal, placed before a crash."""
    about: Any = {"contract": contract.id, "renewal": contract.renewal}
    refused = outcome.refused
    if refused is None:
        return RecordRenewal(**about, placed=msgspec.convert(msgspec.json.decode(outcome.answer)["id"], OrderId))
    if refused.code is OrderRefusal.EXTERNAL_ID_TAKEN:
        return RecordRenewal(**about, placed=msgspec.convert(refused.facts["order"], OrderId))
    return RecordRenewal(**about, refused=refused.code.value)


async def chase(work: Work, jobs: Sequence[Job]) -> None:
    """Ask again for payments of renewals that were declined; after the last time the order is canceled.

    A job names the renewal it is about: once the next was placed, nobody asks for the last one any more.
    """
    known = await _contracts(work, jobs)
    chased = {each.chased for each in known.values() if each.chased is not None}
    orders = await work.read(read_orders, work.database, chased)
    asked: list[tuple[Job, Command]] = []
    ends: list[tuple[Job, Command]] = []
    idle: list[Job] = []
    waiting: list[Job] = []
    for job in jobs:
        contract = known.get(job.body.key)
        order = orders.get(contract.chased) if contract is not None and contract.chased is not None else None
        if contract is None or order is None or job.body.version != contract.renewal - 1 or _is_settled(order):
            idle.append(job)
            continue
        if any(each.requests and each.provider != TERMS for each in order.tenders):
            waiting.append(job)
            continue
        declined = [each.number for each in order.tenders if each.declined and not _is_gone(order)]
        if contract.chases < len(contract.retry_days):
            asked += [(job, RetryPayment(order=order.id, tender=number)) for number in declined]
        elif declined:
            asked.append((job, CancelUnits(order=order.id, reason=NOT_PAID)))
        ends.append((job, ChasePayment(contract=contract.id, chased=order.id, chases=contract.chases)))
    outcomes = await work.engine.answer_all([Submission(command=command) for _, command in asked])
    failed = {job.id: (job, each) for (job, _), each in zip(asked, outcomes, strict=True) if each.failed is not None}
    await work.finish(idle)
    await work.put_off(waiting, "the provider has not answered")
    await work.end(list(failed.values()))
    await work.submit([(job, command) for job, command in ends if job.id not in failed])


def _is_settled(order: Order) -> bool:
    """Is there nothing to be asked for? What was canceled unpaid is not: the contract is still to be told."""
    if _is_gone(order):
        return not any(each.declined for each in order.tenders)
    return order.closed_at is not None or is_releasable(order)


def _is_gone(order: Order) -> bool:
    return all(map(is_canceled, order.lines))


async def _contracts(work: Work, jobs: Sequence[Job]) -> dict[str, Contract]:
    known = await work.read(read_records, work.database, CONTRACT.name, [job.body.key for job in jobs])
    return {id_: each for id_, each in known.items() if isinstance(each, Contract)}
