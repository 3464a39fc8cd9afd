"""`orderline return`: goods on their way back and their money, as over HTTP; shown before they are changed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from orderline.cli.agreeing import person, yes_option
from orderline.cli.inputs import INSTANT
from orderline.cli.money_words import told_custody, told_money, told_return, told_waiting
from orderline.cli.order_changes import change
from orderline.cli.orders import one_order, shown_order
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, instant, plain
from orderline.cli.ports import installation
from orderline.cli.return_inputs import asked_lines, one_of, parts_of, received_item, whole_of
from orderline.core.orders.credited import Destination
from orderline.core.returns import commands as c
from orderline.core.returns.standing import waiting_items
from orderline.core.returns.state import Custody, Disposition, Grade, ReturnMoney, ReturnSource
from orderline.core.returns.steps import known_return
from orderline.values.ids import OrderId, new_id

if TYPE_CHECKING:
    from orderline.store.database import Database

MOST: Final = 1_000
_reference = click.argument("reference", metavar="ORDER")
_number = click.argument("number", metavar="RETURN", type=click.IntRange(1))
_items = click.option("--item", "items", multiple=True, type=click.IntRange(1), help="Only this item; may be repeated.")
_reason = click.option("--reason", required=True, help="Why, for the customer and the record.")


@click.group("return")
def returns() -> None:
    """Goods that come back: list, show, quote, request, approve, decline, withdraw, send, receive, grade, dispose, credit, deny, settle."""


@returns.command("list")
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
    columns = ("order", "return", "item", "sku", "units", "reason", "custody", "money", "location", "since")
    rows = [
        (
            e.order_number, e.number, e.item, e.sku, e.quantity, plain(e.reason), plain(e.custody), plain(e.money),
            e.location, instant(e.moved_at),
        )
        for e in found
    ]  # fmt: skip
    table(columns, rows, right=(1, 2, 4))


@returns.command()
@_reference
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


@returns.command()
@_reference
@click.option("--line", "lines", multiple=True, required=True, metavar="LINE:UNITS:REASON", help="May be repeated.")
@click.option("--store-credit", is_flag=True, help="As store credit, not over the tenders.")
@json_option
def quote(reference: str, lines: tuple[str, ...], store_credit: bool, as_json: bool) -> None:
    """What a return of units of ORDER would give, on which terms; nothing is kept."""
    from orderline.engine.returning import quote_return

    with installation().database() as database:
        command = c.RequestReturn(
            order=one_order(database, reference), lines=asked_lines(lines), destination=_destination(store_credit)
        )
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
    click.echo(amount(found.credit.total_minor, found.currency))


@returns.command()
@_reference
@click.option("--line", "lines", multiple=True, required=True, metavar="LINE:UNITS:REASON", help="May be repeated.")
@click.option("--approve", is_flag=True, help="Whatever the policy says; --reason says why.")
@click.option("--reason", default="", help="Why it is approved.")
@click.option("--to", default="", help="The location the goods are to go to; as the policy says, when not given.")
@click.option("--store-credit", is_flag=True, help="As store credit, not over the tenders.")
@click.option(
    "--source",
    type=click.Choice([each.value for each in ReturnSource]),
    default=ReturnSource.SUPPORT.value,
    show_default=True,
)
@yes_option
@json_option
def request(
    reference: str,
    lines: tuple[str, ...],
    approve: bool,
    reason: str,
    to: str,
    store_credit: bool,
    source: ReturnSource,
    yes: bool,
    as_json: bool,
) -> None:
    """A customer wants to give units of ORDER back. REASON is one of the codes, such as too_small or defective."""
    given = asked_lines(lines)

    def make(database: "Database", id_: OrderId) -> c.RequestReturn:
        from orderline.engine.returning import policy_at_sale

        return c.RequestReturn(
            order=id_, lines=given, approve=approve, reason=reason, to=to, destination=_destination(store_credit),
            source=ReturnSource(source), policy=policy_at_sale(database, id_),
        )  # fmt: skip

    change(reference, make, yes=yes, as_json=as_json)


@returns.command()
@_reference
@_number
@_items
@click.option("--send-by", type=INSTANT, help="Until when; as the policy says, when not given.")
@click.option("--to", default="", help="The location the goods are to go to.")
@yes_option
@json_option
def approve(
    reference: str, number: int, items: tuple[int, ...], send_by: datetime | None, to: str, yes: bool, as_json: bool
) -> None:
    """Let the customer send goods of RETURN."""
    _step(c.ApproveReturn, reference, number, items, yes=yes, as_json=as_json, send_by=send_by, to=to)


@returns.command()
@_reference
@_number
@_items
@_reason
@yes_option
@json_option
def decline(reference: str, number: int, items: tuple[int, ...], reason: str, yes: bool, as_json: bool) -> None:
    """Say no to RETURN."""
    _step(c.DeclineReturn, reference, number, items, yes=yes, as_json=as_json, reason=reason)


@returns.command()
@_reference
@_number
@_items
@click.option("--reason", default="", help="Why.")
@yes_option
@json_option
def withdraw(reference: str, number: int, items: tuple[int, ...], reason: str, yes: bool, as_json: bool) -> None:
    """The customer keeps the goods of RETURN."""
    _step(c.WithdrawReturn, reference, number, items, yes=yes, as_json=as_json, reason=reason)


@returns.command()
@_reference
@_number
@_items
@click.option("--carrier", default="", help="Who has them.")
@click.option("--tracking-number", default="", help="How they are found.")
@yes_option
@json_option
def send(
    reference: str,
    number: int,
    items: tuple[int, ...],
    carrier: str,
    tracking_number: str,
    yes: bool,
    as_json: bool,
) -> None:
    """The goods of RETURN are on their way."""
    _step(
        c.SendReturn, reference, number, items, yes=yes, as_json=as_json, carrier=carrier,
        tracking_number=tracking_number,
    )  # fmt: skip


@returns.command()
@_reference
@click.argument("number", metavar="[RETURN]", type=click.IntRange(1), required=False)
@click.option("--location", required=True, help="Where they came to.")
@click.option("--item", "items", multiple=True, metavar="ITEM:UNITS[:GRADE]", help="Of RETURN; may be repeated.")
@click.option(
    "--line", "lines", multiple=True, metavar="LINE:UNITS[:REASON]", help="Nobody had announced it; may be repeated."
)
@click.option("--wrong", multiple=True, metavar="SKU:UNITS", help="Came and was not to come; may be repeated.")
@click.option("--receipt", default="", help="What it is known by, so that it counts once; an id, when not given.")
@yes_option
@json_option
def receive(
    reference: str,
    number: int | None,
    location: str,
    items: tuple[str, ...],
    lines: tuple[str, ...],
    wrong: tuple[str, ...],
    receipt: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Goods came: those of RETURN (--item), or such of ORDER as nobody had announced (--line, without RETURN)."""
    if bool(number) == bool(lines) or (lines and items):
        raise click.UsageError("Name items (--item) of a RETURN, or lines (--line) without one.")
    came = [received_item(each, "--item") for each in items] or [received_item(each, "--line") for each in lines]
    others = tuple(
        c.WrongGoodsInput(sku=sku, quantity=whole_of(units, "--wrong"))
        for sku, units in (parts_of(each, "--wrong", 2, 2) for each in wrong)
    )
    named = receipt or str(new_id())

    def make(database: "Database", id_: OrderId) -> c.ReceiveReturn:
        from orderline.engine.returning import policy_at_sale

        return c.ReceiveReturn(
            order=id_, number=number or 0, location=location, items=tuple(came), wrong=others, receipt=named,
            policy=policy_at_sale(database, id_),
        )  # fmt: skip

    change(reference, make, yes=yes, as_json=as_json)


