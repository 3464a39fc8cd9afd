"""Fulfillment orders: request them of the partners that run locations, and ask for them back."""

from collections.abc import Sequence
from typing import Any

from orderline.contracts.registry import Capability, Kind
from orderline.contracts.warehouses import (
    CancelDenied,
    CancelGranted,
    CancelOutcome,
    CancelPending,
    CancelRequest,
    FulfillmentRequest,
    NotReceived,
    Received,
    RequestedLine,
    RequestOutcome,
)
from orderline.core.orders.commands import (
    AnswerCancel,
    OrderCommand,
    RejectUnits,
    SubmitFulfillment,
)
from orderline.core.orders.guards import is_blocked
from orderline.core.orders.state import FulfillmentOrder, Negotiation, Order
from orderline.core.stock.state import Settings
from orderline.engine.recipients import recipient_of
from orderline.store.jobs import Job
from orderline.store.working import load_people
from orderline.values.failures import Trouble
from orderline.worker.work import Work, order_of

Asked = tuple[Job, Order, FulfillmentOrder]


async def submit_fulfillments(work: Work, jobs: Sequence[Job]) -> None:
    """Request work of locations: one call for all of one partner."""
    wanted = await _by_partner(work, jobs, _is_to_be_submitted)
    for (name, test), asked in wanted.items():
        work.spawn([job for job, _, _ in asked], _submit_at(work, name, test, asked))


async def request_cancels(work: Work, jobs: Sequence[Job]) -> None:
    """Ask locations to let go: of units that are to be canceled, or of all, where the work was taken away."""
    wanted = await _by_partner(work, jobs, _is_asked_back)
    for (name, test), asked in wanted.items():
        work.spawn([job for job, _, _ in asked], _cancel_at(work, name, test, asked))


async def _by_partner(work: Work, jobs: Sequence[Job], wanted: Any) -> dict[tuple[str, bool], list[Asked]]:
    orders = await work.orders(jobs)
    settings = await work.settings()
    groups: dict[tuple[str, bool], list[Asked]] = {}
    idle: list[Job] = []
    for job in jobs:
        order = orders.get(order_of(job))
        fulfillment = order.fulfillment_of(job.body.fulfillment) if order is not None else None
        partner = _partner_of(settings, fulfillment)
        if order is None or fulfillment is None or not partner or not wanted(order, fulfillment):
            idle.append(job)
        else:
            groups.setdefault((partner, job.body.test), []).append((job, order, fulfillment))
    await work.finish(idle)
    return groups


def _is_to_be_submitted(order: Order, fulfillment: FulfillmentOrder) -> bool:
    """A hold that blocks release leaves it for later: lifting the hold brings the job back."""
    held = any(is_blocked(order, "release", item.line) for item in fulfillment.items)
    open_units = any(item.units.allocated for item in fulfillment.items)
    return fulfillment.negotiation is Negotiation.UNSUBMITTED and open_units and not held


def _is_asked_back(order: Order, fulfillment: FulfillmentOrder) -> bool:
    return fulfillment.negotiation in (Negotiation.CANCEL_REQUESTED, Negotiation.WITHDRAWN)


def _partner_of(settings: Settings, fulfillment: FulfillmentOrder | None) -> str:
    location = settings.locations.get(fulfillment.location) if fulfillment is not None else None
    return location.partner if location is not None else ""


