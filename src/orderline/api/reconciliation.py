"""Reconciliation: paid against shipped against collected, and the orders in which these differ."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.ledger import check_books
from orderline.api.reading.paging import Page, Text, page, page_of, parse_cursor, readers
from orderline.api.scoping import check_unlimited
from orderline.core.entities.state import MAIN
from orderline.store.reading.reconciliation import (
    FIRST,
    OpenOrder,
    ReconciledDay,
    load_days,
    load_open_orders,
    place_of,
)
from orderline.store.reading.source import Source
from orderline.values.time import usable_day

DAYS: Final = 31


class ReconciliationQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """entity: whose books; since, until: days, both included; the 31 days until today, when not given."""

    entity: Annotated[str, msgspec.Meta(max_length=120)] = MAIN
    since: date | None = None
    until: date | None = None


class OpenOrdersQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """until: as it was at the end of that day; now, when not given."""

    entity: Text = MAIN
    channel: Text | None = None
    until: date | None = None


async def _days(call: Call[ReconciliationQuery, None]) -> Answer:
    query = call.query
    check_unlimited(call)
    until = usable_day(query.until or _tomorrow(), field="until")
    since = usable_day(query.since or until - timedelta(days=DAYS), field="since")

    def load(source: Source) -> list[ReconciledDay]:
        check_books(source, query.entity)
        return load_days(source, query.entity, since=since, until=until)

    return page(await readers(call).run(load), None)


async def _open(call: Call[OpenOrdersQuery, None]) -> Answer:
    query = call.query
    check_unlimited(call)
    after = parse_cursor(query.cursor, tuple[datetime, UUID, str]) or FIRST

    def load(source: Source) -> list[OpenOrder]:
        check_books(source, query.entity)
        return load_open_orders(
            source, query.entity, until=query.until or _tomorrow(), channel=query.channel, after=after,
            most=query.limit + 1,
        )  # fmt: skip

    return page_of(await readers(call).run(load), query.limit, place_of)


def _tomorrow() -> date:
    """The day has begun already somewhere."""
    return datetime.now(UTC).date() + timedelta(days=1)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_reconciliation", method="GET", path="/v1/ledger/reconciliation", right=Right.LEDGER_READ,
        summary="Compare what was paid, shipped and collected, by day, channel and provider", handler=_days,
        capability="ledger", query=ReconciliationQuery, output=ReconciledDay, page=True,
        refusals=("ENTITY_UNKNOWN", "TIME_OUT_OF_RANGE"),
        description="From the postings of each day. `open_minor` of all days together is what the open orders sum to.",
    ),
    Operation(
        name="list_open_orders", method="GET", path="/v1/ledger/open-orders", right=Right.LEDGER_READ,
        summary="List orders whose money is open, that for the longest time first", handler=_open, capability="ledger",
        query=OpenOrdersQuery, output=OpenOrder, page=True, refusals=("ENTITY_UNKNOWN",),
        description="Paid and not shipped, shipped and not paid, owed back, disputed: each with what a person does when it"
        " stays so. An order leaves the list when its books are even. What providers and we do not know alike stands in"
        " `GET /v1/payment-differences`.",
    ),
)  # fmt: skip
