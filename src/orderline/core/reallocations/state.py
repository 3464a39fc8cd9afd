"""Who may take from whom, what was taken, and what it did to both sides."""

from datetime import datetime
from enum import StrEnum

import msgspec

from orderline.core.records import Record, RecordEvent
from orderline.values.ids import OrderId

OTHERS = "others"  # the class of orders that no class describes


class ReallocationState(StrEnum):
    """A reallocation waits for somebody's approval, has been carried out, or will not be."""

    PROPOSED = "proposed"
    APPLIED = "applied"
    WITHDRAWN = "withdrawn"


class PriorityRulesState(StrEnum):
    """Rules stand, or there are none."""

    ACTIVE = "active"


class PriorityClass(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """Orders of at least a priority, with one of some tags, or from one of some channels; all that is given must hold.

    An order is of the first class of the list that describes it, or of `others`.
    """

    id: str
    priority_from: int | None = None
    tags: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


class TakingRule(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """Orders of the class `taker` may take from orders of the classes `givers`.

    promised_later: only from whom was promised a later date. worth_less: only from lines whose units were sold for
    less, in the same currency. covered: only what other stock or dated supply covers for the giver. approval: somebody
    else than who proposes it has to approve. most_units: of a SKU within `days`, for all orders of the taking class
    together; None: no limit.
    """

    taker: str
    givers: tuple[str, ...]
    promised_later: bool = False
    worth_less: bool = False
    covered: bool = True
    most_units: int | None = None
    days: int = 7
    approval: bool = False


class PriorityRules(Record, frozen=True, kw_only=True):
    """The classes in their order, and the rules for taking, of which the first that fits decides."""

    id: str
    classes: tuple[PriorityClass, ...]
    takings: tuple[TakingRule, ...]
    put_by: str
    put_at: datetime


class PriorityRulesPut(RecordEvent, frozen=True, kw_only=True, tag="priority_rules_put"):
    """These classes and rules hold from now on, and no others."""

    id: str
    classes: tuple[PriorityClass, ...]
    takings: tuple[TakingRule, ...]
    by: str
    at: datetime


class Given(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Units that an order line gives. pulled_back: fulfillment orders, not accepted, that were withdrawn for it.

    promised_before, promised_at: the end of its window; None: it had, or has, none. restocked: units that other stock
    covers at once; supplies: (row of dated supply, units) that it waits for now. waiting: units that nothing covers.
    """

    order: OrderId
    number: str
    line: int
    of: str
    quantity: int
    promised_before: datetime | None = None
    promised_at: datetime | None = None
    pulled_back: tuple[int, ...] = ()
    restocked: int = 0
    supplies: tuple[tuple[str, int], ...] = ()
    waiting: int = 0


class Reallocation(Record, frozen=True, kw_only=True):
    """Units of a SKU that one order line was given by others, with what became of those.

    Of one that is proposed: what it would do, as it stood then. at, by: when it came to its state, and by whom.
    """

    id: str
    sku: str
    order: OrderId
    number: str
    line: int
    taker: str
    quantity: int
    givers: tuple[Given, ...]
    reason: str
    at: datetime
    by: str
    state: ReallocationState
    proposed_at: datetime | None = None
    proposed_by: str = ""


class UnitsReallocated(RecordEvent, frozen=True, kw_only=True, tag="units_reallocated"):
    """Units went from some orders to one; the journal of each tells its own side."""

    id: str
    sku: str
    order: OrderId
    number: str
    line: int
    taker: str
    quantity: int
    givers: tuple[Given, ...]
    reason: str
    at: datetime
    by: str


class ReallocationProposed(UnitsReallocated, frozen=True, kw_only=True, tag="reallocation_proposed"):
    """Units are to go from some orders to one, when somebody else approves; nothing has moved."""


class ReallocationWithdrawn(RecordEvent, frozen=True, kw_only=True, tag="reallocation_withdrawn"):
    """What was proposed will not be done."""

    reason: str
    at: datetime
    by: str


AnyReallocationEvent = UnitsReallocated | ReallocationProposed | ReallocationWithdrawn


class Taken(msgspec.Struct, frozen=True):
    """Units that orders of a class took at a time."""

    at: datetime
    taker: str
    units: int
    reallocation: str


class TakenUnits(Record, frozen=True, kw_only=True):
    """What was taken of a SKU lately, which caps are measured by."""

    id: str
    taken: tuple[Taken, ...] = ()


class TakenCounted(RecordEvent, frozen=True, kw_only=True, tag="taken_counted"):
    """Units were taken; what is older than any cap looks back is forgotten."""

    id: str
    taken: Taken
    since: datetime
