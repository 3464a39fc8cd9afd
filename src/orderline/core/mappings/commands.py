"""Requests about mappings, and what the way in finds."""

from collections.abc import Iterable

from orderline.core.mappings.state import MappingKind
from orderline.core.records import RecordCommand, RecordKey


class MappingCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a mapping."""

    mapping: str

    def records(self) -> Iterable[RecordKey]:
        return (("mapping", self.mapping),)


class SeeValue(MappingCommand, frozen=True, gc=False, kw_only=True, tag="see_value"):
    """A word came that nobody has said the meaning of. sample: what it came with."""

    partner: str
    kind: MappingKind
    value: str
    sample: str = ""
    channel: str = ""


class MapValue(MappingCommand, frozen=True, gc=False, kw_only=True, tag="map_value"):
    """Say what a partner's word means here; what has waited for that goes on. target: a SKU, a method, a payment provider, or
    what a scan means, such as `in_transit`.
    """

    target: str

    def skus(self) -> Iterable[str]:
        return (self.target,) if self.target else ()


class IgnoreValue(MappingCommand, frozen=True, gc=False, kw_only=True, tag="ignore_value"):
    """Say that a partner's word means nothing here: scans of it are dropped, methods left out, and orders of such goods refused."""

    note: str = ""
