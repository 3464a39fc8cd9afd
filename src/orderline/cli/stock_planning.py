"""`orderline stock reallocate`: what would be best done with stock, shown first, done when somebody agrees."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from orderline.cli.agreeing import agreed, document, person, yes_option
from orderline.cli.orders import one_order
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.ports import Failure, installation
from orderline.cli.stock_changes import stock
from orderline.cli.words import count, instant
from orderline.values.ids import new_id

if TYPE_CHECKING:
    from orderline.core.reallocations.state import Reallocation

__all__ = ["stock"]


@stock.command()
@click.argument("reference", metavar="ORDER")
@click.argument("line", type=click.IntRange(1))
@click.argument("quantity", type=click.IntRange(1))
@click.option("--name", default="", help="What it is to be known by; an id, when not given.")
@click.option("--reason", default="", help="Why, for the record of both sides.")
@yes_option
@json_option
def reallocate(reference: str, line: int, quantity: int, name: str, reason: str, yes: bool, as_json: bool) -> None:
    """Give LINE of ORDER so many units of other orders, by the rules of who may take from whom."""
    from orderline.core.reallocations.commands import Reallocate, TakeInput
    from orderline.core.reallocations.state import Reallocation
    from orderline.engine.previewing import preview_record
    from orderline.store.reading.reallocations import load_shares
    from orderline.store.reading.source import Source

    now = datetime.now(UTC)
    with installation().database() as database:
        order = one_order(database, reference)
        with database.connection() as connection:
            sku, shares = load_shares(Source(connection, database.cell), order, line, quantity, now)
        if not shares:
            raise Failure("No rule lets the order take from anybody who has units.", code="TAKING_NOT_ALLOWED")
        takes = tuple(TakeInput(each.order, each.line, each.quantity) for each in shares)
        command = Reallocate(
            reallocation=name or str(new_id()), sku=sku, order=order, line=line, takes=takes, reason=reason
        )
        told = preview_record(database, command, person(), now)
        assert isinstance(told, Reallocation)
        if not as_json:
            _draw(told, quantity)
        done = agreed(yes, as_json=as_json)
        if done:
            with installation().engine(database) as engine:
                engine.run(command, actor=person())
    if as_json:
        emit(document(told, applied=done))
    elif done:
        say(f"Done: reallocation {told.id}.")


def _draw(told: "Reallocation", wanted: int) -> None:
    short = f"; {count(wanted - told.quantity, 'unit')} more nobody may be asked for" if told.quantity < wanted else ""
    say(f"{told.number} (class {told.taker}) is given {count(told.quantity, 'unit')} of {told.sku}{short}:")
    rows = [
        (
            each.number,
            each.line,
            each.of,
            each.quantity,
            instant(each.promised_before) if each.promised_before is not None else "-",
            instant(each.promised_at) if each.promised_at is not None else "-",
            ", ".join(
                [
                    *([f"{each.restocked} by other stock"] if each.restocked else []),
                    *(f"{units} by {supply}" for supply, units in each.supplies),
                    *([f"{each.waiting} by nothing"] if each.waiting else []),
                ]
            ),
        )
        for each in told.givers
    ]
    table(("order", "line", "class", "gives", "promised", "promised now", "covered"), rows, right=(1, 3))
