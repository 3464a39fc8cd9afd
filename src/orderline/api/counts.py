"""Cycle counts: planned, counted, counted again, approved."""

from typing import Final

from orderline.api.calls import Operation, Right
from orderline.api.records import Records
from orderline.core.counts import commands as c
from orderline.core.counts.evolve import COUNT
from orderline.core.counts.refusals import CountRefusal
from orderline.core.counts.state import CountState

_COUNTS: Final = Records(
    kind=COUNT,
    one="count",
    many="counts",
    capability="stock",
    read=Right.STOCK_READ,
    write=Right.STOCK_WRITE,
    unknown=CountRefusal.COUNT_UNKNOWN,
    states=CountState,
    location_of=lambda count: count.location,
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    *_COUNTS.reading(),
    _COUNTS.creating(
        c.PlanCount, summary="Plan a count of some SKUs at a location", names="count",
        refusals=("COUNT_EXISTS", "COUNT_LINES", "LOCATION_UNKNOWN", "SKU_UNKNOWN"),
    ),
    _COUNTS.acting(c.OpenCount, path="opening", summary="Begin to count", names="count", refusals=("COUNT_STATE",)),
    _COUNTS.acting(
        c.SubmitCount, path="results", summary="Say what was counted", names="count",
        refusals=("COUNT_STATE", "COUNT_LINES"),
    ),
    _COUNTS.acting(
        c.AskRecount, path="recounts", summary="Have lines counted again", names="count",
        refusals=("COUNT_STATE", "COUNT_LINES"),
    ),
    _COUNTS.acting(
        c.ApproveCount, path="approval", summary="Put the differences of a count into the stock", names="count",
        refusals=("COUNT_STATE", "COUNT_CONTRADICTED"),
    ),
    _COUNTS.acting(
        c.VoidCount, path="voiding", summary="Give a count up", names="count", refusals=("COUNT_STATE",)
    ),
)  # fmt: skip
