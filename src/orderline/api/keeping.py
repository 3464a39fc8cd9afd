"""Rules for what is kept back from promising: read, tried, put."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import readers
from orderline.api.records import Records
from orderline.api.scoping import check_every_location
from orderline.core.stock.keep_rules import PutKeepRules, check_rules
from orderline.core.stock.keeping import KEEP_RULES, KeepPreview, KeepRule, preview_of
from orderline.core.stock.lagging import LAG_BUFFER
from orderline.core.stock.refusals import StockRefusal
from orderline.store.reading.keeping import load_changes
from orderline.store.reading.source import Source

MOST_CHANGES: Final = 1_000


class KeepRulesState(StrEnum):
    """Rules stand, or there are none."""

    ACTIVE = "active"


class LagBufferState(StrEnum):
    """What was measured holds."""

    ACTIVE = "active"


class PreviewRulesInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rules to be tried."""

    rules: tuple[KeepRule, ...]


async def _preview(call: Call[None, PreviewRulesInput]) -> Answer:
    """What rules would change, before they are put."""
    check_every_location(call, "location", "")
    rules = call.input.rules
    check_rules(rules)

    def look(source: Source) -> KeepPreview:
        pages = load_changes(source, source.settings(), rules, datetime.now(UTC))
        return preview_of([change for page in pages for change in page], MOST_CHANGES)

    return Answer(await readers(call).run(look))


_RULES: Final = Records(
    kind=KEEP_RULES,
    one="keep_rules",
    for_all=True,
    many="keep_rule_sets",
    capability="stock",
    read=Right.STOCK_READ,
    write=Right.STOCK_WRITE,
    unknown=StockRefusal.RULES_UNKNOWN,
    states=KeepRulesState,
)

_LAGS: Final = Records(
    kind=LAG_BUFFER,
    one="lag_buffer",
    for_all=True,
    many="lag_buffers",
    capability="stock",
    read=Right.STOCK_READ,
    write=Right.STOCK_WRITE,
    unknown=StockRefusal.RULES_UNKNOWN,
    states=LagBufferState,
    channel_of=lambda buffer: buffer.id,
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    *_RULES.reading(),
    *_LAGS.reading(),
    _RULES.creating(
        PutKeepRules, summary="Put the rules for safety stock and thresholds", names="keep_rules",
        refusals=("RULE_NOT_ACCEPTABLE", "CODE_NOT_ACCEPTABLE"),
    ),
    Operation(
        name="preview_keep_rules", method="POST", path="/v1/keep-rule-sets/preview", right=Right.STOCK_READ,
        summary="See what rules would withdraw", handler=_preview, capability="stock",
        description="Nothing is changed; the changes that withdraw most come first.",
        input=PreviewRulesInput, output=KeepPreview, refusals=("RULE_NOT_ACCEPTABLE", "CODE_NOT_ACCEPTABLE"),
    ),
)  # fmt: skip
