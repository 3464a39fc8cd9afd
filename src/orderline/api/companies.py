"""Companies: who they are, where to and on what terms they buy, what they owe, and the money that comes from them."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from orderline.api.actions import command_of, input_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.papers.parcels import PDF, print_paper
from orderline.api.reading.paging import Page, Text, page, page_of, parse_cursor, readers
from orderline.api.records import Records
from orderline.api.scoping import check_unlimited
from orderline.core.companies import commands as c
from orderline.core.companies.refusals import CompanyRefusal as R
from orderline.core.companies.state import COMPANY, Company, CompanyState
from orderline.core.companies.statements import Statement, statement_paper
from orderline.core.records import RecordCommand
from orderline.store.reading.companies import (
    CompanyOrder,
    OwedByCompany,
    load_company_orders,
    load_exposure,
    load_statement,
)
from orderline.values.failures import Refused
from orderline.values.time import usable_day

_COMPANIES: Final = Records(
    kind=COMPANY,
    one="company",
    many="companies",
    capability="companies",
    read=Right.ORDERS_READ,
    write=Right.SETTINGS_WRITE,
    unknown=R.COMPANY_UNKNOWN,
    states=CompanyState,
    for_all=True,
    of_all=True,
)
_Code = Annotated[str, msgspec.Meta(max_length=200)]


class CompanyOrdersQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """open: something of it counts against the limit, or nothing. held: it is held for the limit, or not."""

    company: Text = ""
    po_number: Text = ""
    open: bool | None = None
    held: bool | None = None


class CompanyExposure(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a company owes, beside what it may. available_minor: what is left of the limit; None: there is no limit."""

    company: str
    currency: str
    owed: OwedByCompany
    limit_minor: int | None = None
    available_minor: int | None = None


async def _orders(call: Call[CompanyOrdersQuery, None]) -> Answer:
    query = call.query
    if call.key.channels or call.key.locations:
        return page([], None)  # orders of companies are of all channels
    after = parse_cursor(query.cursor, tuple[datetime, UUID])
    found = await readers(call).run(
        lambda source: load_company_orders(
            source, company=query.company, po_number=query.po_number, is_open=query.open, held=query.held, after=after,
            most=query.limit + 1,
        )
    )  # fmt: skip
    return page_of(found, query.limit, lambda row: (row.placed_at, row.order))


async def _exposure(call: Call[None, None]) -> Answer:
    company: Company = await _COMPANIES.found(call)
    owed = await readers(call).run(lambda source: load_exposure(source, company.id))
    limit = company.terms.credit_limit_minor
    available = None if limit is None else limit - owed.exposure_minor
    return Answer(CompanyExposure(company.id, company.terms.currency, owed, limit, available))


class StatementQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """since, until: days, both included; the last 31 days, when not given."""

    since: date | None = None
    until: date | None = None


async def _load_statement(call: Call[StatementQuery, None]) -> tuple[Statement, Company]:
    company: Company = await _COMPANIES.found(call)
    today = datetime.now(UTC).date()
    until = usable_day(call.query.until or today, field="until")
    since = usable_day(call.query.since or until - timedelta(days=30), field="since")
    if since > until:
        raise Refused(R.COMPANY_NOT_ACCEPTABLE, field="since", value=str(since), allowed=f"until {until}")
    return await readers(call).run(lambda source: load_statement(source, company, since, until, today)), company


async def _statement(call: Call[StatementQuery, None]) -> Answer:
    statement, _ = await _load_statement(call)
    return Answer(statement)


async def _print_statement(call: Call[StatementQuery, None]) -> Answer:
    statement, company = await _load_statement(call)
    return await print_paper(call, lambda source: statement_paper(statement, company))


def _part(
    name: str, path: str, command: type[RecordCommand], part: str, method: str, summary: str, *refusals: str
) -> Operation:
    async def handle(call: Call[None, Any]) -> Answer:
        check_unlimited(call)
        return await decide(call, command_of(command, call.input, company=call.path["id"], **{part: call.path[part]}))

    title = "".join(each.capitalize() for each in name.split("_"))
    return Operation(
        name=name, method=method, path=f"/v1/companies/{{id}}/{path}/{{{part}}}", right=Right.SETTINGS_WRITE,
        summary=summary, description=" ".join((command.__doc__ or "").split()), handler=handle, capability="companies",
        input=input_of(command, f"{title}Input", without=("company", part)), output=Company,
        refusals=("COMPANY_UNKNOWN", *refusals),
    )  # fmt: skip


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_COMPANIES.reading(),
    _COMPANIES.creating(
        c.PutCompany, summary="Create or replace a company", names="company",
        refusals=("COMPANY_NOT_ACCEPTABLE", "COMPANY_CHANGES_CURRENCY", "CODE_NOT_ACCEPTABLE", "ENTITY_UNKNOWN",
                  "ENDPOINT_NOT_ACCEPTABLE"),
    ),
    _part("put_company_location", "locations", c.PutCompanyLocation, "location", "PUT", "Put a location of a company",
          "COMPANY_NOT_ACCEPTABLE", "COUNTRY_UNKNOWN"),
    _part("remove_company_location", "locations", c.RemoveCompanyLocation, "location", "DELETE",
          "Remove a location of a company", "COMPANY_LOCATION_UNKNOWN"),
    _part("put_buyer", "buyers", c.PutBuyer, "buyer", "PUT", "Put a buyer of a company", "COMPANY_NOT_ACCEPTABLE",
          "COMPANY_LOCATION_UNKNOWN"),
    _part("remove_buyer", "buyers", c.RemoveBuyer, "buyer", "DELETE", "Remove a buyer of a company", "BUYER_UNKNOWN"),
    Operation(
        name="read_company_exposure", method="GET", path="/v1/companies/{id}/exposure", right=Right.ORDERS_READ,
        summary="Read what a company owes and will owe", handler=_exposure, capability="companies",
        output=CompanyExposure, refusals=("COMPANY_UNKNOWN",),
    ),
    Operation(
        name="read_statement", method="GET", path="/v1/companies/{id}/statement", right=Right.LEDGER_READ,
        summary="Read the statement of a company", handler=_statement, capability="companies",
        description="What it owed, what was invoiced, paid and credited since, and which invoices are open and late.",
        query=StatementQuery, output=Statement,
        refusals=("COMPANY_UNKNOWN", "COMPANY_NOT_ACCEPTABLE", "TIME_OUT_OF_RANGE"),
    ),
    Operation(
        name="print_statement", method="GET", path="/v1/companies/{id}/statement/paper", right=Right.LEDGER_READ,
        summary="Print the statement of a company", handler=_print_statement, capability="companies",
        query=StatementQuery, output=PDF,
        refusals=("COMPANY_UNKNOWN", "COMPANY_NOT_ACCEPTABLE", "TIME_OUT_OF_RANGE"),
    ),
    Operation(
        name="list_company_orders", method="GET", path="/v1/company-orders", right=Right.ORDERS_READ,
        summary="List orders of companies, by their own numbers", handler=_orders, capability="companies",
        description="By the company, by the purchase order number it has given, or both ways round.",
        query=CompanyOrdersQuery, output=CompanyOrder, page=True,
    ),
)  # fmt: skip
