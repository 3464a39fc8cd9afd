"""Sellers, what they are owed, and the statements by which they are paid."""

from datetime import UTC, date, datetime
from typing import Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.reading.paging import Page, page, page_of, parse_cursor, readers
from orderline.api.records import Records, records_about
from orderline.api.scoping import order_of, order_unknown
from orderline.core.sellers import commands as c
from orderline.core.sellers.refusals import SellerRefusal as R
from orderline.core.sellers.schedule import last_day
from orderline.core.sellers.sharing import SellerShare, shares_of
from orderline.core.sellers.state import (
    SELLER,
    STATEMENT,
    STATEMENT_KIND,
    Seller,
    SellerState,
    SellerStatement,
    StatementState,
)
from orderline.store.loading import load_orders
from orderline.store.reading.sellers import (
    FIRST,
    Place,
    SellerBalance,
    StatementLine,
    load_balances,
    load_due,
    load_statement_lines,
    place_of,
)
from orderline.store.reading.source import Source

_SELLERS: Final = Records(
    kind=SELLER,
    one="seller",
    many="sellers",
    capability="sellers",
    read=Right.LEDGER_READ,
    write=Right.LEDGER_WRITE,
    unknown=R.SELLER_UNKNOWN,
    states=SellerState,
    of_all=True,
    for_all=True,
)
_STATEMENTS: Final = Records(
    kind=STATEMENT,
    one="seller_statement",
    many="seller_statements",
    capability="sellers",
    read=Right.LEDGER_READ,
    write=Right.LEDGER_WRITE,
    unknown=R.SELLER_STATEMENT_UNKNOWN,
    states=StatementState,
    of_all=True,
    for_all=True,
)


class StateSellerInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """until: the last day that is stated; without it the last that is over and not kept in reserve."""

    until: date | None = None


async def _balances(call: Call[None, None]) -> Answer:
    seller: Seller = await _SELLERS.found(call)
    until = last_day(datetime.now(UTC), seller.reserve_days)
    return page(await readers(call).run(lambda source: load_balances(source, seller, until)), None)


async def _state(call: Call[None, StateSellerInput]) -> Answer:
    seller: Seller = await _SELLERS.found(call)
    until = call.input.until or last_day(datetime.now(UTC), seller.reserve_days)
    due = await readers(call).run(lambda source: load_due(source, seller, until))
    owed = tuple(each for each in due if each.amount_minor > 0)
    return await decide(call, c.StateSeller(seller=seller.id, until=until, due=owed), found=True)


async def _statements(call: Call[Page, None]) -> Answer:
    return await records_about(call, STATEMENT_KIND, (await _SELLERS.found(call)).id)


async def _lines(call: Call[Page, None]) -> Answer:
    statement: SellerStatement = await _STATEMENTS.found(call)
    after: Place = parse_cursor(call.query.cursor, tuple[date, datetime, str, int]) or FIRST
    found = await readers(call).run(
        lambda source: load_statement_lines(source, statement, after=after, most=call.query.limit + 1)
    )
    return page_of(found, call.query.limit, place_of)


async def _shares(call: Call[None, None]) -> Answer:
    order_id = await order_of(call)

    def load(source: Source) -> list[SellerShare] | None:
        order = load_orders(source.connection, source.cell, [order_id]).get(order_id)
        return None if order is None else list(shares_of(order))

    found = await readers(call).run(load)
    if found is None:
        raise order_unknown(call.path["order"])
    return page(found, None)


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_SELLERS.reading(),
    _SELLERS.creating(
        c.PutSeller, summary="Create or replace a seller", names="seller",
        refusals=("SELLER_TERMS", "CODE_NOT_ACCEPTABLE", "FIELD_REQUIRED", "CURRENCY_UNKNOWN"),
    ),
    Operation(
        name="list_seller_balances", method="GET", path="/v1/sellers/{id}/balances", right=Right.LEDGER_READ,
        summary="Read what a seller is owed", handler=_balances, capability="sellers", output=SellerBalance, page=True,
        description="By legal entity and currency: what is not stated yet, and what is stated and not paid.",
        refusals=(R.SELLER_UNKNOWN.value,),
    ),
    Operation(
        name="state_seller", method="POST", path="/v1/sellers/{id}/statements", right=Right.LEDGER_WRITE,
        summary="State what a seller is owed, now", handler=_state, capability="sellers", input=StateSellerInput,
        output=Seller,
        description="One statement for each legal entity and currency in which something is due; the worker does the same when"
        " a period is over. What the seller owes is carried over.",
        refusals=(R.SELLER_UNKNOWN.value, R.SELLER_NOT_DUE.value, R.SELLER_HELD.value),
    ),
    Operation(
        name="list_statements_of_seller", method="GET", path="/v1/sellers/{id}/statements", right=Right.LEDGER_READ,
        summary="List the statements of a seller", handler=_statements, capability="sellers", query=Page,
        output=SellerStatement, page=True, refusals=(R.SELLER_UNKNOWN.value,),
    ),
    *_STATEMENTS.reading(),
    Operation(
        name="list_seller_statement_lines", method="GET", path="/v1/seller-statements/{id}/lines",
        right=Right.LEDGER_READ, summary="List what a statement is made of, the oldest first", handler=_lines,
        capability="sellers", query=Page, output=StatementLine, page=True,
        description="What each invoice, credit and lost dispute has changed of what the seller is owed. The lines add up to the"
        " statement.",
        refusals=(R.SELLER_STATEMENT_UNKNOWN.value,),
    ),
    _STATEMENTS.acting(
        c.InstructSellerPayment, path="instructions", summary="Take a statement to be paid", names="statement",
        refusals=(R.SELLER_STATEMENT_STATE.value,),
    ),
    _STATEMENTS.acting(
        c.RecordSellerPayment, path="payments", summary="Say that a statement was paid", names="statement",
        refusals=("NOTHING_TO_DO", R.SELLER_STATEMENT_STATE.value, "FIELD_REQUIRED"),
    ),
    _STATEMENTS.acting(
        c.FailSellerPayment, path="failures", summary="Say that a payment has not gone and will not", names="statement",
        refusals=(R.SELLER_STATEMENT_STATE.value, "FIELD_REQUIRED"),
    ),
    _STATEMENTS.acting(
        c.ReturnSellerPayment, path="returns", summary="Say that a payment came back", names="statement",
        refusals=(R.SELLER_STATEMENT_STATE.value, "FIELD_REQUIRED"),
    ),
    Operation(
        name="list_seller_shares", method="GET", path="/v1/orders/{order}/seller-shares", right=Right.LEDGER_READ,
        summary="Read what of an order is its sellers'", handler=_shares, capability="sellers", output=SellerShare,
        page=True, description="Line by line, as invoiced, credited and lost in disputes so far; it is what is posted for them.",
        refusals=("ORDER_UNKNOWN",),
    ),
)  # fmt: skip
