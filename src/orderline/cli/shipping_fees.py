"""`orderline order fees`: what shipping of an order costs by policy, beside what it was charged."""

import click

from orderline.cli.order_edits import order
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount
from orderline.cli.ports import installation

__all__ = ["fees", "order"]


@order.command()
@click.argument("reference")
@json_option
def fees(reference: str, as_json: bool) -> None:
    """What shipping of the order REFERENCE costs by its policy, and what was charged."""
    from orderline.cli.orders import one_order
    from orderline.cli.sources import reading
    from orderline.core.shipping_fees.policy import charged_minor, fees_due, groups_of
    from orderline.store.reading.shipping_fees import load_fee_policy
    from orderline.store.working import read_orders

    with installation().database() as database:
        order_id = one_order(database, reference)
        order = read_orders(database, {order_id})[order_id]
        with reading(database) as source:
            held = load_fee_policy(source, order.channel, order.placed_at)
    due = fees_due(held.policy, order.currency, groups_of(order)) if held is not None else ()
    charged = charged_minor(order)
    if as_json:
        emit({"policy": held.name if held is not None else "", "fees": due, "charged_minor": charged})
        return
    if held is None:
        say(f"No policy says what shipping costs; {amount(charged, order.currency)} was charged.")
        return
    rows = [
        (str(each.row), ", ".join(map(str, each.groups)), amount(each.goods_minor, order.currency),
         "free" if each.free else amount(each.amount_minor, order.currency)) for each in due
    ]  # fmt: skip
    table(("row", "groups", "goods", "fee"), rows, right=(2, 3))
    whole = sum(each.amount_minor for each in due)
    say(f"{amount(whole, order.currency)} by {held.name}, {amount(charged, order.currency)} charged.")
