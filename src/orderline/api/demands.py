"""Scheduled demand: what will be ordered at dates, and is kept for that."""

from typing import Final

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Page, Texts, page, page_of, parse_cursor, readers
from orderline.api.records import Records
from orderline.core.demands import commands as c
from orderline.core.demands.evolve import DEMAND
from orderline.core.demands.refusals import DemandRefusal
from orderline.core.demands.rows import DemandRow
from orderline.core.demands.state import DemandState
from orderline.store.reading.demands import load_demand

_DEMANDS: Final = Records(
    kind=DEMAND,
    one="demand",
    many="demands",
    capability="stock",
    read=Right.STOCK_READ,
    write=Right.STOCK_WRITE,
    unknown=DemandRefusal.DEMAND_UNKNOWN,
    states=DemandState,
)


class DemandQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sku: Texts = ()


async def _list_rows(call: Call[DemandQuery, None]) -> Answer:
    """What will be needed, page by page; demand is of pools, so that keys of some locations see none."""
    query = call.query
    if call.key.locations:
        return page([], None)
    after = parse_cursor(query.cursor, tuple[str, str, str]) or ("", "", "")
    found = await readers(call).run(
        lambda source: load_demand(source, skus=query.sku, after=after, most=query.limit + 1)
    )
    return page_of(found, query.limit, lambda row: (row.sku, row.pool, row.id))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_scheduled_demand", method="GET", path="/v1/demand", right=Right.STOCK_READ,
        summary="List what will be needed by date", handler=_list_rows, capability="stock", query=DemandQuery,
        output=DemandRow, page=True,
    ),
    *_DEMANDS.reading(),
    _DEMANDS.creating(
        c.PlanDemand, summary="Schedule demand", names="demand",
        refusals=("DEMAND_EXISTS", "DEMAND_LINES", "SKU_UNKNOWN", "POOL_UNKNOWN"),
    ),
    _DEMANDS.acting(
        c.ReviseDemand, path="revision", summary="Change quantities or dates of a demand", names="demand",
        refusals=("DEMAND_STATE", "DEMAND_LINES"),
    ),
    _DEMANDS.acting(
        c.CancelDemand, path="cancellation", summary="Cancel what was not ordered of a demand", names="demand",
        refusals=("DEMAND_STATE",),
    ),
)  # fmt: skip
