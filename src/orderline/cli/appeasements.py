"""`orderline order give` and `orderline appeasement`: money without goods coming back, what may be given, and what was."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import click

from orderline.cli import order_changes as shown
from orderline.cli.agreeing import person, yes_option
from orderline.cli.inputs import minor_of
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, plain
from orderline.cli.records import found_record, run_shown, show_record
from orderline.cli.shipping_fees import order
from orderline.core.appeasements.commands import PutBudget
from orderline.core.appeasements.state import BUDGET, REASONS, Budget, Period
from orderline.core.changes import actions as a
from orderline.core.changes.commands import ChangeOrder
from orderline.core.orders.credited import Destination
from orderline.values.ids import OrderId
from orderline.values.money import parse_minor

if TYPE_CHECKING:
    from orderline.store.database import Database

__all__ = ["appeasement", "order"]


@order.command()
@click.argument("reference")
@click.argument("why", type=click.Choice(list(REASONS)))
@click.option("--reason", required=True, help="In words, for the customer and the record.")
@click.option("--amount", "whole", help="On the order as a whole, with tax.")
@click.option("--line", "lines", multiple=True, metavar="LINE:AMOUNT", help="On a line; may be repeated.")
@click.option("--shipping", help="Of shipping.")
@click.option("--store-credit", is_flag=True, help="On the customer's account, and not back over the tenders.")
@yes_option
@json_option
def give(
    reference: str,
    why: str,
    reason: str,
    whole: str | None,
    lines: tuple[str, ...],
    shipping: str | None,
    store_credit: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Give money of the order REFERENCE for a reason without goods coming back: shown first, done when agreed to."""
    make = partial(
        _given, why=why, reason=reason, whole=whole, lines=lines, shipping=shipping, store_credit=store_credit
    )
    shown.change(reference, make, yes=yes, as_json=as_json)


@click.group()
def appeasement() -> None:
    """Money given without goods coming back: what was, and on which budgets."""


@appeasement.command()
@click.option("--days", type=click.IntRange(1, 366), default=28, show_default=True, help="How many days back.")
@click.option("--channel", "channels", multiple=True, help="Only of this channel; may be repeated.")
@json_option
def report(days: int, channels: tuple[str, ...], as_json: bool) -> None:
    """What was given, by channel, reason and who gave it."""
    from orderline.cli.sources import reading
    from orderline.store.reading.appeasements import load_appeasements

    until = datetime.now(UTC)
    with reading() as source:
        found = load_appeasements(source, until - timedelta(days=days), until, channels=channels)
    if as_json:
        emit(found)
        return
    if not found.items:
        say("Nothing was given.")
        return
    rows = [
        (
            each.channel, plain(each.reason), each.given_by, plain(each.destination), str(each.count),
            amount(each.net_minor, each.currency), amount(each.tax_minor, each.currency),
        )
        for each in found.items
    ]  # fmt: skip
    table(("channel", "reason", "by", "to", "times", "net", "tax"), rows, right=(4, 5, 6))


@appeasement.command()
@click.argument("name", metavar="BUDGET")
@json_option
def show(name: str, as_json: bool) -> None:
    """One BUDGET, such as `channel:web`, with what was spent of it."""
    found: Budget = found_record(BUDGET.name, name, code="BUDGET_UNKNOWN")
    show_record(found, as_json=as_json)


@appeasement.command()
@click.argument("name", metavar="BUDGET")
@click.argument("period", type=click.Choice([each.value for each in Period]))
@click.option(
    "--amount", "amounts", multiple=True, metavar="AMOUNT:CURRENCY", help="Such as 500.00:EUR; may be repeated."
)
@yes_option
@json_option
def budget(name: str, period: str, amounts: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Set what may be given of a BUDGET (channel:CODE, team:CODE) in each PERIOD (UTC); without amounts it only counts."""
    given: dict[str, int] = {}
    for each in amounts:
        value, _, currency = each.rpartition(":")
        given[currency] = parse_minor(value, currency)
    run_shown(PutBudget(budget=name, period=Period(period), amounts=given), yes=yes, as_json=as_json)


def _given(
    database: "Database",
    id_: OrderId,
    *,
    why: str,
    reason: str,
    whole: str | None,
    lines: tuple[str, ...],
    shipping: str | None,
    store_credit: bool,
) -> ChangeOrder:
    from orderline.engine.giving import giving_for
    from orderline.store.working import read_orders

    of = read_orders(database, [id_])[id_]
    on_lines: list[a.AppeasedLine] = []
    for each in lines:
        number, _, value = each.partition(":")
        if not (number.isascii() and number.isdecimal() and len(number) < 10):
            raise click.BadParameter(f"{each!r} is no line with an amount.", param_hint="'--line'")
        on_lines.append(a.AppeasedLine(line=int(number), amount_minor=minor_of(value, of, "--line")))
    action = a.Appease(
        why=why,
        amount_minor=minor_of(whole, of, "--amount") if whole is not None else 0,
        lines=tuple(on_lines),
        shipping_minor=minor_of(shipping, of, "--shipping") if shipping is not None else 0,
        destination=Destination.STORE_CREDIT if store_credit else Destination.TENDERS,
    )
    giving = giving_for(database, id_, None, person().name)
    return ChangeOrder(order=id_, reason=reason, actions=(action,), giving=giving)
