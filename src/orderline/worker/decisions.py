"""Decision requests: drafted when something has happened, looked at when units have moved, ended at their deadline."""

from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import Any

from orderline.core.decisions.asking import DecisionCause
from orderline.core.decisions.commands import DraftDecision, LapseDecision, ReviewDecision
from orderline.core.decisions.doubting import doubt_of
from orderline.core.decisions.links import DECISION_LINKS, hash_of, token_of
from orderline.core.orders.commands import Command
from orderline.core.orders.state import Order
from orderline.store.jobs import Job
from orderline.store.secrets import secret_of
from orderline.store.working import load_addresses
from orderline.values.address import Address
from orderline.values.ids import OrderId, PersonToken, new_id
from orderline.worker.work import Work, order_of


async def draft_decisions(work: Work, jobs: Sequence[Job]) -> None:
    """Ask about what has happened to units, where the channel's policy says so; the rule decides."""
    orders = await work.orders(jobs)
    secret = await work.read(secret_of, work.database, DECISION_LINKS)
    tokens = {
        group.recipient
        for job in jobs
        if job.body.cause is DecisionCause.ADDRESS and (order := orders.get(order_of(job))) is not None
        for group in order.agreement.groups
    }
    addresses = await work.read(load_addresses, work.database, tokens) if tokens else {}
    pairs: list[tuple[Job, Command]] = []
    idle: list[Job] = []
    for job in jobs:
        order = orders.get(order_of(job))
        if order is None or job.body.cause is None:
            idle.append(job)
        else:
            pairs.append((job, _drafting(job, order, secret, addresses)))
    await work.finish(idle)
    await work.submit(pairs)


async def review_decisions(work: Work, jobs: Sequence[Job]) -> None:
    """Units of an order have moved: what was asked may be no question any more."""
    await work.submit([(job, ReviewDecision(decision=job.body.key, order=order_of(job))) for job in jobs])


async def lapse_decisions(work: Work, jobs: Sequence[Job]) -> None:
    """The deadline of an offer is over; where it was answered, there is nothing to do."""
    await work.submit(
        [(job, LapseDecision(decision=job.body.key, order=order_of(job), sending=job.body.version)) for job in jobs]
    )


def ask(order: OrderId, cause: DecisionCause, secret: bytes, **about: Any) -> DraftDecision:
    """The request to ask, with a link of its own. secret: of links; about: fields of `DraftDecision`."""
    id_, nonce = str(new_id()), token_hex(16)
    token_hash = hash_of(token_of(secret, id_, nonce))
    return DraftDecision(decision=id_, order=order, cause=cause, nonce=nonce, token_hash=token_hash, **about)


def _drafting(job: Job, order: Order, secret: bytes, addresses: Mapping[PersonToken, Address]) -> DraftDecision:
    body = job.body
    assert body.cause is not None
    if body.cause is DecisionCause.ADDRESS:
        return ask(order.id, body.cause, secret, hold=body.hold, doubt=doubt_of(order, body.hold, addresses))
    standing = (each for each in order.asked if each.cause is body.cause and set(each.lines) & set(body.lines))
    return ask(
        order.id,
        body.cause,
        secret,
        lines=body.lines,
        fulfillment=body.fulfillment or None,
        latest_at=body.latest_at,
        why=body.why,
        supply=body.key,
        replaces=tuple(each.id for each in standing),
    )
