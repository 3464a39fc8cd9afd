"""`orderline company` and `orderline contract`: businesses that buy, what they owe, and what is bought again and again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.inputs import DAY
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, instant, plain
from orderline.cli.ports import installation
from orderline.cli.record_lists import MOST, RecordList, add_list
from orderline.cli.records import found_record, run_shown, show_record
from orderline.core.companies.state import COMPANY, Company, CompanyState
from orderline.core.companies.statements import Statement, statement_paper
from orderline.core.contracts import commands as c
from orderline.core.contracts.state import CONTRACT, Contract, ContractState


@click.group()
def company() -> None:
    """Businesses that buy: list, show, owes, orders, statement."""


def _company(each: Company) -> tuple[str, ...]:
    terms = f"{each.terms.net_days} days", _limit(each.terms.credit_limit_minor, each.terms.currency)
    return each.id, each.name, *terms, str(len(each.locations)), str(len(each.buyers)), plain(each.state)


add_list(company, RecordList(
    COMPANY.name, "Companies with their terms.",
    ("company", "name", "pays within", "credit limit", "locations", "buyers", "stands as"), _company,
    right=(2, 3, 4, 5), states=CompanyState,
))  # fmt: skip


@company.command()
@click.argument("company")
@json_option
def show(company: str, as_json: bool) -> None:
    """A company with its terms, locations and buyers."""
    show_record(_found(company), as_json=as_json)


@company.command()
@click.argument("company")
@json_option
def owes(company: str, as_json: bool) -> None:
    """What a COMPANY owes and will owe, beside what it may."""
    from orderline.cli.sources import reading
    from orderline.store.reading.companies import load_exposure

    known = _found(company)
    terms = known.terms
    with reading() as source:
        owed = load_exposure(source, known.id)
    if as_json:
        emit({"company": known.id, "currency": terms.currency, "owed": owed, "limit_minor": terms.credit_limit_minor})
        return
    rows = [
        ("invoiced and not paid", owed.receivable_minor),
        ("supplied and not invoiced", owed.shipped_minor),
        ("allocated and not shipped", owed.allocated_minor),
        ("ordered and nowhere yet", owed.waiting_minor),
        ("paid ahead", -owed.deposits_minor),
        ("secured by other means", -owed.secured_minor),
        ("together", owed.exposure_minor),
    ]
    table(("what", terms.currency), [(what, amount(minor, terms.currency)) for what, minor in rows], right=(1,))
    say(f"The limit is {_limit(terms.credit_limit_minor, terms.currency)}; {owed.orders_held} orders are held for it.")


@company.command()
@click.argument("company")
@click.option("--open", "is_open", is_flag=True, help="Only those that count against the limit.")
@click.option("--held", is_flag=True, help="Only those that are held for the limit.")
@json_option
def orders(company: str, is_open: bool, held: bool, as_json: bool) -> None:
    """Orders of a COMPANY, by the numbers it has given them, and what each counts against its limit."""
    from orderline.cli.sources import reading
    from orderline.store.reading.companies import load_company_orders

    known = _found(company)
    with reading() as source:
        found = load_company_orders(
            source, company=known.id, is_open=is_open or None, held=held or None, most=MOST
        )  # fmt: skip
    if as_json:
        emit(found)
        return
    if not found:
        say("There is no such order.")
        return
    rows = [
        (
            e.order_number,
            e.po_number,
            instant(e.placed_at),
            amount(e.exposure_minor, e.currency),
            "yes" if e.held else "",
        )
        for e in found
    ]
    table(("order", "their number", "placed", "counts", "held"), rows, right=(3,))


@company.command()
@click.argument("company")
@click.option("--since", type=DAY, help="The first day (UTC); without it, 30 days before the last.")
@click.option("--until", type=DAY, help="The last day (UTC), included; without it, today.")
@click.option("--pdf", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write it to a PDF file.")
@json_option
def statement(company: str, since: datetime | None, until: datetime | None, pdf: Path | None, as_json: bool) -> None:
    """What a COMPANY owed, was invoiced and has paid, day by day, and which invoices are open and late."""
    from orderline.cli.sources import reading
    from orderline.store.reading.companies import load_statement

    known = _found(company)
    today = datetime.now(UTC).date()
    last = until.date() if until is not None else today
    first = since.date() if since is not None else last - timedelta(days=30)
    if first > last:
        raise click.BadParameter(f"{first} is after {last}, the last day.", param_hint="--since")
    with reading() as source:
        told = load_statement(source, known, first, last, today)
    if pdf is not None:
        pdf.write_bytes(installation().print_paper(statement_paper(told, known)))
        say(f"Written to {pdf}.")
    if as_json:
        emit(told)
    elif pdf is None:
        _draw_statement(told)


def _draw_statement(told: Statement) -> None:
    currency = told.currency
    rows = [(str(told.since), "", "owed before", "", amount(told.opening_minor, currency))]
    rows += [
        (str(e.day), e.order_number, plain(e.cause), e.document, amount(e.amount_minor, currency)) for e in told.lines
    ]
    rows.append((str(told.until), "", "owed then", "", amount(told.closing_minor, currency)))
    table(("day", "order", "what", "document", currency), rows, right=(4,))
    if told.open:
        say("Open today:")
        due = [
            (e.number, str(e.due_on), f"{e.days_late} days" if e.days_late else "", amount(e.open_minor, currency))
            for e in told.open
        ]
        table(("invoice", "due", "late", currency), due, right=(2, 3))
    say(f"Open today {amount(told.open_minor, currency)}, late {amount(told.late_minor, currency)}.")


@click.group()
def contract() -> None:
    """What is bought again and again: list, show, skip, pause, resume, end."""


def _contract(each: Contract) -> tuple[str, ...]:
    return (
        each.id,
        f"every {each.every} {plain(each.unit)}",
        str(each.renewal),
        instant(each.next_at),
        plain(each.state),
    )


add_list(contract, RecordList(
    CONTRACT.name, "Contracts with when they buy next.", ("contract", "buys", "next is number", "on", "stands as"),
    _contract, right=(2,), states=ContractState,
))  # fmt: skip


@contract.command("show")
@click.argument("contract")
@json_option
def show_contract(contract: str, as_json: bool) -> None:
    """A contract with what it buys, when, and what came of it last."""
    show_record(found_record(CONTRACT.name, contract, code="CONTRACT_UNKNOWN"), as_json=as_json)


@contract.command()
@click.argument("contract")
@click.option("--renewals", type=click.IntRange(min=1), default=1, show_default=True, help="How many are left out.")
@yes_option
@json_option
def skip(contract: str, renewals: int, yes: bool, as_json: bool) -> None:
    """Leave out the next renewals of a CONTRACT."""
    run_shown(c.SkipRenewal(contract=contract, renewals=renewals), yes=yes, as_json=as_json)


@contract.command()
@click.argument("contract")
@click.option("--reason", default="", help="Why.")
@yes_option
@json_option
def pause(contract: str, reason: str, yes: bool, as_json: bool) -> None:
    """Buy nothing by a CONTRACT until it is resumed."""
    run_shown(c.PauseContract(contract=contract, reason=reason), yes=yes, as_json=as_json)


@contract.command()
@click.argument("contract")
@yes_option
@json_option
def resume(contract: str, yes: bool, as_json: bool) -> None:
    """Buy by a CONTRACT again; a renewal that could not be placed is tried at once."""
    run_shown(c.ResumeContract(contract=contract), yes=yes, as_json=as_json)


@contract.command()
@click.argument("contract")
@click.option("--reason", required=True, help="Why.")
@yes_option
@json_option
def end(contract: str, reason: str, yes: bool, as_json: bool) -> None:
    """Buy nothing by a CONTRACT any more; orders that were placed go on."""
    run_shown(c.EndContract(contract=contract, reason=reason), yes=yes, as_json=as_json)


def _found(company: str) -> Company:
    return found_record(COMPANY.name, company, code="COMPANY_UNKNOWN")


def _limit(limit_minor: int | None, currency: str) -> str:
    return "none" if limit_minor is None else amount(limit_minor, currency)
