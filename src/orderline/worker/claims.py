"""Claims against carriers, drafted by themselves: for what is lost, damaged, or later than its carrier guarantees."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from orderline.core.next_steps import FOUND
from orderline.core.orders.events import ParcelTracked
from orderline.core.orders.state import Order, Parcel
from orderline.core.promises.network import Network, Standing
from orderline.core.promises.timing import arrival
from orderline.core.records import RecordCommand
from orderline.core.returns.orphan_commands import OrphanDue
from orderline.core.returns.orphans import KIND
from orderline.core.shipments.carrier_claims import ClaimDue, ClaimState, DraftClaim, Evidence, Reason, WithdrawClaim
from orderline.core.shipments.missing_parcels import MissingDue
from orderline.engine.sealing import Entry
from orderline.engine.submissions import Submission
from orderline.store.documents import load_claim, load_late_candidates
from orderline.store.jobs import Job
from orderline.store.subscriptions import load_entries
from orderline.store.working import read_orders
from orderline.values.ids import OrderId
from orderline.worker.work import Work, order_of

# So far back deliveries are looked at, since carriers tell some of them late.
LOOK_BACK: Final = timedelta(days=7)
MOST: Final = 500

_entries: Final = msgspec.json.Decoder(Entry)


async def draft_claims(work: Work, jobs: Sequence[Job]) -> None:
    """One claim for each parcel and reason; that of a parcel that has turned up is withdrawn."""
    orders = await work.orders(jobs)
    pairs: list[tuple[Job, RecordCommand]] = []
    idle: list[Job] = []
    for job in jobs:
        order = orders.get(order_of(job))
        parcel = order.parcel_of(job.body.parcel) if order is not None else None
        if order is None or parcel is None or order.is_test or not parcel.carrier or not work.services.auto_claims:
            idle.append(job)
        elif job.body.template == FOUND:
            claim = await work.read(load_claim, work.database, _name(order, parcel, "lost"))
            if claim is None or claim.state in (ClaimState.WITHDRAWN, ClaimState.LAPSED):
                idle.append(job)
            elif claim.state is ClaimState.PAID:
                await work.give_up([job], f"{claim.carrier} has paid for a parcel that has turned up: {claim.id}")
            else:
                pairs.append((job, WithdrawClaim(claim=claim.id, note="the parcel has turned up")))
        else:
            evidence = await work.read(_scans, work, order, parcel)
            reason = msgspec.convert(job.body.template, Reason)
            pairs.append((job, _draft(order, parcel, reason, evidence)))
    await work.finish(idle)
    await work.submit(pairs)


async def look_at_deadlines(work: Work, jobs: Sequence[Job]) -> None:
    """Records that somebody was to have acted on by now."""
    pairs: list[tuple[Job, RecordCommand]] = []
    idle: list[Job] = []
    for job in jobs:
        due_at = job.body.latest_at
        if due_at is not None and job.body.template == "carrier_claim":
            pairs.append((job, ClaimDue(claim=job.body.key, due_at=due_at)))
        elif due_at is not None and job.body.template == "missing_parcel":
            pairs.append((job, MissingDue(case=job.body.key, due_at=due_at)))
        elif due_at is not None and job.body.template == KIND:
            pairs.append((job, OrphanDue(orphan=job.body.key, due_at=due_at)))
        else:
            idle.append(job)
    await work.finish(idle)
    await work.submit(pairs)


async def claim_late(work: Work) -> int:
    """Draft claims for parcels that came later than their service guarantees; returns how many."""
    now = work.services.clock()
    network = await work.read(work.network, now)
    guaranteed = {each.key: each.rules.guaranteed_days for each in network.services if each.rules.guaranteed_days}
    if not guaranteed or not work.services.auto_claims:
        return 0
    carriers = {carrier for carrier, _ in guaranteed}
    # so many working days are no fewer days; one less, since a day begins elsewhere at another time
    least_days = min(guaranteed.values()) - 1
    candidates = load_late_candidates(work.database, carriers, least_days, now - LOOK_BACK, MOST)
    undelayed = network.standing_at(Standing())
    drafted = 0
    while found := await work.read(next, candidates, ()):
        commands = await _late(work, found, guaranteed, undelayed)
        await work.engine.answer_all([Submission(command=command) for command in commands])
        drafted += len(commands)
    return drafted


async def _late(
    work: Work, found: Sequence[tuple[UUID, int]], guaranteed: Mapping[tuple[str, str], int], undelayed: Network
) -> list[DraftClaim]:
    """Claims for those of some parcels that came later than guaranteed."""
    orders = await work.read(read_orders, work.database, {OrderId(order) for order, _ in found})
    commands: list[DraftClaim] = []
    for order_id, number in found:
        order = orders[OrderId(order_id)]
        parcel = order.parcels[number - 1]
        days = guaranteed.get((parcel.carrier, parcel.service))
        if days is None or parcel.shipment is None or parcel.moved_at is None or not parcel.cost_minor:
            continue
        shipment = order.shipments[parcel.shipment - 1]
        place = order.group_of(order.fulfillments[parcel.fulfillment - 1].group).place
        left = shipment.handed_over_at
        due_at = arrival(shipment.location, place, days, left, undelayed, parcel.carrier, parcel.service)
        if due_at is not None and parcel.moved_at > due_at:
            what = f"guaranteed within {days} working days, until {due_at.isoformat()}"
            evidence = (*await work.read(_scans, work, order, parcel), Evidence(due_at, what))
            commands.append(_draft(order, parcel, "late", evidence))
    return commands


def _draft(order: Order, parcel: Parcel, reason: Reason, evidence: tuple[Evidence, ...]) -> DraftClaim:
    """What was lost or damaged is asked for as it was sold; for what was late, the price of its way."""
    late = reason == "late"
    return DraftClaim(
        claim=_name(order, parcel, reason),
        order=order.id,
        parcel=parcel.number,
        reason=reason,
        value_minor=parcel.cost_minor if late else None,
        currency=parcel.cost_currency if late else "",
        evidence=evidence,
        automatic=True,
    )


def _name(order: Order, parcel: Parcel, reason: str) -> str:
    return f"auto-{order.id}-{parcel.number}-{reason}"


def _scans(work: Work, order: Order, parcel: Parcel) -> tuple[Evidence, ...]:
    """What the carrier has told of the parcel, from the journal."""
    keys = {(UUID(str(order.id)), version) for version in range(1, order.version + 1)}
    rows = load_entries(work.database, keys)
    events = [event for _, row in sorted(rows.items()) for event in _entries.decode(row.body).events]
    return tuple(
        Evidence(event.at, " ".join(filter(None, (event.state.value, event.code, event.place))))
        for event in events
        if isinstance(event, ParcelTracked) and event.parcel == parcel.number
    )
