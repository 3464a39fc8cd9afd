"""What follows when dated supply is announced or changes: who waits is pegged to it, who was pegged is looked after.

And what follows for supply when nobody waits for it any more; what has ended tells of its vendor.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orderline.core.moves import Move
from orderline.core.supply.rows import record_of

if TYPE_CHECKING:
    from orderline.core.next_steps import FollowUp
    from orderline.core.orders.events import AnyOrderEvent, UnitsMoved
    from orderline.core.orders.state import Order
    from orderline.core.world import World


def peg_follow_ups(world: "World", record: Any, events: Sequence[Any], now: datetime) -> "list[FollowUp]":
    """One job for each SKU and pool of a record in which somebody waits."""
    from orderline.core.next_steps import FollowUp, JobBody, JobKind  # it looks at the world, which knows records

    jobs: list[FollowUp] = []
    for sku, pool in dict.fromkeys((line.sku, record.pool) for line in record.lines):
        level = world.pools.get((sku, pool))  # not loaded for a draft, which is no supply
        if level is not None and (level.backordered or any(row.awaited for row in world.supply_of(sku, pool))):
            jobs.append(FollowUp(JobKind.PEG_WAITING, f"{sku} {pool}", JobBody(sku=sku, pool=pool), now))
    return jobs


def purchase_follow_ups(world: "World", purchase: Any, events: Sequence[Any], now: datetime) -> "list[FollowUp]":
    """As `peg_follow_ups`; and what has ended is learned from."""
    from orderline.core.next_steps import FollowUp, JobBody, JobKind

    jobs = peg_follow_ups(world, purchase, events, now)
    if purchase.slips():
        body = JobBody(key=purchase.id)
        jobs.append(FollowUp(JobKind.LEARN_VENDOR, f"vendor {purchase.vendor}", body, now))
    return jobs


def arrivals(order: "Order", events: "Sequence[AnyOrderEvent]", now: datetime) -> "list[FollowUp]":
    """What came to a store for a customer is laid ready there, once it is routed."""
    from orderline.core.next_steps import FollowUp, JobBody, JobKind
    from orderline.core.orders.events import UnitsMoved

    moved = [event for event in events if isinstance(event, UnitsMoved) and event.move is Move.RESERVE]
    behind = dict.fromkeys(record_of(item.supply) for event in moved for item in event.items if item.supply)
    return [
        FollowUp(JobKind.LAY_READY, str(order.id), JobBody(key=name, test=order.is_test), now)
        for kind, name in behind
        if kind == "transfer"
    ]


def recalls(canceled: "UnitsMoved", now: datetime) -> "list[FollowUp]":
    """What was to be sent to a store for units that are canceled may not have to be sent."""
    from orderline.core.next_steps import FollowUp, JobBody, JobKind

    behind = dict.fromkeys(record_of(item.supply) for item in canceled.items if item.supply)
    return [
        FollowUp(JobKind.RECALL_TRANSFER, f"transfer {name}", JobBody(key=name), now)
        for kind, name in behind
        if kind == "transfer"
    ]
