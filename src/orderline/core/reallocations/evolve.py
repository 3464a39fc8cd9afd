"""Rules for taking, reallocations, and what caps are measured by, as their events tell them."""

import msgspec

from orderline.core.reallocations.state import (
    AnyReallocationEvent,
    PriorityRules,
    PriorityRulesPut,
    Reallocation,
    ReallocationProposed,
    ReallocationState,
    ReallocationWithdrawn,
    TakenCounted,
    TakenUnits,
    UnitsReallocated,
)
from orderline.core.records import RecordKind, Window


def evolve_rules(rules: PriorityRules | None, event: PriorityRulesPut) -> PriorityRules:
    """The rules after they were put."""
    fresh = PriorityRules(
        id=event.id, classes=event.classes, takings=event.takings, put_by=event.by, put_at=event.at
    )  # fmt: skip
    return fresh if rules is None else msgspec.structs.replace(fresh, version=rules.version, chain=rules.chain)


def evolve_reallocation(known: Reallocation | None, event: AnyReallocationEvent) -> Reallocation:
    """The reallocation after an event."""
    if isinstance(event, ReallocationWithdrawn):
        assert known is not None
        state = ReallocationState.WITHDRAWN
        return msgspec.structs.replace(known, state=state, reason=event.reason, at=event.at, by=event.by)
    told = {name: getattr(event, name) for name in UnitsReallocated.__struct_fields__}
    if isinstance(event, ReallocationProposed):
        return Reallocation(**told, state=ReallocationState.PROPOSED, proposed_at=event.at, proposed_by=event.by)
    if known is None:
        return Reallocation(**told, state=ReallocationState.APPLIED)
    return msgspec.structs.replace(known, **told, state=ReallocationState.APPLIED)


def evolve_taken(known: TakenUnits | None, event: TakenCounted) -> TakenUnits:
    """With what was taken now, without what is old."""
    before = known or TakenUnits(id=event.id)
    kept = tuple(each for each in before.taken if each.at >= event.since)
    return msgspec.structs.replace(before, taken=(*kept, event.taken))


PRIORITY_RULES = RecordKind(
    "priority_rules", PriorityRules, PriorityRulesPut, evolve_rules, lambda rules: Window("active")
)
REALLOCATION = RecordKind(
    "reallocation", Reallocation, AnyReallocationEvent, evolve_reallocation,
    lambda told: Window(told.state, told.sku, "operations" if told.state is ReallocationState.PROPOSED else ""),
)  # fmt: skip
TAKEN_UNITS = RecordKind("taken_units", TakenUnits, TakenCounted, evolve_taken, lambda taken: Window("active"))
KINDS = (PRIORITY_RULES, REALLOCATION, TAKEN_UNITS)
