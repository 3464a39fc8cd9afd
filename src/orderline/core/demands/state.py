"""Scheduled demand: what somebody is going to order, by line and date, and is not to be promised to others before."""

from datetime import datetime
from enum import StrEnum

import msgspec

from orderline.core.records import Record, RecordEvent


class DemandKind(StrEnum):
    """Why units will be needed."""

    CALL_OFF = "call_off"
    RENEWAL = "renewal"
    EVENT = "event"
    OTHER = "other"


class DemandState(StrEnum):
    """Where a demand stands; its units are kept for it while it is open."""

    OPEN = "open"
    CONSUMED = "consumed"
    CANCELED = "canceled"


class DemandLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """Units of a SKU needed from a pool by an instant. ordered: those that orders have taken."""

    line: int
    sku: str
    pool: str
    quantity: int
    need_at: datetime
    ordered: int = 0

    @property
    def left(self) -> int:
        """Units that nobody has ordered yet."""
        return max(0, self.quantity - self.ordered)


class DemandUse(msgspec.Struct, frozen=True, gc=False):
    """Units of a line that an order has taken."""

    order: str
    line: int
    quantity: int


class Demand(Record, frozen=True, kw_only=True):
    """A scheduled demand; its id is the reference that orders name. uses: which orders have taken what."""

    id: str
    kind: DemandKind
    state: DemandState
    lines: tuple[DemandLine, ...]
    made_at: datetime
    made_by: str
    note: str = ""
    uses: tuple[DemandUse, ...] = ()
    reason: str = ""

    def line_of(self, number: int) -> DemandLine | None:
        """The line of that number."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else None


class DemandPlanned(RecordEvent, frozen=True, kw_only=True, tag="demand_planned"):
    """Units will be needed."""

    id: str
    kind: DemandKind
    lines: tuple[DemandLine, ...]
    at: datetime
    by: str
    note: str = ""


class DemandRevised(RecordEvent, frozen=True, kw_only=True, tag="demand_revised"):
    """Lines need other quantities, or at other dates."""

    lines: tuple[DemandLine, ...]
    reason: str = ""


class DemandConsumed(RecordEvent, frozen=True, kw_only=True, tag="demand_consumed"):
    """An order has taken units of it."""

    uses: tuple[DemandUse, ...]


class DemandCanceled(RecordEvent, frozen=True, kw_only=True, tag="demand_canceled"):
    """Nothing more will be needed."""

    reason: str


AnyDemandEvent = DemandPlanned | DemandRevised | DemandConsumed | DemandCanceled
