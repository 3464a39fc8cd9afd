"""`orderline ledger receivables`: what customers owe, and for how long it has been due."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, plain

if TYPE_CHECKING:
    from orderline.core.companies.aging import AgedBalance, AgedInvoice


@click.command()
@click.option("--entity", default="main", show_default=True, help="Whose books.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="At the end of this day; today, when not given.")
@click.option("--company", help="Of this company alone, with its invoices.")
@click.option(
    "--csv", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the invoices into this file."
)
@json_option
def receivables(entity: str, on: datetime | None, company: str | None, file: Path | None, as_json: bool) -> None:
    """What customers owe on invoices, by company, currency, and how long it has been due."""
    from orderline.cli.sources import reading
    from orderline.core.companies.aging import aged_balances
    from orderline.core.ledger.posting import day_of, entity_of
    from orderline.store.reading.receivables import AgedReceivables, aged_csv, load_aged_invoices

    with reading() as source:
        day = on.date() if on is not None else day_of(entity_of(source.settings(), entity), datetime.now(UTC))
        invoices = load_aged_invoices(source, entity, day, company)
    balances = aged_balances(invoices)
    if file is not None:
        with file.open("w", encoding="utf-8", newline="") as out:
            out.writelines(aged_csv(entity, day, invoices))
        say(f"{len(invoices)} rows are in {file}.")
    if as_json:
        own = invoices if company is not None else ()
        emit(AgedReceivables(entity=entity, on=day, balances=balances, invoices=own))
        return
    if not balances:
        say("Nobody owes anything.")
        return
    table(_HEADS, [*map(_row, balances)], right=(1, 2, 3, 4, 5, 6, 7))
    if company is not None:
        say("")
        table(
            ("invoice", "order", "due", "days late", "age", "total", "open"),
            [*map(_invoice, invoices)],
            right=(3, 5, 6),
        )


_HEADS: Final = ("company", "not due", "to 30 days", "to 60", "to 90", "more", "on no invoice", "open")


def _row(each: "AgedBalance") -> tuple[str, ...]:
    figures = (
        each.not_due_minor, each.to_30_minor, each.to_60_minor, each.to_90_minor, each.over_90_minor,
        each.on_no_invoice_minor, each.open_minor,
    )  # fmt: skip
    return (each.company or "(others)", *(amount(figure, each.currency) for figure in figures))


def _invoice(each: "AgedInvoice") -> tuple[str, ...]:
    total, open_ = amount(each.total_minor, each.currency), amount(each.open_minor, each.currency)
    due = str(each.due_on) if each.due_on is not None else ""
    return each.number or "(none)", each.order_number, due, str(each.days_late or ""), plain(each.age), total, open_