@returns.command()
@_reference
@_number
@click.option("--item", "items", multiple=True, required=True, metavar="ITEM:UNITS:GRADE[:DISPOSITION]")
@yes_option
@json_option
def grade(reference: str, number: int, items: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Goods of RETURN were looked at: as_new, opened, worn, damaged or defective, and what becomes of them."""
    graded: list[c.GradedInput] = []
    for text in items:
        item, units, how, *then = parts_of(text, "--item", 3, 4)
        disposition = one_of(Disposition, then[0], "--item") if then else None
        graded.append(
            c.GradedInput(
                item=whole_of(item, "--item"), quantity=whole_of(units, "--item"), grade=one_of(Grade, how, "--item"),
                disposition=disposition,
            )
        )  # fmt: skip
    change(
        reference,
        lambda _, id_: c.GradeReturn(order=id_, number=number, graded=tuple(graded)),
        yes=yes,
        as_json=as_json,
    )


@returns.command()
@_reference
@_number
@click.option("--item", "items", multiple=True, metavar="ITEM:UNITS[:DISPOSITION]", help="All that is graded, else.")
@yes_option
@json_option
def dispose(reference: str, number: int, items: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Goods of RETURN went to where they are to be."""
    disposed: list[c.DisposedInput] = []
    for text in items:
        item, units, *then = parts_of(text, "--item", 2, 3)
        disposition = one_of(Disposition, then[0], "--item") if then else None
        disposed.append(
            c.DisposedInput(item=whole_of(item, "--item"), quantity=whole_of(units, "--item"), disposition=disposition)
        )
    change(
        reference, lambda _, id_: c.DisposeReturn(order=id_, number=number, disposed=tuple(disposed)), yes=yes,
        as_json=as_json,
    )  # fmt: skip


@returns.command()
@_reference
@_number
@_items
@_reason
@yes_option
@json_option
def credit(reference: str, number: int, items: tuple[int, ...], reason: str, yes: bool, as_json: bool) -> None:
    """Give the money for RETURN now, before the terms say so, or after it was denied."""
    _step(c.CreditReturn, reference, number, items, yes=yes, as_json=as_json, reason=reason)


@returns.command()
@_reference
@_number
@_items
@_reason
@yes_option
@json_option
def deny(reference: str, number: int, items: tuple[int, ...], reason: str, yes: bool, as_json: bool) -> None:
    """Give no money for RETURN."""
    _step(c.DenyReturn, reference, number, items, yes=yes, as_json=as_json, reason=reason)


@returns.command()
@_reference
@_number
@_items
@click.option("--claim-back/--let-go", "back", required=True, default=None, help="What becomes of the money.")
@_reason
@yes_option
@json_option
def settle(
    reference: str, number: int, items: tuple[int, ...], back: bool, reason: str, yes: bool, as_json: bool
) -> None:
    """The goods of RETURN never came, and their money was given: claim it back, or let it go."""
    money = ReturnMoney.RECOVERED if back else ReturnMoney.WAIVED
    _step(c.SettleExpired, reference, number, items, yes=yes, as_json=as_json, money=money, reason=reason)


def _step(
    command: type[c.ReturnStepCommand],
    reference: str,
    number: int,
    items: Sequence[int],
    *,
    yes: bool,
    as_json: bool,
    **given: Any,
) -> None:
    change(
        reference, lambda _, id_: command(order=id_, number=number, items=tuple(items), **given), yes=yes,
        as_json=as_json,
    )  # fmt: skip


def _destination(store_credit: bool) -> Destination:
    return Destination.STORE_CREDIT if store_credit else Destination.TENDERS
