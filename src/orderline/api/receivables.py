"""Aged receivables: what customers owe at the end of a day, by how long it has been due."""

from datetime import UTC, date, datetime
from typing import Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.ledger import CSV, check_books
from orderline.api.reading.paging import Text, readers
from orderline.api.scoping import check_unlimited
from orderline.core.entities.state import MAIN
from orderline.core.ledger.posting import day_of, entity_of
from orderline.store.reading.receivables import AgedReceivables, aged_csv, load_aged, load_aged_invoices
from orderline.store.reading.source import Source


class ReceivablesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """day: as it was at its end; today, when not given. company: of one, with its invoices."""

    entity: Text = MAIN
    day: date | None = None
    company: Text | None = None


async def _aged(call: Call[ReceivablesQuery, None]) -> Answer:
    query, now = call.query, datetime.now(UTC)
    check_unlimited(call)

    def load(source: Source) -> AgedReceivables:
        return load_aged(source, query.entity, _day(source, query, now), query.company)

    return Answer(await readers(call).run(load))


async def _csv(call: Call[ReceivablesQuery, None]) -> Answer:
    query, now = call.query, datetime.now(UTC)
    check_unlimited(call)

    def load(source: Source) -> tuple[date, str]:
        day = _day(source, query, now)
        found = load_aged_invoices(source, query.entity, day, query.company)
        return day, "".join(aged_csv(query.entity, day, found))

    day, text = await readers(call).run(load)
    name = f"receivables-{query.entity.replace(':', '-')}-{day}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Answer(text.encode(), headers=headers, media=CSV)


def _day(source: Source, query: ReceivablesQuery, now: datetime) -> date:
    check_books(source, query.entity)
    return query.day or day_of(entity_of(source.settings(), query.entity), now)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="read_aged_receivables", method="GET", path="/v1/ledger/receivables", right=Right.LEDGER_READ,
        summary="Read what customers owe, by company, currency and how long it has been due", handler=_aged,
        capability="ledger", query=ReceivablesQuery, output=AgedReceivables, refusals=("ENTITY_UNKNOWN",),
        description="At the end of any day. Not due, due for up to 30, 60, 90 days, and for more; what is on no invoice stands"
        " apart, below zero when it was paid beforehand. Each currency adds up to what stands on `receivable` in the trial"
        " balance. Of one company all invoices that are open are told.",
    ),
    Operation(
        name="export_aged_receivables", method="GET", path="/v1/ledger/receivables/csv", right=Right.LEDGER_READ,
        summary="Read the invoices that are not paid as CSV", handler=_csv, capability="ledger", query=ReceivablesQuery,
        output=CSV, refusals=("ENTITY_UNKNOWN",),
        description="A row for each invoice with its age, and one for what a company owes on none, so that they add up.",
    ),
)  # fmt: skip
