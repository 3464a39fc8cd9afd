"""What follows from what has happened to stock."""

from collections.abc import Sequence
from datetime import datetime

from orderline.core.jobs import FollowUp, JobBody, JobKind
from orderline.core.moves import StockBucket
from orderline.core.stock.events import AnyStockEvent, LocationPut, OversoldFound, StockAdjusted, UnitsSetAside
from orderline.core.world import World


def stock_follow_ups(world: World, events: Sequence[AnyStockEvent], now: datetime) -> list[FollowUp]:
    """Stock that came is offered to those who wait for it; what is missing is taken from those promised last."""
    jobs: dict[tuple[JobKind, str, str], FollowUp] = {}
    for event in events:
        if (isinstance(event, StockAdjusted) and event.target is StockBucket.SELLABLE) or (
            isinstance(event, UnitsSetAside) and event.quantity < 0
        ):
            pool = world.settings.locations[event.location].pool
            level = world.pool_level(event.sku, pool)
            if level.backordered or level.claims or level.kept:
                body = JobBody(sku=event.sku, pool=pool)
                key = (JobKind.RESERVE_WAITING, event.sku, pool)
                jobs[key] = FollowUp(JobKind.RESERVE_WAITING, f"{event.sku} {pool}", body, now)
        elif isinstance(event, LocationPut) and not event.location.active:
            code = event.location.code
            jobs[JobKind.VACATE, "", code] = FollowUp(JobKind.VACATE, f"at {code}", JobBody(location=code), now)
        elif isinstance(event, OversoldFound):
            body = JobBody(sku=event.sku, location=event.location)
            key = (JobKind.RELIEVE, event.sku, event.location)
            jobs[key] = FollowUp(JobKind.RELIEVE, f"{event.sku} {event.location}", body, now)
    return list(jobs.values())
