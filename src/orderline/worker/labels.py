"""Labels: buy them of the carrier for parcels that were packed, where the location does not buy its own."""

from collections.abc import Sequence

from orderline.contracts.carriers import Labeled, LabelOutcome, LabelRequest, NotLabeled, Package
from orderline.contracts.registry import Capability, Kind
from orderline.core.orders.commands import LabelParcel
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Order, Parcel, ParcelState
from orderline.core.stock.state import Settings
from orderline.store.jobs import Job
from orderline.store.working import load_people
from orderline.values.failures import Refused, Trouble
from orderline.worker.inbound import Inbound
from orderline.worker.recipients import recipient_of, sender_of
from orderline.worker.work import Work, order_of

Asked = tuple[Job, Order, Parcel]


async def label_parcels(work: Work, jobs: Sequence[Job], *, inbound: Inbound) -> None:
    """One call to the carrier for all parcels claimed together."""
    carrier = work.partners.chosen(Kind.CARRIERS)
    orders = await work.orders(jobs)
    settings = await work.settings()
    groups: dict[bool, list[Asked]] = {}
    idle: list[Job] = []
    held: list[tuple[Job, str]] = []
    for job in jobs:
        order = orders.get(order_of(job))
        parcel = order.parcel_of(job.body.parcel) if order is not None else None
        if order is None or parcel is None or not carrier or not _wants_label(work, settings, order, parcel, job):
            idle.append(job)
        elif any("label" in hold.blocks for hold in order.holds):
            held.append((job, R.BLOCKED_BY_HOLD.value))
        else:
            groups.setdefault(job.body.test, []).append((job, order, parcel))
    await work.finish(idle)
    await work.wait(held)
    for test, asked in groups.items():
        work.spawn([job for job, _, _ in asked], _buy(work, inbound, settings, carrier, test, asked))


def _wants_label(work: Work, settings: Settings, order: Order, parcel: Parcel, job: Job) -> bool:
    if parcel.tracking_number or parcel.state is ParcelState.VOIDED:
        return False
    location = settings.locations[order.fulfillments[parcel.fulfillment - 1].location]
    if not location.partner or job.body.test:
        return True
    try:
        partner = work.partners.partner(Kind.WAREHOUSES, location.partner)
    except Refused:
        return True
    return not partner.can(Capability.OWN_LABELS)


async def _buy(
    work: Work, inbound: Inbound, settings: Settings, carrier: str, test: bool, asked: Sequence[Asked]
) -> None:
    partner = work.partners.partner(Kind.CARRIERS, carrier, test=test)
    groups = {job.id: order.group_of(order.fulfillments[p.fulfillment - 1].group) for job, order, p in asked}
    people = await work.read(load_people, work.database, {group.recipient for group in groups.values()})
    requests = [
        LabelRequest(
            key=f"label-{parcel.id}",
            parcel_ref=parcel.ref or str(parcel.id),
            service=parcel.service or groups[job.id].method,
            ship_from=sender_of(settings.locations[order.fulfillments[parcel.fulfillment - 1].location]),
            ship_to=recipient_of(groups[job.id], people),
            package=Package(
                weight_g=max(1, parcel.weight_g),
                length_mm=parcel.length_mm,
                width_mm=parcel.width_mm,
                height_mm=parcel.height_mm,
            ),
            order_number=order.number,
            currency=order.currency,
        )
        for job, order, parcel in asked
    ]
    outcomes: list[LabelOutcome] | None = await work.call(
        partner, [job for job, _, _ in asked], lambda contract: contract.buy_labels(requests)
    )
    if outcomes is None:
        return
    pairs: list[tuple[Job, LabelParcel]] = []
    for (job, order, parcel), outcome in zip(asked, outcomes, strict=True):
        match outcome:
            case Labeled():
                command = LabelParcel(
                    order=order.id,
                    parcel=parcel.number,
                    carrier=outcome.carrier,
                    service=outcome.service,
                    tracking_number=outcome.tracking_number,
                    partner=carrier,
                )
                pairs.append((job, command))
            case NotLabeled():
                await work.give_up([job], f"{carrier} does not take it: {outcome.code} {outcome.message}".strip())
            case Trouble():
                await work.fail([job], outcome)
    await work.submit(pairs)
    # Scans may have come before the number was ours.
    await inbound.replay_about([command.tracking_number for _, command in pairs])
