"""`orderline ledger write-off`: what an order will not pay, and what is owed again."""

import click

from orderline.cli.agreeing import person
from orderline.cli.output import emit, json_option, say
from orderline.cli.plain import amount
from orderline.cli.ports import installation
from orderline.values.money import parse_minor

_KINDS = ("difference", "bad_debt")


@click.command("write-off")
@click.argument("order")
@click.argument("value")
@click.option("--as", "kind", type=click.Choice(_KINDS), default="difference", show_default=True, help="What it is.")
@click.option("--reason", required=True, help="Why it will not be paid, or is owed again.")
@click.option("--recover", is_flag=True, help="It is owed again: the other way round.")
@json_option
def write_off(order: str, value: str, kind: str, reason: str, recover: bool, as_json: bool) -> None:
    """Write off VALUE, such as 0.03, of what an ORDER owes: a small difference, or a bad debt."""
    from orderline.cli.orders import one_order
    from orderline.core.ledger.state import Account
    from orderline.core.ledger.writing_off import Recover, WriteOff, WriteOffAs
    from orderline.store.working import read_orders

    here = installation()
    with here.database() as database, here.engine(database) as engine:
        order_id = one_order(database, order)
        currency = read_orders(database, {order_id})[order_id].currency
        command = (Recover if recover else WriteOff)(
            order=order_id, amount_minor=parse_minor(value, currency), kind=WriteOffAs(kind), reason=reason
        )
        engine.run(command, actor=person())
        books = read_orders(database, {order_id})[order_id].books
    if as_json:
        emit(books)
        return
    owed = books.of(Account.RECEIVABLE) if books is not None else 0
    say(f"{value} of {order} is {'owed again' if recover else 'written off'}; {amount(owed, currency)} is owed of it.")
