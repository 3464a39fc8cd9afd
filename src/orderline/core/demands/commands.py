"""Requests about scheduled demand. `demand` is the caller's own name for it, which orders name."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from orderline.core.demands.state import Demand, DemandKind
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.world import World


class DemandCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a demand."""

    demand: str

    def records(self) -> Iterable[RecordKey]:
        return (("demand", self.demand),)

    def supplies(self, world: World) -> Iterable[tuple[str, str]]:
        known = world.records.get(("demand", self.demand))
        return ((line.sku, line.pool) for line in known.lines) if isinstance(known, Demand) else ()


class DemandLineInput(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Units of a SKU that will be needed from a pool by an instant."""

    sku: str
    pool: str
    quantity: int
    need_at: datetime


class PlanDemand(DemandCommand, frozen=True, gc=False, kw_only=True, tag="plan_demand"):
    """Units will be needed at dates: from now on nobody else is promised them, unless other supply covers the demand."""

    lines: tuple[DemandLineInput, ...]
    kind: DemandKind = DemandKind.CALL_OFF
    note: str = ""

    def skus(self) -> Iterable[str]:
        return (line.sku for line in self.lines)

    def supplies(self, world: World) -> Iterable[tuple[str, str]]:
        pairs = ((line.sku, line.pool) for line in self.lines)
        return (pair for pair in pairs if pair[0] in world.skus and pair[1] in world.settings.pools)


class RevisedDemandInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """What is another now of a line; what is not given stays."""

    line: int
    quantity: int | None = None
    need_at: datetime | None = None


class ReviseDemand(DemandCommand, frozen=True, gc=False, kw_only=True, tag="revise_demand"):
    """Other quantities or dates are needed now."""

    lines: tuple[RevisedDemandInput, ...]
    reason: str = ""


class CancelDemand(DemandCommand, frozen=True, gc=False, kw_only=True, tag="cancel_demand"):
    """What was not ordered yet will not be."""

    reason: str
