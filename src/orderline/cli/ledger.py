"""`orderline ledger`: what stands on the accounts, and the entries behind each figure."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from orderline.cli.inputs import DAY
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, instant, plain
from orderline.cli.ports import Failure, installation
from orderline.cli.receivables import receivables
from orderline.cli.reconciling import reconcile
from orderline.cli.write_offs import write_off

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orderline.core.ledger.revaluing import Revaluation
    from orderline.core.ledger.state import LedgerEntry
    from orderline.store.reading.ledger import AccountBalance, TrialBalance

MOST: Final = 1_000
_entity = click.option("--entity", default="main", show_default=True, help="Whose books; main:test for test orders.")
_since = click.option("--since", type=DAY, help="From this day on.")
_until = click.option("--until", type=DAY, help="Until this day, included.")


@click.group()
def ledger() -> None:
    """The books: balance, account, order, rates, receivables, reconcile, write-off, close, revaluation, periods, export."""


ledger.add_command(reconcile)
ledger.add_command(receivables)
ledger.add_command(write_off)


@ledger.command()
@_entity
@_since
@_until
@json_option
def balance(entity: str, since: datetime | None, until: datetime | None, as_json: bool) -> None:
    """The trial balance: what stands on each account. Every currency sums to nought."""
    from orderline.cli.sources import reading
    from orderline.store.reading.ledger import load_trial_balance

    with reading() as source:
        found = load_trial_balance(source, entity, since=_day(since), until=_day(until))
    if as_json:
        emit(found)
        return
    print_balance(found)


@ledger.command()
@click.argument("account")
@_entity
@click.option("--sub", help="Under this sub-account alone, such as a provider.")
@_since
@_until
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, MOST), help="So many entries at most.")
@json_option
def account(
    account: str,
    entity: str,
    sub: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """The entries of an ACCOUNT, the oldest first, each with the fact behind it."""
    from orderline.cli.sources import reading
    from orderline.core.ledger.state import Account
    from orderline.store.reading.ledger import load_account

    if account not in set(Account):
        raise Failure(f"There is no account {account!r}.", f"There are: {', '.join(Account)}.", code="ACCOUNT_UNKNOWN")
    with reading() as source:
        found = load_account(source, entity, account, sub=sub, since=_day(since), until=_day(until), most=limit)
    if as_json:
        emit({"items": found})
        return
    _entries(found)
    if len(found) == limit:
        say("There may be more: --limit shows them.")


@ledger.command()
@click.argument("order")
@json_option
def order(order: str, as_json: bool) -> None:
    """The account statement of an ORDER: all that was posted of it, and what stands on each account."""
    from orderline.cli.orders import one_order
    from orderline.cli.sources import reading
    from orderline.store.reading.ledger import load_order_ledger

    with installation().database() as database:
        order_id = one_order(database, order)
        with reading(database) as source:
            found = load_order_ledger(source, str(order_id))
    if as_json:
        emit(found)
        return
    if not found.entries:
        say("Nothing was posted of it: no money has moved.")
        return
    _entries(found.entries)
    say("")
    table(_HEADS, [*map(_row, found.balances)], right=(1, 2, 3, 4, 5))


@ledger.command()
@click.argument("currency", required=False)
@click.argument("base", required=False)
@click.argument("rate", required=False)
@click.option("--day", type=DAY, help="From this day on; today, when not given.")
@json_option
def rates(currency: str | None, base: str | None, rate: str | None, day: datetime | None, as_json: bool) -> None:
    """What currencies are worth: list them, or say that one unit of CURRENCY is worth RATE of BASE."""
    from datetime import UTC

    from orderline.cli.agreeing import person
    from orderline.cli.sources import reading
    from orderline.core.entities.commands import PutRates
    from orderline.core.entities.state import DayRate

    if currency is not None:
        if base is None or rate is None:
            raise click.UsageError("Give CURRENCY, BASE and RATE, or nothing to list them.")
        since = day.date() if day is not None else datetime.now(UTC).date()
        here = installation()
        with here.database() as database, here.engine(database) as engine:
            engine.run(PutRates(currency=currency, base=base, days=(DayRate(since, rate),)), actor=person())
    with reading() as source:
        found = [each for _, each in sorted(source.settings().rates.items())]
    if as_json:
        emit({"items": found})
        return
    table(("pair", "from", "rate"), [(each.code, each.days[-1].day, each.days[-1].rate) for each in found], right=(2,))


@ledger.command()
@click.argument("month")
@_entity
@click.option(
    "--revalue/--no-revalue", default=True, help="Put open positions in foreign currencies at the last rates."
)
@json_option
def close(month: str, entity: str, revalue: bool, as_json: bool) -> None:
    """Close a MONTH such as 2026-10 when it is over; nothing is posted into it any more."""
    from orderline.cli.agreeing import person
    from orderline.cli.sources import reading
    from orderline.core.ledger.periods import ClosePeriod, Period, last_day
    from orderline.store.loading import decode_record
    from orderline.store.reading.ledger import balances_at, load_trial_balance

    here = installation()
    with here.database() as database, here.engine(database) as engine:
        with reading(database) as source:
            found = load_trial_balance(source, entity, until=last_day(month))
        command = ClosePeriod(entity=entity, month=month, accounts=balances_at(found), revalue=revalue)
        period: Period = decode_record("period", engine.run(command, actor=person()))
    if as_json:
        emit(found)
        return
    say(f"{month} of {entity} is closed.")
    if period.revalued:
        _revalued(period.revalued)


@ledger.command()
@click.argument("month")
@_entity
@json_option
def revaluation(month: str, entity: str, as_json: bool) -> None:
    """What is open in foreign currencies at the end of a MONTH, at its rates: as it was posted, or as closing it would post it."""
    from orderline.cli.sources import reading
    from orderline.store.reading.ledger import load_revaluation

    with reading() as source:
        found = load_revaluation(source, entity, month)
    if as_json:
        emit(found)
        return
    if not found.positions:
        say(f"Nothing in a foreign currency is open in the books of {entity}.")
        return
    _revalued(found.positions)
    say("It is posted, and taken back on the next day." if found.closed else "Closing the month posts it.")


def _revalued(found: "Sequence[Revaluation]") -> None:
    rows = [
        (
            e.account, amount(e.amount_minor, e.currency), amount(e.base_minor, e.base), e.rate or "no rate",
            amount(e.worth_minor, e.base), amount(e.difference_minor, e.base),
        )
        for e in found
    ]  # fmt: skip
    table(("account", "open", "in the books", "rate", "worth", "difference"), rows, right=(1, 2, 3, 4, 5))


@ledger.command()
@json_option
def periods(as_json: bool) -> None:
    """The periods that are closed."""
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_records

    with reading() as source:
        found = load_records(source, "period", most=MOST)
    if as_json:
        emit({"items": found})
        return
    table(("entity", "month", "closed", "by"), [(e.entity, e.month, instant(e.closed_at), e.closed_by) for e in found])


@ledger.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_entity
@click.option("--since", type=DAY, required=True, help="From this day on.")
@click.option("--until", type=DAY, required=True, help="Until this day, included.")
def export(file: Path, entity: str, since: datetime, until: datetime) -> None:
    """Write the journal of some days as CSV into FILE, by the chart of accounts that holds."""
    from datetime import UTC

    from orderline.cli.sources import reading
    from orderline.core.ledger.periods import is_real
    from orderline.store.reading.journals import journal_csv, load_chart

    with reading() as source:
        chart = load_chart(source, entity, datetime.now(UTC)) if is_real(entity) else None
        if chart is None:
            raise Failure(
                f"No chart of accounts holds for {entity}.",
                "Put a policy of the kind `chart` and activate it; the books of test orders are not exported.",
                code="CHART_UNKNOWN",
            )
        with file.open("w", encoding="utf-8", newline="") as out:
            for part in journal_csv(source, chart, entity, since.date(), until.date()):
                out.write(part)
    say(f"{file} has the journal of {entity}, {since:%Y-%m-%d} to {until:%Y-%m-%d}.")


def print_balance(found: "TrialBalance") -> None:
    """A row per account, and a sum per currency."""
    if not found.accounts:
        say(f"Nothing was posted in the books of {found.entity}.")
        return
    table(_HEADS, [*map(_row, found.accounts)], right=(1, 2, 3, 4, 5))
    for each in found.sums:
        even = "even" if not each.balance_minor and not each.base_minor else "NOT EVEN: run `orderline verify`"
        debit, credit = amount(each.debit_minor, each.currency), amount(each.credit_minor, each.currency)
        say(f"{each.currency}: {debit} debit, {credit} credit, {even}.")


_HEADS: Final = ("account", "debit", "credit", "balance", "in the books", "entries")


def _row(each: "AccountBalance") -> tuple[str, ...]:
    name = f"{each.account}/{each.sub}" if each.sub else each.account
    worth = amount(each.base_minor, each.base) if each.base and each.base != each.currency else ""
    figures = (each.debit_minor, each.credit_minor, each.balance_minor)
    return (name, *(amount(figure, each.currency) for figure in figures), worth, str(each.entries))


def _entries(found: "Sequence[LedgerEntry]") -> None:
    rows = [
        (
            str(each.day), instant(each.recorded_at), f"{each.account}/{each.sub}".rstrip("/"),
            amount(each.amount_minor, each.currency), plain(each.cause), each.document,
            f"{each.source_kind} {each.source} entry {each.seq}",
        )
        for each in found
    ]  # fmt: skip
    table(("day", "recorded", "account", "amount", "cause", "document", "fact"), rows, right=(3,))


def _day(at: datetime | None) -> date | None:
    return at.date() if at is not None else None
