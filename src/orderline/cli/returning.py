"""`orderline return`: goods on their way back and their money, as over HTTP; shown before they are changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.inputs import INSTANT, whole_of
from orderline.cli.order_changes import change
from orderline.cli.output import json_option
from orderline.cli.repairing import answer_quote, assess, repaired, replace
from orderline.cli.return_inputs import asked_lines, exchange_of, one_of, parts_of, received_item, with_photos
from orderline.cli.returns_shown import (
    destination_of,
    instead_option,
    items_option,
    list_returns,
    number_argument,
    quote,
    reference_argument,
    show,
)
from orderline.core.returns import commands as c
from orderline.core.returns.state import Disposition, Grade, ReturnMoney, ReturnSource
from orderline.values.ids import OrderId, new_id

if TYPE_CHECKING:
    from orderline.store.database import Database

_photos = click.option(
    "--photo", "photos", multiple=True, metavar="NUMBER:SHA256",
    help="Of this line or item, kept by `orderline photo add`; may be repeated.",
)  # fmt: skip
_reason = click.option("--reason", required=True, help="Why, for the customer and the record.")


@click.group("return")
def returns() -> None:
    """Goods that come back: list, show, quote, request, approve, decline, withdraw, send, receive, grade, dispose, assess,
    answer-quote, repaired, replace, send-back, credit, deny, settle.
    """


for each in (list_returns, show, quote, assess, answer_quote, repaired, replace):
    returns.add_command(each)


@returns.command()
@reference_argument
@click.option("--line", "lines", multiple=True, required=True, metavar="LINE:UNITS:REASON", help="May be repeated.")
@click.option("--approve", is_flag=True, help="Whatever the policy says; --reason says why.")
@click.option("--reason", default="", help="Why it is approved.")
@click.option("--to", default="", help="The location the goods are to go to; as the policy says, when not given.")
@click.option("--store-credit", is_flag=True, help="As store credit, not over the tenders.")
@instead_option
@click.option("--parcel", type=click.IntRange(1), help="That something was missing from, damaged or wrong in.")
@click.option("--repair", is_flag=True, help="They are to be repaired and go back; no money is asked for.")
@click.option(
    "--source",
    type=click.Choice([each.value for each in ReturnSource]),
    default=ReturnSource.SUPPORT.value,
    show_default=True,
)
@_photos
@yes_option
@json_option
def request(
    reference: str,
    lines: tuple[str, ...],
    approve: bool,
    reason: str,
    to: str,
    store_credit: bool,
    instead: tuple[str, ...],
    parcel: int | None,
    repair: bool,
    source: ReturnSource,
    photos: tuple[str, ...],
    yes: bool,
    as_json: bool,
) -> None:
    """A customer wants to give units of ORDER back. REASON is one of the codes, such as too_small or defective."""
    given, exchange = with_photos(asked_lines(lines), photos, lambda each: each.line), exchange_of(instead)

    def make(database: "Database", id_: OrderId) -> c.RequestReturn:
        from orderline.engine.returning import policy_at_sale

        return c.RequestReturn(
            order=id_, lines=given, approve=approve, reason=reason, to=to, destination=destination_of(store_credit),
            source=ReturnSource(source), policy=policy_at_sale(database, id_), exchange=exchange, parcel=parcel or 0,
            repair=repair,
        )  # fmt: skip

    change(reference, make, yes=yes, as_json=as_json)


@returns.command()
@reference_argument
@number_argument
@items_option
@click.option("--send-by", type=INSTANT, help="Until when; as the policy says, when not given.")
@click.option("--to", default="", help="The location the goods are to go to.")
@click.option("--keep", is_flag=True, help="The goods need not come back.")
@yes_option
@json_option
def approve(
    reference: str,
    number: int,
    items: tuple[int, ...],
    send_by: datetime | None,
    to: str,
    keep: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Let the customer send goods of RETURN."""
    _step(c.ApproveReturn, reference, number, items, yes=yes, as_json=as_json, send_by=send_by, to=to, keep=keep)


@returns.command()
@reference_argument
@number_argument
@items_option
@_reason
@yes_option
@json_option
def decline(reference: str, number: int, items: tuple[int, ...], reason: str, yes: bool, as_json: bool) -> None:
    """Say no to RETURN."""
    _step(c.DeclineReturn, reference, number, items, yes=yes, as_json=as_json, reason=reason)


@returns.command()
@reference_argument
@number_argument
@items_option
@click.option("--reason", default="", help="Why.")
@yes_option
@json_option
def withdraw(reference: str, number: int, items: tuple[int, ...], reason: str, yes: bool, as_json: bool) -> None:
    """The customer keeps the goods of RETURN."""
    _step(c.WithdrawReturn, reference, number, items, yes=yes, as_json=as_json, reason=reason)


