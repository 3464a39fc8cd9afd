"""`orderline return assess`, `answer-quote`, `repaired`, `replace`: goods that customers send to be repaired."""

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.inputs import whole_of
from orderline.cli.order_changes import change
from orderline.cli.output import json_option
from orderline.cli.return_inputs import exchange_of, one_of, parts_of
from orderline.cli.returns_shown import instead_option, items_option, number_argument, reference_argument
from orderline.core.orders.commands import TenderInput
from orderline.core.returns import repair_commands as rc


@click.command()
@reference_argument
@number_argument
@click.option("--item", "items", multiple=True, required=True, metavar="ITEM:UNITS:FINDING", help="May be repeated.")
@click.option("--sku", default="", help="The service that the repair is sold as, where it costs something.")
@click.option("--price", type=click.IntRange(0), default=0, help="What it costs for each item, in minor units.")
@click.option("--not-covered", is_flag=True, help="Whatever the date, the warranty does not cover it.")
@click.option("--note", default="", help="What was found.")
@yes_option
@json_option
def assess(
    reference: str,
    number: int,
    items: tuple[str, ...],
    sku: str,
    price: int,
    not_covered: bool,
    note: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Goods of RETURN that are to be repaired were looked at. FINDING is repairable, unrepairable or refused."""
    found: list[rc.AssessedInput] = []
    for text in items:
        item, units, finding = parts_of(text, "--item", 3, 3)
        found.append(
            rc.AssessedInput(
                item=whole_of(item, "--item"), quantity=whole_of(units, "--item"),
                finding=one_of(rc.Finding, finding, "--item"), covered=False if not_covered else None, sku=sku,
                price_minor=price, note=note,
            )
        )  # fmt: skip
    change(
        reference, lambda _, id_: rc.AssessReturn(order=id_, number=number, assessed=tuple(found)), yes=yes,
        as_json=as_json,
    )  # fmt: skip


@click.command("answer-quote")
@reference_argument
@number_argument
@items_option
@click.option("--accept/--decline", required=True, help="What the customer says to the price.")
@click.option("--reason", required=True, help="Who said so, and how; or why not.")
@click.option("--tender", "tenders", multiple=True, metavar="PROVIDER:AMOUNT[:TOKEN]", help="What it is paid with.")
@yes_option
@json_option
def answer_quote(
    reference: str,
    number: int,
    items: tuple[int, ...],
    accept: bool,
    reason: str,
    tenders: tuple[str, ...],
    yes: bool,
    as_json: bool,
) -> None:
    """The customer's answer to the price of a repair of RETURN."""
    paid: list[TenderInput] = []
    for text in tenders:
        provider, amount, *token = parts_of(text, "--tender", 2, 3)
        paid.append(
            TenderInput(
                provider=provider, amount_minor=whole_of(amount, "--tender"), token=token[0] if token else "",
                state="requested",
            )
        )  # fmt: skip
    change(
        reference,
        lambda _, id_: rc.AnswerRepairQuote(
            order=id_, number=number, items=items, accept=accept, reason=reason, tenders=tuple(paid)
        ),
        yes=yes,
        as_json=as_json,
    )


@click.command()
@reference_argument
@number_argument
@items_option
@click.option("--failed", is_flag=True, help="It can't be repaired after all, and costs nothing.")
@click.option("--note", default="", help="What was done.")
@yes_option
@json_option
def repaired(
    reference: str, number: int, items: tuple[int, ...], failed: bool, note: str, yes: bool, as_json: bool
) -> None:
    """The repair of goods of RETURN is over."""
    change(
        reference,
        lambda _, id_: rc.FinishRepair(order=id_, number=number, items=items, repaired=not failed, note=note),
        yes=yes,
        as_json=as_json,
    )


@click.command()
@reference_argument
@number_argument
@items_option
@instead_option
@click.option("--reason", required=True, help="Why, for the customer and the record.")
@yes_option
@json_option
def replace(
    reference: str,
    number: int,
    items: tuple[int, ...],
    instead: tuple[str, ...],
    reason: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Send something else for goods of RETURN that can't be repaired; these are ours then."""
    exchange = exchange_of(instead)
    if exchange is None:
        raise click.UsageError("Say what is sent instead (--instead).")
    change(
        reference,
        lambda _, id_: rc.ReplaceReturn(order=id_, number=number, items=items, lines=exchange.lines, reason=reason),
        yes=yes,
        as_json=as_json,
    )
