"""Rules of scheduled demand. Source: domain model 4.2, D(P, tau) and the look-ahead minimum."""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from orderline.core.context import Context
from orderline.core.demands import commands as c
from orderline.core.demands.evolve import DEMAND
from orderline.core.demands.refusals import DemandRefusal as R
from orderline.core.demands.state import (
    Demand,
    DemandCanceled,
    DemandConsumed,
    DemandLine,
    DemandPlanned,
    DemandRevised,
    DemandState,
    DemandUse,
)
from orderline.core.orders.guards import check_text
from orderline.core.orders.state import STOCKED, Order
from orderline.core.stock.checks import check_code, check_stocked
from orderline.core.stock.refusals import StockRefusal
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.quantity import MAX_QUANTITY, check_quantity
from orderline.values.time import utc

MOST_LINES: Final = 1_000


def decide_plan_demand(draft: Draft, command: c.PlanDemand, context: Context) -> None:
    """Refused DEMAND_EXISTS: the name is taken; DEMAND_LINES: no line, or too many; SKU_UNKNOWN, POOL_UNKNOWN."""
    check_code(command.demand, "demand")
    if ("demand", command.demand) in draft.world.records:
        raise Refused(R.DEMAND_EXISTS, field="demand", value=command.demand)
    if not 0 < len(command.lines) <= MOST_LINES:
        raise Refused(R.DEMAND_LINES, field="lines", value=len(command.lines), allowed=f"1 to {MOST_LINES} lines")
    lines: list[DemandLine] = []
    pools = draft.world.settings.pools
    for number, asked in enumerate(command.lines, 1):
        field = f"lines[{number - 1}]"
        check_stocked(draft.world, asked.sku, f"{field}.sku")
        if asked.pool not in pools:
            raise Refused(
                StockRefusal.POOL_UNKNOWN, field=f"{field}.pool", value=asked.pool[:100], allowed=sorted(pools)[:50]
            )
        lines.append(
            DemandLine(
                line=number,
                sku=asked.sku,
                pool=asked.pool,
                quantity=check_quantity(asked.quantity, field=f"{field}.quantity"),
                need_at=utc(asked.need_at, field=f"{field}.need_at"),
            )
        )
    planned = DemandPlanned(
        id=command.demand,
        kind=command.kind,
        lines=tuple(lines),
        at=context.now,
        by=context.actor.name,
        note=check_text(command.note, "note", 500),
    )
    draft.tell_record(DEMAND, command.demand, planned)


def decide_revise_demand(draft: Draft, command: c.ReviseDemand, context: Context) -> None:
    """Refused DEMAND_STATE: it is canceled; DEMAND_LINES: fewer than were ordered, or a line it does not have."""
    demand = _demand_in(draft, command, (DemandState.OPEN, DemandState.CONSUMED))
    lines = _revised(demand, command.lines)
    reason = check_text(command.reason, "reason", 500)
    draft.tell_record(DEMAND, demand.id, DemandRevised(lines=lines, reason=reason))


def decide_cancel_demand(draft: Draft, command: c.CancelDemand, context: Context) -> None:
    """Refused DEMAND_STATE: it is canceled, or all of it was ordered."""
    demand = _demand_in(draft, command, (DemandState.OPEN,))
    reason = check_text(command.reason, "reason", 500, required=True)
    draft.tell_record(DEMAND, demand.id, DemandCanceled(reason=reason))


def consume_demand(draft: Draft, name: str, order: Order, pools: dict[int, tuple[str, ...]]) -> None:
    """An order that names a demand takes its units: what is needed first, from the pools the order is served from.

    pools: by demand group. A demand that is at its end says nothing: the order stands on what is available.
    Refused DEMAND_UNKNOWN: there is none of that name.
    """
    demand = draft.world.records.get(("demand", name))
    if not isinstance(demand, Demand):
        raise Refused(R.DEMAND_UNKNOWN, field="demand", value=name[:100])
    if demand.state is not DemandState.OPEN:
        return
    taken: dict[int, int] = {}
    for line in order.lines:
        left = line.units.unplanned if line.kind in STOCKED else 0
        for each in sorted(demand.lines, key=lambda each: (each.need_at, each.line)):
            if each.sku == line.sku and each.pool in pools[line.group]:
                units = min(left, each.left - taken.get(each.line, 0))
                taken[each.line] = taken.get(each.line, 0) + units
                left -= units
    uses = tuple(DemandUse(order.number, number, units) for number, units in sorted(taken.items()) if units)
    if uses:
        draft.tell_record(DEMAND, demand.id, DemandConsumed(uses=uses))


def _revised(demand: Demand, asked: Sequence[c.RevisedDemandInput]) -> tuple[DemandLine, ...]:
    numbers = [each.line for each in asked]
    known = [line.line for line in demand.lines]
    if not numbers or not set(numbers) <= set(known) or len(set(numbers)) < len(numbers):
        raise Refused(R.DEMAND_LINES, field="lines", value=numbers[:50], allowed=known[:50])
    lines: list[DemandLine] = []
    for index, each in enumerate(asked):
        line = demand.lines[each.line - 1]
        if each.quantity is not None:
            if not line.ordered <= each.quantity <= MAX_QUANTITY:
                allowed = f"from {line.ordered}, which were ordered, to {MAX_QUANTITY}"
                raise Refused(R.DEMAND_LINES, field=f"lines[{index}].quantity", value=each.quantity, allowed=allowed)
            line = msgspec.structs.replace(line, quantity=each.quantity)
        if each.need_at is not None:
            line = msgspec.structs.replace(line, need_at=utc(each.need_at, field=f"lines[{index}].need_at"))
        lines.append(line)
    return tuple(lines)


def _demand_in(draft: Draft, command: c.DemandCommand, states: Collection[DemandState]) -> Demand:
    demand = draft.world.records.get(("demand", command.demand))
    if not isinstance(demand, Demand):
        raise Refused(R.DEMAND_UNKNOWN, field="demand", value=command.demand[:100])
    if demand.state not in states:
        allowed = [str(state) for state in states]
        raise Refused(R.DEMAND_STATE, field="demand", value=demand.id, state=demand.state, allowed=allowed)
    return demand


RULES: Final = {
    c.PlanDemand: decide_plan_demand,
    c.ReviseDemand: decide_revise_demand,
    c.CancelDemand: decide_cancel_demand,
}
