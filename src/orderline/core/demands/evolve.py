"""A demand as its events tell it, and the rows it stands for."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, assert_never

import msgspec

from orderline.core.demands.rows import DemandRow
from orderline.core.demands.state import (
    AnyDemandEvent,
    Demand,
    DemandCanceled,
    DemandConsumed,
    DemandLine,
    DemandPlanned,
    DemandRevised,
    DemandState,
)
from orderline.core.records import RecordKind, Window
from orderline.core.supply.rows import row_id

if TYPE_CHECKING:
    from orderline.core.next_steps import FollowUp
    from orderline.core.world import World

replace = msgspec.structs.replace


def evolve_demand(demand: Demand | None, event: AnyDemandEvent) -> Demand:
    """The demand after an event."""
    if isinstance(event, DemandPlanned):
        return Demand(
            id=event.id,
            kind=event.kind,
            state=DemandState.OPEN,
            lines=event.lines,
            made_at=event.at,
            made_by=event.by,
            note=event.note,
        )
    assert demand is not None
    match event:
        case DemandRevised():
            revised = {line.line: line for line in event.lines}
            lines = tuple(revised.get(line.line, line) for line in demand.lines)
            return _ended(replace(demand, lines=lines, reason=event.reason))
        case DemandConsumed():
            taken = {use.line: use.quantity for use in event.uses}
            lines = tuple(replace(line, ordered=line.ordered + taken.get(line.line, 0)) for line in demand.lines)
            return _ended(replace(demand, lines=lines, uses=(*demand.uses, *event.uses)))
        case DemandCanceled():
            return replace(demand, state=DemandState.CANCELED, reason=event.reason)
        case _:
            assert_never(event)


def _ended(demand: Demand) -> Demand:
    left = any(line.left for line in demand.lines)
    return replace(demand, state=DemandState.OPEN if left else DemandState.CONSUMED)


def demand_rows(demand: Demand) -> tuple[DemandRow, ...]:
    """What is still needed; nothing when it is canceled."""
    if demand.state is not DemandState.OPEN:
        return ()
    return tuple(_row(demand, line) for line in demand.lines if line.left)


def _row(demand: Demand, line: DemandLine) -> DemandRow:
    return DemandRow(line.sku, line.pool, row_id("demand", demand.id, line.line), line.need_at, line.left)


def _window(demand: Demand) -> Window:
    if demand.state is not DemandState.OPEN:
        return Window(demand.state)
    return Window(demand.state, "", "sales", min(line.need_at for line in demand.lines if line.left))


def _follow_ups(world: "World", demand: Demand, events: Sequence[AnyDemandEvent], now: datetime) -> "list[FollowUp]":
    """What is no longer kept for a demand is offered to those who wait."""
    from orderline.core.next_steps import FollowUp, JobBody, JobKind  # it looks at the world, which knows records

    jobs: list[FollowUp] = []
    if any(isinstance(event, DemandRevised | DemandCanceled) for event in events):
        for sku, pool in dict.fromkeys((line.sku, line.pool) for line in demand.lines):
            if world.pool_level(sku, pool).backordered:
                body = JobBody(sku=sku, pool=pool)
                jobs.append(FollowUp(JobKind.RESERVE_WAITING, f"{sku} {pool}", body, now))
                jobs.append(FollowUp(JobKind.PEG_WAITING, f"{sku} {pool}", body, now))
    return jobs


DEMAND = RecordKind("demand", Demand, AnyDemandEvent, evolve_demand, _window, _follow_ups, demand=demand_rows)
