"""Channels: tell where an order came from that its units are on their way."""

from collections.abc import Sequence

from orderline.contracts.channels import FulfillmentPush, NotTaken, PushedLine, PushOutcome, Taken
from orderline.contracts.registry import Kind
from orderline.core.orders.state import Order, Shipment
from orderline.store.jobs import Job
from orderline.values.failures import Trouble
from orderline.worker.channel_facts import external_line
from orderline.worker.work import Work, order_of

Asked = tuple[Job, Order, Shipment]


async def push_fulfillments(work: Work, jobs: Sequence[Job]) -> None:
    """One call for all shipments of orders of one channel's partner."""
    orders = await work.orders(jobs)
    settings = await work.settings()
    groups: dict[tuple[str, bool], list[Asked]] = {}
    idle: list[Job] = []
    for job in jobs:
        order = orders.get(order_of(job))
        channel = settings.channels.get(order.channel) if order is not None else None
        number = job.body.shipment
        if order is None or channel is None or not channel.partner or not 0 < number <= len(order.shipments):
            idle.append(job)
        else:
            groups.setdefault((channel.partner, job.body.test), []).append((job, order, order.shipments[number - 1]))
    await work.finish(idle)
    for (name, test), asked in groups.items():
        work.spawn([job for job, _, _ in asked], _push(work, name, test, asked))


async def _push(work: Work, name: str, test: bool, asked: Sequence[Asked]) -> None:
    partner = work.partners.partner(Kind.CHANNELS, name, test=test)
    pushes = [_render(job, order, shipment) for job, order, shipment in asked]
    outcomes: list[PushOutcome] | None = await work.call(
        partner, [job for job, _, _ in asked], lambda contract: contract.push_fulfillments(pushes)
    )
    if outcomes is None:
        return
    done: list[Job] = []
    for (job, _, _), outcome in zip(asked, outcomes, strict=True):
        match outcome:
            case Taken():
                done.append(job)
            case NotTaken():
                await work.give_up([job], f"{name} does not take it: {outcome.code} {outcome.message}".strip())
            case Trouble():
                await work.fail([job], outcome)
    await work.finish(done)


def _render(job: Job, order: Order, shipment: Shipment) -> FulfillmentPush:
    parcels = [order.parcels[number - 1] for number in shipment.parcels]
    units: dict[int, int] = {}
    for parcel in parcels:
        for item in parcel.items:
            units[item.line] = units.get(item.line, 0) + item.quantity
    skus = {line.line: line.sku for line in order.lines}
    return FulfillmentPush(
        key=str(shipment.id),
        external_id=order.external_id,
        lines=tuple(
            PushedLine(external_line_id=external_line(order, line), sku=skus[line], quantity=quantity)
            for line, quantity in sorted(units.items())
        ),
        shipped_at=shipment.handed_over_at,
        carrier=shipment.carrier,
        tracking_number=next((parcel.tracking_number for parcel in parcels if parcel.tracking_number), ""),
    )
