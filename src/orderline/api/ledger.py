"""The books: trial balance, the entries behind each figure, the statement of an order."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.reading.paging import Page, Text, page_of, parse_cursor, readers
from orderline.api.records import Records
from orderline.api.scoping import check_unlimited, order_of
from orderline.core.entities.refusals import EntityRefusal
from orderline.core.entities.state import MAIN, TEST
from orderline.core.ledger.periods import PERIOD, ClosePeriod, Period, PeriodRefusal, PeriodState, is_real, last_day
from orderline.core.ledger.state import Account, LedgerEntry
from orderline.store.reading.journals import journal_csv, load_chart
from orderline.store.reading.ledger import (
    FIRST,
    OrderLedger,
    RevaluedMonth,
    TrialBalance,
    balances_at,
    load_account,
    load_order_ledger,
    load_revaluation,
    load_trial_balance,
    place_of,
)
from orderline.store.reading.source import Source
from orderline.values.failures import Refused

CSV: Final = "text/csv"


class BalanceQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """entity: whose books; since, until: days, both included."""

    entity: Annotated[str, msgspec.Meta(max_length=120)] = MAIN
    since: date | None = None
    until: date | None = None


class EntriesQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As BalanceQuery; sub, currency: of these alone."""

    entity: Text = MAIN
    sub: Text | None = None
    currency: Text | None = None
    since: date | None = None
    until: date | None = None


def check_books(source: Source, entity: str) -> None:
    """Refused ENTITY_UNKNOWN: there is no such entity."""
    known = {MAIN, *source.settings().entities}
    if entity.removesuffix(TEST) not in known:
        raise Refused(EntityRefusal.ENTITY_UNKNOWN, field="entity", value=entity[:100], allowed=sorted(known))


async def _balance(call: Call[BalanceQuery, None]) -> Answer:
    query = call.query
    check_unlimited(call)

    def load(source: Source) -> TrialBalance:
        check_books(source, query.entity)
        return load_trial_balance(source, query.entity, since=query.since, until=query.until)

    return Answer(await readers(call).run(load))


async def _entries(call: Call[EntriesQuery, None]) -> Answer:
    query = call.query
    check_unlimited(call)
    account = call.path["account"]
    if account not in set(Account):
        raise Refused(
            EntityRefusal.ACCOUNT_UNKNOWN, field="account", value=account[:60], allowed=[str(each) for each in Account]
        )
    after = parse_cursor(query.cursor, tuple[date, datetime, str, int, int]) or FIRST

    def load(source: Source) -> list[LedgerEntry]:
        check_books(source, query.entity)
        return load_account(
            source, query.entity, account, sub=query.sub, currency=query.currency, since=query.since,
            until=query.until, after=after, most=query.limit + 1,
        )  # fmt: skip

    return page_of(await readers(call).run(load), query.limit, place_of)


async def _order(call: Call[None, Any]) -> Answer:
    order_id = await order_of(call)
    return Answer(await readers(call).run(lambda source: load_order_ledger(source, str(order_id))))


class JournalQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """day: one day; the whole of a month is written by `orderline ledger export`."""

    day: date
    entity: Annotated[str, msgspec.Meta(max_length=120)] = MAIN


async def _journal(call: Call[JournalQuery, None]) -> Answer:
    """A day of the books as CSV."""
    query, now = call.query, datetime.now(UTC)
    check_unlimited(call)

    def load(source: Source) -> str:
        check_books(source, query.entity)
        chart = load_chart(source, query.entity, now) if is_real(query.entity) else None
        if chart is None:
            raise Refused(EntityRefusal.CHART_UNKNOWN, field="entity", value=query.entity)
        return "".join(journal_csv(source, chart, query.entity, query.day, query.day))

    name = f"journal-{query.entity}-{query.day}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Answer((await readers(call).run(load)).encode(), headers=headers, media=CSV)


_PERIODS: Final = Records(
    kind=PERIOD,
    one="period",
    many="periods",
    capability="ledger",
    read=Right.LEDGER_READ,
    write=Right.LEDGER_WRITE,
    unknown=PeriodRefusal.PERIOD_UNKNOWN,
    states=PeriodState,
    of_all=True,
)


class CloseInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """month: such as 2026-10. revalue: open positions in foreign currencies are put at the rates of its last day."""

    month: Annotated[str, msgspec.Meta(max_length=20)]
    revalue: bool = True


async def _close(call: Call[None, CloseInput]) -> Answer:
    """Close a month with the balances that it ended with."""
    entity, month = call.path["code"], call.input.month
    check_unlimited(call)

    def load(source: Source) -> ClosePeriod:
        check_books(source, entity)
        balance = load_trial_balance(source, entity, until=last_day(month))
        return ClosePeriod(entity=entity, month=month, accounts=balances_at(balance), revalue=call.input.revalue)

    return await decide(call, await readers(call).run(load))


class RevaluationQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """month: such as 2026-10."""

    month: Annotated[str, msgspec.Meta(max_length=20)]
    entity: Annotated[str, msgspec.Meta(max_length=120)] = MAIN


async def _revaluation(call: Call[RevaluationQuery, None]) -> Answer:
    query = call.query
    check_unlimited(call)

    def load(source: Source) -> RevaluedMonth:
        check_books(source, query.entity)
        return load_revaluation(source, query.entity, query.month)

    return Answer(await readers(call).run(load))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="read_trial_balance", method="GET", path="/v1/ledger/balance", right=Right.LEDGER_READ,
        summary="Read what stands on the accounts of a legal entity", handler=_balance, capability="ledger",
        description="Debit positive, credit negative, by account, sub-account and currency. All accounts of a currency sum to"
        " nought. Test orders stand in books of their own, such as `main:test`.",
        query=BalanceQuery, output=TrialBalance, refusals=("ENTITY_UNKNOWN",),
    ),
    Operation(
        name="list_ledger_entries", method="GET", path="/v1/ledger/accounts/{account}/entries", right=Right.LEDGER_READ,
        summary="List the entries behind a figure of the trial balance", handler=_entries, capability="ledger",
        query=EntriesQuery, output=LedgerEntry, page=True, refusals=("ENTITY_UNKNOWN", "ACCOUNT_UNKNOWN"),
    ),
    Operation(
        name="read_order_ledger", method="GET", path="/v1/orders/{order}/ledger", right=Right.LEDGER_READ,
        summary="Read the account statement of an order", handler=_order, capability="ledger", output=OrderLedger,
        description="All that was posted of it, in turn, and what stands on each account.", refusals=("ORDER_UNKNOWN",),
    ),
    Operation(
        name="read_ledger_journal", method="GET", path="/v1/ledger/journal", right=Right.LEDGER_READ,
        summary="Read a day of the books as CSV, by the chart of accounts", handler=_journal, capability="ledger",
        description="The chart is a policy of the kind `chart`; the books of test orders are not exported.",
        query=JournalQuery, output=CSV, refusals=("ENTITY_UNKNOWN", "CHART_UNKNOWN"),
    ),
    *_PERIODS.reading(),
    Operation(
        name="close_period", method="POST", path="/v1/entities/{code}/periods", right=Right.LEDGER_WRITE,
        summary="Close a month of the books", handler=_close, capability="ledger", input=CloseInput, output=Period,
        description="An hour after it is over, with its trial balance. Nothing is posted into it any more: what is recorded"
        " later belongs to a later day, and `orderline verify` compares. Open positions in foreign currencies are revalued.",
        refusals=(
            "ENTITY_UNKNOWN", "PERIOD_UNKNOWN", "PERIOD_CLOSED", "PERIOD_NOT_OVER", "PERIOD_UNEVEN", "PERIOD_RATE_MISSING",
        ),
    ),
    Operation(
        name="read_revaluation", method="GET", path="/v1/ledger/revaluation", right=Right.LEDGER_READ,
        summary="Read what open positions in foreign currencies are worth at the end of a month", handler=_revaluation,
        capability="ledger", query=RevaluationQuery, output=RevaluedMonth, refusals=("ENTITY_UNKNOWN", "PERIOD_UNKNOWN"),
        description="By account and currency: what stands there, what it was worth when it was posted, and at the rate of the last"
        " day. The difference is posted when the month is closed, and taken back on the next day.",
    ),
)  # fmt: skip
