"""A mapping: a partner's own word, what it means here, and how often it has come."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from orderline.core.records import Record, RecordEvent, RecordKind, Window


class MappingKind(StrEnum):
    """What a word is of: what a channel calls goods, a way to be delivered or to pay; what a carrier calls a scan."""

    SKU = "sku"
    SHIPPING_METHOD = "shipping_method"
    PAYMENT_METHOD = "payment_method"
    TRACKING_STATUS = "tracking_status"


class MappingState(StrEnum):
    """unmapped: what it stands in waits. mapped: it means its target. ignored: it means nothing here."""

    UNMAPPED = "unmapped"
    MAPPED = "mapped"
    IGNORED = "ignored"


# What a scan can mean.
TRACKING: Final = (
    "label_created", "handed_over", "in_transit", "out_for_delivery", "delivered", "exception", "damaged", "lost", "returning",
    "returned",
)  # fmt: skip


class Mapping(Record, frozen=True, kw_only=True):
    """A word of a partner. seen: in how many facts it came that had to wait; sample: what the first of them was about."""

    id: str
    partner: str
    kind: MappingKind
    value: str
    state: MappingState
    first_at: datetime
    last_at: datetime
    seen: int = 1
    sample: str = ""
    channel: str = ""
    target: str = ""
    by: str = ""
    note: str = ""


class ValueSeen(RecordEvent, frozen=True, kw_only=True, tag="value_seen"):
    """A word came that nobody has said the meaning of."""

    id: str
    partner: str
    kind: MappingKind
    value: str
    at: datetime
    sample: str = ""
    channel: str = ""


class ValueMapped(RecordEvent, frozen=True, kw_only=True, tag="value_mapped"):
    """What it means."""

    target: str
    by: str
    at: datetime


class ValueIgnored(RecordEvent, frozen=True, kw_only=True, tag="value_ignored"):
    """It means nothing here."""

    by: str
    at: datetime
    note: str = ""


AnyMappingEvent = ValueSeen | ValueMapped | ValueIgnored


def id_of(partner: str, kind: MappingKind, value: str) -> str:
    """The name of a mapping: of one length, whatever partners write."""
    return hashlib.sha256("\x1f".join((partner, kind.value, value)).encode()).hexdigest()[:24]


def evolve_mapping(mapping: Mapping | None, event: AnyMappingEvent) -> Mapping:
    """The mapping after an event."""
    match event:
        case ValueSeen() if mapping is None:
            return Mapping(
                id=event.id, partner=event.partner, kind=event.kind, value=event.value, state=MappingState.UNMAPPED,
                first_at=event.at, last_at=event.at, sample=event.sample, channel=event.channel,
            )  # fmt: skip
        case ValueSeen():
            assert mapping is not None
            return msgspec.structs.replace(mapping, seen=mapping.seen + 1, last_at=event.at)
        case ValueMapped():
            assert mapping is not None
            return msgspec.structs.replace(
                mapping, state=MappingState.MAPPED, target=event.target, by=event.by, note=""
            )
        case ValueIgnored():
            assert mapping is not None
            return msgspec.structs.replace(mapping, state=MappingState.IGNORED, target="", by=event.by, note=event.note)


def _window(mapping: Mapping) -> Window:
    return Window(mapping.state, "", "operations" if mapping.state is MappingState.UNMAPPED else "")


MAPPING: Final = RecordKind("mapping", Mapping, AnyMappingEvent, evolve_mapping, _window)
