"""Cycle counts: planned, counted, counted again, approved."""

from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Texts, page, readers, seen
from orderline.api.records import Records
from orderline.core.counts import commands as c
from orderline.core.counts.evolve import COUNT
from orderline.core.counts.planning import CountProposal
from orderline.core.counts.refusals import CountRefusal
from orderline.core.counts.state import CountState
from orderline.store.reading.count_planning import load_count_proposals

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


class CountProposalsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    location: Texts = ()
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 50


async def _propose(call: Call[CountProposalsQuery, None]) -> Answer:
    """What should be counted first."""
    locations = seen(call.query.location, call.key.locations)
    if locations is None:
        return page([], None)
    now, most = datetime.now(UTC), call.query.limit
    found = await readers(call).run(lambda source: load_count_proposals(source, now, locations=locations, most=most))
    return page(found, None)


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_COUNTS.reading(),
    Operation(
        name="list_count_proposals", method="GET", path="/v1/count-proposals", right=Right.STOCK_READ,
        summary="List what should be counted first, and why", handler=_propose, capability="stock",
        description="Shelves by how much of them is sold, how little their record is to be believed, and what a unit is"
        " worth. A count of them is planned as any other.",
        query=CountProposalsQuery, output=CountProposal, page=True,
    ),
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
