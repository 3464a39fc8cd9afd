"""Route orders: all that were claimed together are one call of the pure router over one snapshot of stock.

What no location of its pool can serve is claimed in the channel's next pool, or waits for supply or a person.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from orderline.core.decisions.links import DECISION_LINKS
from orderline.core.next_steps import RECEIVED, wants_routing
from orderline.core.orders.auto_cancel import ClearAutoCancel, SetAutoCancel
from orderline.core.orders.commands import AllocateUnits, ReclaimUnits
from orderline.core.orders.promised import LineWindowInput
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Order
from orderline.core.promises.network import Network
from orderline.core.promises.quoting import quotes_of
from orderline.core.promises.windows import windows_of
from orderline.core.routing.model import Cause, Decision, RoutableOrder, Shortfall
from orderline.core.routing.supplied import sent_there, served_there
from orderline.core.stock.state import Settings
from orderline.core.transfers.refusals import TransferRefusal
from orderline.engine.routing import demand_groups, route_snapshot, with_lasting
from orderline.engine.submissions import Outcome, Submission
from orderline.store.database import Database
from orderline.store.jobs import Job
from orderline.store.reading.capacity import Booked, booked_work
from orderline.store.secrets import secret_of
from orderline.store.working import read_orders
from orderline.values.ids import DecisionId, OrderId
from orderline.worker.legs import leg_submissions
from orderline.worker.policies import Kept, decide_by_policies, follow_up
from orderline.worker.work import Work, order_of

# A lost race is planned again at once, so many times.
ROUNDS: Final = 3
# What tells that somebody else was quicker.
_LOST: Final = (R.ROUTE_LOST_RACE.value, TransferRefusal.TRANSFER_NOT_COVERED.value)


async def route_orders(work: Work, jobs: Sequence[Job]) -> None:
    """Send what waits to locations. What its pool can serve, but no location takes now, waits with its reason."""
    left = {job.id: job for job in jobs}
    settings = await work.settings()
    for _ in range(ROUNDS):
        ids = {order_of(job) for job in left.values()}
        orders = await work.read(read_orders, work.database, ids)
        idle = [job for job in left.values() if not _routable(orders.get(order_of(job)))]
        await work.finish(idle)
        for job in idle:
            del left[job.id]
        if not left:
            return
        now = work.services.clock()
        wanted = [orders[order_of(job)] for job in left.values()]
        received = {order_of(job) for job in left.values() if job.body.key == RECEIVED}
        planned = await work.read(_decide, work, settings, wanted, now, received)
        lost = await _carry_out(work, left, planned)
        left = {job.id: job for job in left.values() if order_of(job) in lost}
        if not left:
            return
    await work.wait([(job, R.ROUTE_LOST_RACE.value) for job in left.values()])


class Planned(msgspec.Struct, frozen=True):
    """What routing has chosen: decisions, when their units will be there, and transfers to stores by their decision."""

    decisions: list[Decision]
    promised: dict[DecisionId, tuple[LineWindowInput, ...]]
    kept: Kept
    legs: dict[DecisionId, list[Submission]]


def _decide(
    work: Work, settings: Settings, orders: Sequence[Order], now: datetime, received: Collection[OrderId]
) -> Planned:
    """Decisions, and when their units will be there, by the same network of calendars, carriers and backlogs.

    Orders that have a place booked somewhere take it; all others are decided beside those places. received: orders that
    stock came for.
    """
    ground = work.ground(now)
    keeping = {each.quote for each in ground.booked}
    planned = Planned([], {}, Kept({}), {})
    for own in (True, False):
        some = [order for order in orders if bool(quotes_of(order) & keeping) is own]
        if some:
            quotes = {quote for order in some for quote in quotes_of(order)}
            booked = tuple(each for each in ground.booked if each.quote not in quotes)
            network = ground.network
            if own:
                network = network.standing_at(msgspec.structs.replace(network.standing, booked=booked_work(booked)))
            _plan(work.database, settings, some, now, network, booked, planned, received)
    return planned


def _plan(
    database: Database,
    settings: Settings,
    orders: Sequence[Order],
    now: datetime,
    network: Network,
    booked: Sequence[Booked],
    planned: Planned,
    received: Collection[OrderId],
) -> None:
    """Add what is chosen for some orders: what has to be sent to stores first, and everything else."""
    found = with_lasting(database, settings, demand_groups(database, orders), orders, now)
    groups = [_with_cause(group, received) for group in found]
    by_id = {order.id: order for order in orders}
    for legs, some in ((True, sent_there(groups, settings)), (False, served_there(groups, settings))):
        if not some:
            continue
        snapshot = route_snapshot(database, settings, some, now, network, booked)
        decisions, kept = decide_by_policies(database, some, snapshot, now)
        by_key = {(group.order_id, group.group): group for group in some}
        for each in decisions:
            group = by_key.get((each.order_id, each.group))
            if group is None:
                continue
            if legs:
                record = kept.records.get(each.id)
                planned.legs[each.id] = (
                    leg_submissions(by_id[each.order_id], group, each, record, network, now) if record else []
                )
            else:
                planned.promised[each.id] = windows_of(group, each, network, now)
        planned.decisions.extend(decisions)
        planned.kept.records.update(kept.records)


def _with_cause(group: RoutableOrder, received: Collection[OrderId]) -> RoutableOrder:
    if group.cause is not Cause.ACCEPT or group.order_id not in received:
        return group
    return msgspec.structs.replace(group, cause=Cause.RECEIPT)


def _routable(order: Order | None) -> bool:
    return order is not None and order.closed_at is None and wants_routing(order)


async def _carry_out(work: Work, jobs: Mapping[UUID, Job], planned: Planned) -> set[OrderId]:
    """Submit what was chosen. Returns the orders that lost a race; the jobs of all others are brought to an end."""
    by_order: dict[OrderId, list[Decision]] = {}
    for decision in planned.decisions:
        by_order.setdefault(decision.order_id, []).append(decision)
    chains: list[list[Submission]] = []
    submitted: list[Job] = []
    waiting: list[tuple[Job, str]] = []
    for job in jobs.values():
        own = by_order.get(order_of(job), [])
        chain = [submission for each in own if each.allotments for submission in _submissions(each, planned)]
        reason = _why_not(own)
        if not chain:
            waiting.append((job, reason or Shortfall.NO_STOCK_AT_ANY_LOCATION.value))
            continue
        if not reason and len(chain) == 1:
            # The job is done with its allocation, in the same transaction. With several, all have to succeed first.
            chain[0] = msgspec.structs.replace(chain[0], jobs=(job.id,))
        chains.append(chain)
        submitted.append(job)
    outcomes = await work.engine.answer_chains(chains)
    lost: set[OrderId] = set()
    done: list[Job] = []
    for chain, job, told in zip(chains, submitted, outcomes, strict=True):
        order = order_of(job)
        reason = _why_not(by_order[order])
        worst = next((each for each in told if each.refused is not None or each.failed is not None), None)
        if any(each.refused is not None and each.refused.code.value in _LOST for each in told):
            lost.add(order)
        elif worst is not None:
            await work.end([(job, worst)])
        elif reason:
            waiting.append((job, reason))
        elif chain[-1].jobs:
            await work.end([(job, told[-1])])
        else:
            done.append(job)
    await work.finish(done)
    await _see_to_rest(work, waiting, by_order)
    return lost


async def _see_to_rest(
    work: Work, waiting: Sequence[tuple[Job, str]], decisions: Mapping[OrderId, Sequence[Decision]]
) -> None:
    """What has no location: done with as the rule says, or claimed elsewhere where it says nothing."""
    usual: list[tuple[Job, str]] = []
    secret = await work.read(secret_of, work.database, DECISION_LINKS) if waiting else b""
    for job, reason in waiting:
        commands = follow_up(decisions.get(order_of(job), ()), secret)
        # How long units may wait is noted beside what is done with them; that it is noted already is fine.
        dates = [command for command in commands if isinstance(command, SetAutoCancel | ClearAutoCancel)]
        await work.engine.answer_all([Submission(command=command) for command in dates])
        commands = [command for command in commands if command not in dates]
        if not commands:
            usual.append((job, reason))
            continue
        chain = [Submission(command=command) for command in commands]
        chain[-1] = msgspec.structs.replace(chain[-1], jobs=(job.id,))
        [told] = await work.engine.answer_chains([chain])
        if told[-1].refused is not None and told[-1].refused.code.value == R.NOTHING_TO_DO:
            usual.append((job, reason))  # what the rule says is so already, and the units wait all the same
        else:
            await work.end([(job, told[-1])])
    await _claim_elsewhere(work, usual)


async def _claim_elsewhere(work: Work, waiting: Sequence[tuple[Job, str]]) -> None:
    """Claims that no location of their pool can serve go to another one; those that locations can serve later wait."""
    submissions = [Submission(command=ReclaimUnits(order=order_of(job)), jobs=(job.id,)) for job, _ in waiting]
    outcomes = await work.engine.answer_all(submissions)
    still: list[tuple[Job, str]] = []
    ended: list[tuple[Job, Outcome]] = []
    for (job, reason), outcome in zip(waiting, outcomes, strict=True):
        if outcome.refused is not None and outcome.refused.code.value == R.NOTHING_TO_DO:
            still.append((job, reason))
        else:
            ended.append((job, outcome))
    await work.end(ended)
    await work.wait(still)


def _submissions(decision: Decision, planned: Planned) -> list[Submission]:
    if decision.id in planned.legs:
        return planned.legs[decision.id]
    command = AllocateUnits(
        order=decision.order_id,
        group=decision.group,
        allotments=decision.allotments,
        decision=decision.id,
        promises=planned.promised.get(decision.id, ()),
        policy=decision.policy,
    )
    return [Submission(command=command, decision=planned.kept.records[decision.id])]


def _why_not(decisions: Sequence[Decision]) -> str:
    """Why units with a claim have no location: they wait for one. Empty: all have one, or only wait for supply."""
    reasons = [each.reason for decision in decisions for each in decision.unassigned]
    return next((reason.value for reason in reasons if reason is not Shortfall.NOT_CLAIMED), "")
