"""Ship to store: what is collected at one location and claimed from the pools that supply it is sent there first."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Final

from orderline.core.orders.promised import LineWindowInput
from orderline.core.orders.state import Order
from orderline.core.pickups.arrivals import LayReady, arrived_work
from orderline.core.pickups.codes import PICKUP_CODES, code_of, hash_of
from orderline.core.promises.network import Network
from orderline.core.promises.store_legs import store_leg
from orderline.core.promises.ways import Load
from orderline.core.routing.model import Decision, RoutableOrder
from orderline.core.transfers.commands import LegInput, RecallTransfer, SendToStore
from orderline.engine.submissions import DecisionRecord, Submission
from orderline.store.documents import load_transfer
from orderline.store.jobs import Job
from orderline.store.secrets import secret_of
from orderline.worker.work import Work, order_of

SLACK_DAYS: Final = 0
NO_PLACE_YET: Final = "what has come is still to be routed"


async def recall_transfers(work: Work, jobs: Sequence[Job]) -> None:
    """Units of an order were canceled that were to be sent to a store: where nobody waits for them, they stay."""
    await work.submit([(job, RecallTransfer(transfer=job.body.key)) for job in jobs])


async def lay_ready(work: Work, jobs: Sequence[Job]) -> None:
    """Goods that came for a customer, and have their place in the store by now, lie ready: the customer is told."""
    orders, settings = await work.orders(jobs), await work.settings()
    secret = await work.read(secret_of, work.database, PICKUP_CODES)
    done: list[Job] = []
    waiting: list[tuple[Job, str]] = []
    for job in jobs:
        order, transfer = orders.get(order_of(job)), await work.read(load_transfer, work.database, job.body.key)
        found = arrived_work(order, transfer, settings) if order is not None and transfer is not None else []
        if not found and order is not None and any(line.units.pooled for line in order.lines):
            waiting.append((job, NO_PLACE_YET))
            continue
        done.append(job)
        for each in found:
            assert order is not None
            assert transfer is not None
            seed = f"{transfer.id}/{each.number}"[-60:]
            hashed = hash_of(secret, order.id, each.number, code_of(secret, order.id, each.number, seed))
            command = LayReady(
                transfer=transfer.id, order=order.id, fulfillment=each.number, seed=seed, code_hash=hashed
            )
            [told] = await work.engine.answer_all([Submission(command=command)])
            if told.failed is not None:
                raise told.failed
    await work.finish(done)
    await work.wait(waiting)


def leg_submissions(
    order: Order, sent: RoutableOrder, decision: Decision, record: DecisionRecord, network: Network, now: datetime
) -> list[Submission]:
    """A transfer from each location chosen, with when its units can be collected."""
    store = order.group_of(sent.group).pickup_location
    assert store is not None, "what is sent to a store is collected there"
    weights = {line.line: line.weight_g for line in sent.lines}
    submissions: list[Submission] = []
    for source in dict.fromkeys(each.location for each in decision.allotments):
        own = [each for each in decision.allotments if each.location == source]
        load = Load(sum(weights[each.line] * each.quantity for each in own), sum(each.quantity for each in own))
        way = store_leg(source, store, load, now, network)
        if way is None:
            continue
        # of the whole id: only its time tells apart what is routed twice on the same stock
        transfer = f"{order.number}-{source}-{blake2b(decision.id.bytes, digest_size=4).hexdigest()}"
        windows = tuple(
            LineWindowInput(
                line=line,
                earliest_at=way.counter.earliest_at,
                latest_at=way.counter.latest_at,
                handover_at=way.counter.handover_at,
                locations=(source, store),
                services=(f"{way.leg.carrier} {way.leg.service}", f"{way.counter.carrier} {way.counter.service}"),
                supply=f"transfer:{transfer}",
            )
            for line in dict.fromkeys(each.line for each in own)
        )
        command = SendToStore(
            transfer=transfer,
            order=order.id,
            source=source,
            group=sent.group,
            lines=tuple(LegInput(each.line, each.quantity, each.pool) for each in own),
            due_at=way.leg.latest_at,
            slack_days=SLACK_DAYS,
            promises=windows,
            policy=decision.policy,
        )
        submissions.append(Submission(command=command, decision=record if not submissions else None))
    return submissions