async def _submit_at(work: Work, name: str, test: bool, asked: Sequence[Asked]) -> None:
    partner = work.partners.partner(Kind.WAREHOUSES, name, test=test)
    tokens = {order.group_of(fulfillment.group).recipient for _, order, fulfillment in asked}
    people = await work.read(load_people, work.database, tokens)
    requests = [
        FulfillmentRequest(
            fulfillment_id=fulfillment.id,
            number=f"{order.number}-{fulfillment.number}",
            order_number=order.number,
            location=fulfillment.location,
            lines=_lines(order, fulfillment),
            recipient=recipient_of(order.group_of(fulfillment.group), people),
            service=_service(order, fulfillment),
            due_at=fulfillment.due_at,
            priority=order.priority,
        )
        for _, order, fulfillment in asked
    ]
    outcomes: list[RequestOutcome] | None = await work.call(
        partner, [job for job, _, _ in asked], lambda contract: contract.request(requests)
    )
    if outcomes is None:
        return
    pairs: list[tuple[Job, OrderCommand]] = []
    for (job, order, fulfillment), outcome in zip(asked, outcomes, strict=True):
        match outcome:
            case Received():
                pairs.append((job, SubmitFulfillment(order=order.id, fulfillment=fulfillment.number)))
            case NotReceived():
                reason = f"not received: {outcome.code} {outcome.message}".strip()[:500]
                pairs.append((job, RejectUnits(order=order.id, fulfillment=fulfillment.number, reason=reason)))
            case Trouble():
                # The same id sent again has one effect, so a lost answer needs no question.
                await work.fail([job], outcome)
    await work.submit(pairs)


async def _cancel_at(work: Work, name: str, test: bool, asked: Sequence[Asked]) -> None:
    partner = work.partners.partner(Kind.WAREHOUSES, name, test=test)
    able: list[Asked] = []
    requests: list[CancelRequest] = []
    refused: list[tuple[Job, AnswerCancel]] = []
    for job, order, fulfillment in asked:
        lines = _asked_lines(order, fulfillment)
        if (lines and not partner.can(Capability.PARTIAL_CANCEL)) or not partner.can(Capability.REQUEST_CANCEL):
            refused.append((job, AnswerCancel(order=order.id, fulfillment=fulfillment.number, accepted=False)))
            continue
        able.append((job, order, fulfillment))
        requests.append(
            CancelRequest(key=f"{fulfillment.id}-{order.version}", fulfillment_id=fulfillment.id, lines=lines)
        )
    await work.submit(refused)
    outcomes: list[CancelOutcome] | None = await work.call(
        partner, [job for job, _, _ in able], lambda contract: contract.request_cancel(requests)
    )
    if outcomes is not None:
        await _answer_cancels(work, able, outcomes)


async def _answer_cancels(work: Work, asked: Sequence[Asked], outcomes: Sequence[CancelOutcome]) -> None:
    pairs: list[tuple[Job, OrderCommand]] = []
    done: list[Job] = []
    for (job, order, fulfillment), outcome in zip(asked, outcomes, strict=True):
        about = {"order": order.id, "fulfillment": fulfillment.number}
        match outcome:
            case CancelGranted():
                pairs.append((job, AnswerCancel(**about, accepted=True)))
            case CancelDenied():
                pairs.append((job, AnswerCancel(**about, accepted=False, code=outcome.code[:200])))
            case CancelPending():
                done.append(job)
            case Trouble():
                await work.fail([job], outcome)
    await work.finish(done)
    await work.submit(pairs)


def _lines(order: Order, fulfillment: FulfillmentOrder) -> tuple[RequestedLine, ...]:
    lines: list[RequestedLine] = []
    agreed = {line.line: line for line in order.agreement.lines}
    for item in fulfillment.items:
        line = order.line_of(item.line)
        if line is not None and item.units.allocated:
            told = agreed.get(item.line)
            lines.append(
                RequestedLine(
                    line=item.line,
                    sku=line.sku,
                    quantity=item.units.allocated,
                    description=told.description if told is not None else "",
                    gift_message=told.gift_message if told is not None else "",
                )
            )
    return tuple(lines)


def _asked_lines(order: Order, fulfillment: FulfillmentOrder) -> tuple[RequestedLine, ...]:
    """The units asked back, when they are not all that is left there."""
    asked = {each.line: each.quantity for each in fulfillment.asked_back}
    left = {
        item.line: item.units.allocated + item.units.released + item.units.picked + item.units.packed
        for item in fulfillment.items
    }
    if not asked or all(asked.get(line, 0) >= quantity for line, quantity in left.items()):
        return ()
    return tuple(
        RequestedLine(line=line, sku=known.sku, quantity=quantity)
        for line, quantity in asked.items()
        if (known := order.line_of(line)) is not None
    )


def _service(order: Order, fulfillment: FulfillmentOrder) -> str:
    group = order.group_of(fulfillment.group)
    return "" if group.pickup_location is not None else group.method
