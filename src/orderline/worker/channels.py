"""Channels: tell where an order came from that it is accepted, that units are on their way or not after all, or will not come."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from orderline.contracts.channels import (
    Acknowledgment,
    CancellationPush,
    FulfillmentPush,
    NotTaken,
    PushedLine,
    PushOutcome,
    Taken,
    WithdrawalPush,
)
from orderline.contracts.registry import Capability, Kind
from orderline.core.moves import Move
from orderline.core.next_steps import ACCEPTED, CANCELED, SHIPPED, UNSHIPPED
from orderline.core.orders.events import HandoverUndone, UnitsMoved
from orderline.core.orders.state import Order, Shipment
from orderline.engine.sealing import Entry
from orderline.store.jobs import Job
from orderline.store.subscriptions import load_entries
from orderline.values.failures import Trouble
from orderline.worker.channel_facts import external_line
from orderline.worker.work import Work, order_of

Push = Acknowledgment | FulfillmentPush | CancellationPush | WithdrawalPush
# What was told when units were canceled, or had not left after all, by order and version.
Told = Mapping[tuple[UUID, int], Entry]

_entries: Final = msgspec.json.Decoder(Entry)


async def tell_channels(work: Work, jobs: Sequence[Job]) -> None:
    """One call for all things of one sort that a channel's partner is told."""
    orders = await work.orders(jobs)
    settings = await work.settings()
    told = await _load_told(work, jobs)
    groups: dict[tuple[str, bool, str], list[tuple[Job, Push]]] = {}
    idle: list[Job] = []
    for job in jobs:
        order = orders.get(order_of(job))
        channel = settings.channels.get(order.channel) if order is not None else None
        push = _render(job, order, told) if order is not None else None
        if push is None or channel is None or not channel.partner:
            idle.append(job)
        else:
            groups.setdefault((channel.partner, job.body.test, job.body.template), []).append((job, push))
    await work.finish(idle)
    for (name, test, what), pushes in groups.items():
        work.spawn([job for job, _ in pushes], _push(work, name, test, what, pushes))


async def _load_told(work: Work, jobs: Iterable[Job]) -> Told:
    """Which units it was about is read from the journal: later cancellations of the order are pushes of their own."""
    wanted = (CANCELED, UNSHIPPED)
    keys = {(UUID(str(order_of(job))), job.body.version) for job in jobs if job.body.template in wanted}
    if not keys:
        return {}
    rows = await work.read(load_entries, work.database, keys)
    return {key: _entries.decode(row.body) for key, row in rows.items()}


def _cancellations(entry: Entry | None) -> list[UnitsMoved]:
    events = entry.events if entry is not None else ()
    return [event for event in events if isinstance(event, UnitsMoved) and event.move is Move.CANCEL]


async def _push(work: Work, name: str, test: bool, what: str, pushes: Sequence[tuple[Job, Push]]) -> None:
    partner = work.partners.partner(Kind.CHANNELS, name, test=test)
    if what == UNSHIPPED and not partner.can(Capability.UNSHIP):
        for job, push in pushes:
            about = f"order {push.external_id}: what it was told of as shipped has not left"
            await work.give_up([job], f"{name} can't be told; tell it by hand, of {about}")
        return
    outcomes = await work.call(
        partner, [job for job, _ in pushes], lambda contract: _tell(contract, what, [push for _, push in pushes])
    )
    if outcomes is None:
        return
    done: list[Job] = []
    for (job, _), outcome in zip(pushes, outcomes, strict=True):
        match outcome:
            case Taken():
                done.append(job)
            case NotTaken():
                await work.give_up([job], f"{name} does not take it: {outcome.code} {outcome.message}".strip())
            case Trouble():
                await work.fail([job], outcome)
    await work.finish(done)


async def _tell(contract: Any, what: str, pushes: Sequence[Push]) -> list[PushOutcome]:
    if what == ACCEPTED:
        return await contract.acknowledge(pushes)
    if what == CANCELED:
        return await contract.push_cancellations(pushes)
    if what == UNSHIPPED:
        return await contract.push_withdrawals(pushes)
    return await contract.push_fulfillments(pushes)


def _render(job: Job, order: Order, told: Told) -> Push | None:
    """What a job tells; None when there is nothing to tell."""
    body = job.body
    if body.template == ACCEPTED:
        return Acknowledgment(key=f"{order.id}-accepted", external_id=order.external_id, order_number=order.number)
    if body.template == CANCELED:
        return _render_cancellation(order, body.version, _cancellations(told.get((order.id, body.version))))
    if body.template == UNSHIPPED and 0 < body.shipment <= len(order.shipments):
        return _render_withdrawal(order, order.shipments[body.shipment - 1], body.version, told)
    if body.template == SHIPPED and 0 < body.shipment <= len(order.shipments):
        shipment = order.shipments[body.shipment - 1]
        return _render_fulfillment(order, shipment) if shipment.undone_at is None else None
    return None


def _render_cancellation(order: Order, version: int, moves: Sequence[UnitsMoved]) -> CancellationPush | None:
    lines = _lines(order, ((item.line, item.quantity) for move in moves for item in move.items))
    if not lines:
        return None
    reason = next((move.reason for move in moves if move.reason), "canceled")
    return CancellationPush(key=f"{order.id}-{version}", external_id=order.external_id, reason=reason, lines=lines)


def _render_withdrawal(order: Order, shipment: Shipment, version: int, told: Told) -> WithdrawalPush | None:
    entry = told.get((order.id, version))
    for event in entry.events if entry is not None else ():
        if isinstance(event, HandoverUndone) and event.shipment == shipment.number:
            parcels = [order.parcels[number - 1] for number in event.parcels]
            return WithdrawalPush(
                key=f"{shipment.id}-{version}",
                external_id=order.external_id,
                fulfillment=str(shipment.id),
                reason=event.reason,
                lines=_lines(order, ((item.line, item.quantity) for parcel in parcels for item in parcel.items)),
            )
    return None


def _render_fulfillment(order: Order, shipment: Shipment) -> FulfillmentPush:
    parcels = [order.parcels[number - 1] for number in shipment.parcels]
    return FulfillmentPush(
        key=str(shipment.id),
        external_id=order.external_id,
        lines=_lines(order, ((item.line, item.quantity) for parcel in parcels for item in parcel.items)),
        shipped_at=shipment.handed_over_at,
        carrier=shipment.carrier,
        tracking_number=next((parcel.tracking_number for parcel in parcels if parcel.tracking_number), ""),
    )


def _lines(order: Order, items: Iterable[tuple[int, int]]) -> tuple[PushedLine, ...]:
    """Units by line, as the channel names lines."""
    units: dict[int, int] = {}
    for line, quantity in items:
        units[line] = units.get(line, 0) + quantity
    skus = {line.line: line.sku for line in order.lines}
    return tuple(
        PushedLine(external_line_id=external_line(order, line), sku=skus[line], quantity=quantity)
        for line, quantity in sorted(units.items())
    )
