"""`orderline return list`, `show` and `quote`: where returns stand, and what one would give."""

from datetime import UTC, datetime
from typing import Final

import click

from orderline.cli.agreeing import person
from orderline.cli.money_words import told_custody, told_money, told_return, told_waiting
from orderline.cli.orders import one_order, shown_order
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, instant, plain
from orderline.cli.ports import installation
from orderline.cli.return_inputs import asked_lines, exchange_of
from orderline.core.orders.credited import Destination
from orderline.core.returns import commands as c
from orderline.core.returns.standing import waiting_items
from orderline.core.returns.state import Custody, ReturnMoney
from orderline.core.returns.steps import known_return

MOST: Final = 1_000
reference_argument = click.argument("reference", metavar="ORDER")
number_argument = click.argument("number", metavar="RETURN", type=click.IntRange(1))
items_option = click.option(
    "--item", "items", multiple=True, type=click.IntRange(1), help="Only this item; may be repeated."
)
instead_option = click.option(
    "--instead", multiple=True, metavar="SKU:UNITS[:PRICE]",
    help="What is sent in exchange; without a price (of one unit, in minor units) it costs what it is sent for; may be repeated.",
)  # fmt: skip


@click.command("list")
@click.option(
    "--custody", multiple=True, type=click.Choice([each.value for each in Custody]), help="Only there; may be repeated."
)
@click.option(
    "--money", multiple=True, type=click.Choice([each.value for each in ReturnMoney]), help="Only so; may be repeated."
)
@click.option("--location", "locations", multiple=True, help="Only goods that are, or go, there; may be repeated.")
@click.option("--channel", "channels", multiple=True, help="Only of this channel; may be repeated.")
@click.option("--tracking-number", default="", help="Only of this parcel.")
@json_option
def list_returns(
    custody: tuple[Custody, ...],
    money: tuple[ReturnMoney, ...],
    locations: tuple[str, ...],
    channels: tuple[str, ...],
    tracking_number: str,
    as_json: bool,
) -> None:
    """Items of returns, the one that has waited longest first."""
    from orderline.cli.sources import reading
    from orderline.store.reading.returns import ReturnFilter, load_return_items

    filter_ = ReturnFilter(
        custody=tuple(map(Custody, custody)), money=tuple(map(ReturnMoney, money)), tracking_number=tracking_number,
        locations=locations, channels=channels,
    )  # fmt: skip
    with reading() as source:
        found = load_return_items(source, filter_, most=MOST)
    if as_json:
        emit(found)
        return
    if not found:
        say("There is no such item of a return.")
        return
    columns = ("order", "return", "item", "sku", "units", "reason", "custody", "money", "concern", "location", "since")
    rows = [
        (
            e.order_number, e.number, e.item, e.sku, e.quantity, plain(e.reason), plain(e.custody), plain(e.money), plain(e.concern),
            e.location, instant(e.moved_at),
        )
        for e in found
    ]  # fmt: skip
    table(columns, rows, right=(1, 2, 4))


@click.command()
@reference_argument
@click.argument("number", metavar="[RETURN]", type=click.IntRange(1), required=False)
@json_option
def show(reference: str, number: int | None, as_json: bool) -> None:
    """The returns of ORDER, or one of them: where the goods are, what was decided of the money, what it waits for."""
    with installation().database() as database:
        order = shown_order(database, one_order(database, reference)).order
    found = (known_return(order, number),) if number else order.returns
    if as_json:
        emit(found)
        return
    if not found:
        say(f"Nothing of {order.number} was sent back.")
    waits = {(each.returned.number, each.item.item): each for each in waiting_items(order)}
    for each in found:
        say(f"return {each.number} of {order.number}: {told_return(each)}")
        rows = [
            (
                item.item, order.lines[item.line - 1].sku, item.quantity, plain(item.reason), told_custody(item),
                told_money(item), told_waiting(waits.get((each.number, item.item))),
            )
            for item in each.items
        ]  # fmt: skip
        table(("item", "sku", "units", "reason", "custody", "money", "waits for"), rows, right=(0, 2))


@click.command()
@reference_argument
@click.option("--line", "lines", multiple=True, required=True, metavar="LINE:UNITS:REASON", help="May be repeated.")
@click.option("--store-credit", is_flag=True, help="As store credit, not over the tenders.")
@instead_option
@json_option
def quote(reference: str, lines: tuple[str, ...], store_credit: bool, instead: tuple[str, ...], as_json: bool) -> None:
    """What a return of units of ORDER would give, on which terms; nothing is kept."""
    from orderline.engine.returning import quote_return

    with installation().database() as database:
        command = c.RequestReturn(
            order=one_order(database, reference), lines=asked_lines(lines), destination=destination_of(store_credit),
            exchange=exchange_of(instead),
        )  # fmt: skip
        found = quote_return(database, command, person(), datetime.now(UTC))
    if as_json:
        emit(found)
        return
    for item in found.opened.items:
        terms = item.terms
        right = ", by law" if terms.statutory else ""
        keep = ", need not come back" if terms.keep else ""
        say(
            f"  {item.quantity} of line {item.line}: {plain(item.custody)}, money when {plain(terms.refund_at)}{right}{keep}"
        )
    for fee in found.credit.fees:
        say(f"  less {plain(fee.kind)}: {amount(fee.total_minor, found.currency)}")
    if found.instead_minor:
        more = found.balance_minor
        how = "to be paid" if more > 0 else "given back"
        say(
            f"  sent in exchange: {amount(found.instead_minor, found.currency)}; {how} {amount(abs(more), found.currency)}"
        )
    click.echo(amount(found.credit.total_minor, found.currency))


def destination_of(store_credit: bool) -> Destination:
    return Destination.STORE_CREDIT if store_credit else Destination.TENDERS