@returns.command()
@reference_argument
@number_argument
@items_option
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
@reference_argument
@click.argument("number", metavar="[RETURN]", type=click.IntRange(1), required=False)
@click.option("--location", required=True, help="Where they came to.")
@click.option("--item", "items", multiple=True, metavar="ITEM:UNITS[:GRADE]", help="Of RETURN; may be repeated.")
@click.option(
    "--line", "lines", multiple=True, metavar="LINE:UNITS[:REASON]", help="Nobody had announced it; may be repeated."
)
@click.option("--wrong", multiple=True, metavar="SKU:UNITS", help="Came and was not to come; may be repeated.")
@click.option("--receipt", default="", help="What it is known by, so that it counts once; an id, when not given.")
@_photos
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
    photos: tuple[str, ...],
    yes: bool,
    as_json: bool,
) -> None:
    """Goods came: those of RETURN (--item), or such of ORDER as nobody had announced (--line, without RETURN)."""
    if bool(number) == bool(lines) or (lines and items):
        raise click.UsageError("Name items (--item) of a RETURN, or lines (--line) without one.")
    came = [received_item(each, "--item") for each in items] or [received_item(each, "--line") for each in lines]
    seen = with_photos(came, photos, lambda each: each.item or each.line)
    others = tuple(
        c.WrongGoodsInput(sku=sku, quantity=whole_of(units, "--wrong"))
        for sku, units in (parts_of(each, "--wrong", 2, 2) for each in wrong)
    )
    named = receipt or str(new_id())

    def make(database: "Database", id_: OrderId) -> c.ReceiveReturn:
        from orderline.engine.returning import policy_at_sale

        return c.ReceiveReturn(
            order=id_, number=number or 0, location=location, items=seen, wrong=others, receipt=named,
            policy=policy_at_sale(database, id_),
        )  # fmt: skip

    change(reference, make, yes=yes, as_json=as_json)


@returns.command()
@reference_argument
@number_argument
@click.option("--item", "items", multiple=True, required=True, metavar="ITEM:UNITS:GRADE[:DISPOSITION]")
@_photos
@yes_option
@json_option
def grade(
    reference: str, number: int, items: tuple[str, ...], photos: tuple[str, ...], yes: bool, as_json: bool
) -> None:
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
    seen = with_photos(graded, photos, lambda each: each.item)
    change(
        reference,
        lambda _, id_: c.GradeReturn(order=id_, number=number, graded=seen),
        yes=yes,
        as_json=as_json,
    )


@returns.command()
@reference_argument
@number_argument
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


@returns.command("send-back")
@reference_argument
@number_argument
@click.option("--item", "items", multiple=True, metavar="ITEM:UNITS", help="All that may, else; may be repeated.")
@click.option("--carrier", default="", help="Who has them.")
@click.option("--tracking-number", default="", help="How they are found.")
@click.option("--reason", default="", help="Why.")
@yes_option
@json_option
def send_back(
    reference: str,
    number: int,
    items: tuple[str, ...],
    carrier: str,
    tracking_number: str,
    reason: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Goods of RETURN go back to the customer, since no money is given for them."""
    parts = [parts_of(each, "--item", 2, 2) for each in items]
    sent = tuple(
        c.SentBackInput(item=whole_of(item, "--item"), quantity=whole_of(units, "--item")) for item, units in parts
    )

    def make(_: "Database", id_: OrderId) -> c.SendBackReturn:
        return c.SendBackReturn(
            order=id_, number=number, sent=sent, carrier=carrier, tracking_number=tracking_number, reason=reason
        )

    change(reference, make, yes=yes, as_json=as_json)


@returns.command()
@reference_argument
@number_argument
@items_option
@_reason
@click.option("--keep", is_flag=True, help="And the goods need not come back.")
@yes_option
@json_option
def credit(
    reference: str, number: int, items: tuple[int, ...], reason: str, keep: bool, yes: bool, as_json: bool
) -> None:
    """Give the money for RETURN now, before the terms say so, or after it was denied."""
    _step(c.CreditReturn, reference, number, items, yes=yes, as_json=as_json, reason=reason, keep=keep)


@returns.command()
@reference_argument
@number_argument
@items_option
@_reason
@yes_option
@json_option
def deny(reference: str, number: int, items: tuple[int, ...], reason: str, yes: bool, as_json: bool) -> None:
    """Give no money for RETURN."""
    _step(c.DenyReturn, reference, number, items, yes=yes, as_json=as_json, reason=reason)


@returns.command()
@reference_argument
@number_argument
@items_option
@click.option("--claim-back", "money", flag_value="recovered", help="Goods that never came: claim the money back.")
@click.option("--let-go", "money", flag_value="waived", help="Goods that never came: let the money go.")
@click.option("--uphold", "money", flag_value="upheld", help="Goods that are here, money that was denied: leave it so.")
@click.option("--charge", is_flag=True, help="Charge what the order was paid with again.")
@_reason
@yes_option
@json_option
def settle(
    reference: str,
    number: int,
    items: tuple[int, ...],
    money: str | None,
    charge: bool,
    reason: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Money of RETURN that does not go with where the goods are: claim it back, let it go, or leave it denied."""
    if money is None:
        raise click.UsageError("Say --claim-back, --let-go or --uphold.")
    _step(
        c.SettleExpired, reference, number, items, yes=yes, as_json=as_json, money=ReturnMoney(money), reason=reason,
        charge=charge,
    )  # fmt: skip


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
