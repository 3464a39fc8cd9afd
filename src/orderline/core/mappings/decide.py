"""A word is noted whenever something waits for its meaning; a person says it, and may think better of it."""

from typing import Final

from orderline.core.context import Context
from orderline.core.mappings.commands import IgnoreValue, MappingCommand, MapValue, SeeValue
from orderline.core.mappings.refusals import MappingRefusal as R
from orderline.core.mappings.state import (
    MAPPING,
    TRACKING,
    Mapping,
    MappingKind,
    MappingState,
    ValueIgnored,
    ValueMapped,
    ValueSeen,
)
from orderline.core.orders.guards import check_text
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.world import Draft
from orderline.values.failures import Refused


def decide_see(draft: Draft, command: SeeValue, context: Context) -> None:
    """Refused NOTHING_TO_DO: somebody has said what it means."""
    known = draft.world.records.get(("mapping", command.mapping))
    if isinstance(known, Mapping) and known.state is not MappingState.UNMAPPED:
        raise Refused(OrderRefusal.NOTHING_TO_DO, field="mapping", value=command.mapping)
    seen = ValueSeen(
        id=command.mapping, partner=command.partner, kind=command.kind, value=command.value, at=context.now,
        sample=command.sample, channel=command.channel,
    )  # fmt: skip
    draft.tell_record(MAPPING, command.mapping, seen)


def decide_map(draft: Draft, command: MapValue, context: Context) -> None:
    """Refused MAPPING_UNKNOWN: no such word has come. MAPPING_TARGET: there is no such SKU, or a scan can't mean that.

    Refused NOTHING_TO_DO: it means that already.
    """
    known = _known(draft, command)
    target = check_text(command.target.strip(), "target", 100, required=True)
    if known.kind is MappingKind.SKU and target not in draft.world.skus:
        raise Refused(R.MAPPING_TARGET, field="target", value=target, allowed="a SKU")
    if known.kind is MappingKind.TRACKING_STATUS and target not in TRACKING:
        raise Refused(R.MAPPING_TARGET, field="target", value=target, allowed=list(TRACKING))
    if known.state is MappingState.MAPPED and known.target == target:
        raise Refused(OrderRefusal.NOTHING_TO_DO, field="target", value=target)
    draft.tell_record(MAPPING, known.id, ValueMapped(target=target, by=context.actor.name, at=context.now))


def decide_ignore(draft: Draft, command: IgnoreValue, context: Context) -> None:
    """Refused MAPPING_UNKNOWN: no such word has come. NOTHING_TO_DO: it means nothing already."""
    known = _known(draft, command)
    if known.state is MappingState.IGNORED:
        raise Refused(OrderRefusal.NOTHING_TO_DO, field="mapping", value=command.mapping)
    note = check_text(command.note, "note", 500)
    draft.tell_record(MAPPING, known.id, ValueIgnored(by=context.actor.name, at=context.now, note=note))


def _known(draft: Draft, command: MappingCommand) -> Mapping:
    known = draft.world.records.get(("mapping", command.mapping))
    if not isinstance(known, Mapping):
        raise Refused(R.MAPPING_UNKNOWN, field="mapping", value=command.mapping[:100])
    return known


RULES: Final = {SeeValue: decide_see, MapValue: decide_map, IgnoreValue: decide_ignore}
