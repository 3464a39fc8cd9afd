"""Partners' own words: listed where nobody has said what they mean, mapped, or ignored."""

from typing import Final

from orderline.api.calls import Operation, Right
from orderline.api.records import Records
from orderline.core.mappings.commands import IgnoreValue, MapValue
from orderline.core.mappings.refusals import MappingRefusal
from orderline.core.mappings.state import MAPPING, MappingState

_MAPPINGS: Final = Records(
    kind=MAPPING,
    one="mapping",
    many="mappings",
    capability="mappings",
    read=Right.SETTINGS_READ,
    write=Right.SETTINGS_WRITE,
    unknown=MappingRefusal.MAPPING_UNKNOWN,
    states=MappingState,
    channel_of=lambda mapping: mapping.channel,
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    *_MAPPINGS.reading(),
    _MAPPINGS.acting(
        MapValue, path="meanings", summary="Say what a partner's word means", names="mapping",
        refusals=("MAPPING_TARGET", "NOTHING_TO_DO"),
    ),
    _MAPPINGS.acting(
        IgnoreValue, path="dismissals", summary="Say that a partner's word means nothing here", names="mapping",
        refusals=("NOTHING_TO_DO",),
    ),
)  # fmt: skip
