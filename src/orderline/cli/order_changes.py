"""`orderline order cancel`, `hold`, `release`, `annotate`: the same operations as over HTTP, shown before they are made."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import msgspec

from orderline.cli.agreeing import agreed, document, person, yes_option
from orderline.cli.difference_words import tell_difference
from orderline.cli.inputs import INSTANT
from orderline.cli.orders import one_order, order
from orderline.cli.output import emit, json_option, say
from orderline.cli.plain import amount, plain
from orderline.cli.ports import installation
from orderline.cli.words import tell_in_turn
from orderline.core.holds.commands import EscalateHold, RejectHold
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity
from orderline.values.ids import OrderId

if TYPE_CHECKING:
    from orderline.store.database import Database

__all__ = ["change", "order"]


@order.command()
@click.argument("reference")
@click.option("--reason", required=True, help="Why, for the customer and the record.")
@click.option("--line", "lines", multiple=True, metavar="LINE:UNITS", help="Only these units; may be repeated.")
@yes_option
@json_option
def cancel(reference: str, reason: str, lines: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Cancel units of the order REFERENCE that have not left; all of them, when no line is named."""
    units = tuple(units_of(each) for each in lines)
    change(reference, lambda _, id_: c.CancelUnits(order=id_, reason=reason, lines=units), yes=yes, as_json=as_json)


@order.command()
@click.argument("reference")
@click.argument("type_", metavar="TYPE")
@click.option("--reason", default="", help="Why.")
@click.option("--owner", default="", help="Who can lift it; as its type says, when not given.")
@click.option("--line", type=click.IntRange(1), help="Only this line.")
@click.option("--due", "due_at", type=INSTANT, help="When somebody must have looked at it.")
@yes_option
@json_option
def hold(
    reference: str,
    type_: str,
    reason: str,
    owner: str,
    line: int | None,
    due_at: datetime | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Stop the order REFERENCE, or a line of it, by a hold of TYPE, such as fraud, address or manual."""
    asked = c.HoldInput(type=type_, reason=reason, owner=owner, line=line, due_at=due_at)
    change(reference, lambda _, id_: c.PlaceHold(order=id_, hold=asked), yes=yes, as_json=as_json)


@order.command()
@click.argument("reference")
@click.argument("number", metavar="HOLD", type=click.IntRange(1))
@click.option("--reason", default="", help="Why.")
@yes_option
@json_option
def release(reference: str, number: int, reason: str, yes: bool, as_json: bool) -> None:
    """Lift a HOLD, by its number, of the order REFERENCE."""
    change(reference, lambda _, id_: c.ReleaseHold(order=id_, hold=number, reason=reason), yes=yes, as_json=as_json)


@order.command()
@click.argument("reference")
@click.argument("number", metavar="HOLD", type=click.IntRange(1))
@click.option("--reason", required=True, help="Why.")
@yes_option
@json_option
def reject(reference: str, number: int, reason: str, yes: bool, as_json: bool) -> None:
    """Say no to what a HOLD of the order REFERENCE is about: what the hold says is done then is done."""
    change(reference, lambda _, id_: RejectHold(order=id_, hold=number, reason=reason), yes=yes, as_json=as_json)


@order.command()
@click.argument("reference")
@click.argument("number", metavar="HOLD", type=click.IntRange(1))
@click.option("--reason", required=True, help="Why.")
@click.option("--to", default="", help="Who is to see to it; to whom it escalates, or its owner, when not given.")
@yes_option
@json_option
def escalate(reference: str, number: int, reason: str, to: str, yes: bool, as_json: bool) -> None:
    """Put a HOLD of the order REFERENCE to somebody else; the clock leaves it alone from then on."""
    change(
        reference,
        lambda _, id_: EscalateHold(order=id_, hold=number, reason=reason, to=to),
        yes=yes,
        as_json=as_json,
    )


@order.command()
@click.argument("reference")
@click.option("--note", default="", help="A note to be added.")
@click.option("--priority", type=int, help="Orders of higher priority go first.")
@click.option("--assignee", help="Who looks after it; an empty text for nobody.")
@click.option("--tag", "tags", multiple=True, help="A tag; those given replace all there are; may be repeated.")
@click.option("--add-tag", "add_tags", multiple=True, help="A tag beside those there are; may be repeated.")
@click.option("--remove-tag", "remove_tags", multiple=True, help="A tag that goes; the others stay; may be repeated.")
@yes_option
@json_option
def annotate(
    reference: str,
    note: str,
    priority: int | None,
    assignee: str | None,
    tags: tuple[str, ...],
    add_tags: tuple[str, ...],
    remove_tags: tuple[str, ...],
    yes: bool,
    as_json: bool,
) -> None:
    """Note something on the order REFERENCE, or change its priority, assignee or tags."""
    change(
        reference,
        lambda _, id_: c.AnnotateOrder(
            order=id_,
            note=note,
            priority=priority,
            assignee=assignee,
            tags=tags or None,
            add_tags=add_tags,
            remove_tags=remove_tags,
        ),
        yes=yes,
        as_json=as_json,
    )


def change(reference: str, make: "Callable[[Database, OrderId], c.OrderCommand]", *, yes: bool, as_json: bool) -> None:
    """Show what a command would do, and do it when that is agreed to; refused VERSION_STALE, should others be quicker."""
    from orderline.engine.previewing import preview
    from orderline.store.showing import show_order

    here = installation()
    with here.database() as database:
        id_ = one_order(database, reference)
        shown = show_order(database, id_)
        assert shown is not None
        command = msgspec.structs.replace(make(database, id_), expected_version=shown.order.version)
        found = preview(database, command, person(), datetime.now(UTC))
        if not as_json:
            currency = shown.order.currency
            say(f"{shown.order.number}:")
            for line in tell_in_turn((found.events,), currency, order=shown.order)[0]:
                say(f"  {line}")
            before = found.money_before
            if before is not None and before.agreed_minor != found.money.agreed_minor:
                was, will = amount(before.agreed_minor, currency), amount(found.money.agreed_minor, currency)
                say(f"  to be paid: {was} before, {will} after")
            if found.difference is not None:
                for told in tell_difference(found.difference, currency):
                    say(f"  {told}")
            step = found.next_step
            next_ = f"; next: {plain(step.what)}, by {step.owner}" if step is not None else ""
            say(f"  then: {plain(found.status.phase.value)}{next_}")
        done = agreed(yes, as_json=as_json)
        if done:
            with here.engine(database) as engine:
                engine.run(command, actor=person())
        if as_json:
            emit(document(found, applied=done))
        elif done:
            say("Done.")


def units_of(text: str) -> LineQuantity:
    """Units of a line, as somebody writes them: `2:1`."""
    line, _, quantity = text.partition(":")
    if not (line.isdecimal() and quantity.isdecimal() and len(text) < 20):
        raise click.BadParameter(f"{text!r} is not LINE:UNITS, such as 2:1.", param_hint="'--line'")
    return LineQuantity(int(line), int(quantity))
