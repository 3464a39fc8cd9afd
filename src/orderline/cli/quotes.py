"""`orderline promise quote`, `quotes`, `hold` and `release`: a promise kept for a while, and units kept for a checkout."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from orderline.cli.agreeing import agreed, person, yes_option
from orderline.cli.output import emit, json_option, say
from orderline.cli.plain import count, instant, plain
from orderline.cli.ports import installation
from orderline.cli.promises import answer_for, cart_options, draw_options, promise
from orderline.cli.record_lists import RecordList, add_list
from orderline.core.promises.commands import MakeQuote
from orderline.core.promises.settings import QUOTE, Quote, QuoteState
from orderline.core.stock.commands import CartLineInput, HoldCart, ReleaseCart
from orderline.values.address import Place
from orderline.values.ids import CartHoldId, new_id

if TYPE_CHECKING:
    from orderline.core.orders.commands import Command

__all__ = ["promise"]


@promise.command()
@cart_options
@click.option(
    "--seconds", type=click.IntRange(1, 86_400), default=600, show_default=True, help="For how long it is good."
)
@click.option("--hold", is_flag=True, help="Keep the units for it, too.")
@yes_option
@json_option
def quote(seconds: int, hold: bool, yes: bool, as_json: bool, **cart: Any) -> None:
    """Promise GOODS, and keep the answer as a quote to order by."""
    told = answer_for(**cart, hold=hold)
    if not as_json:
        draw_options(told.options)
    command = MakeQuote(
        quote=str(new_id()),
        channel=cart["channel"],
        place=Place(country=cart["country"].upper(), postal_code=cart["postal_code"], city=cart["city"]),
        lines=told.cart.lines,
        options=told.options,
        expires_at=datetime.now(UTC) + timedelta(seconds=seconds),
        cart=CartHoldId(new_id()) if hold else None,
    )
    done = agreed(yes, as_json=as_json)
    if done:
        _run(command)
    if as_json:
        emit({"applied": done, "quote": command.quote if done else "", "options": told.options})
    elif done:
        say(f"Quote {command.quote}, good until {instant(command.expires_at)}.")


def _row(each: Quote) -> tuple[str, ...]:
    lines = ", ".join(f"{line.quantity} {line.sku}" for line in each.lines)
    kept = instant(each.expires_at), each.cart_hold, each.order
    return each.id, plain(each.state), each.channel, lines, str(len(each.options)), *kept


add_list(promise, RecordList(
    QUOTE.name, "Quotes, with how long they are good and whether somebody has ordered by them.",
    ("quote", "stands as", "channel", "goods", "options", "good until", "units held", "order"), _row, right=(4,),
    states=QuoteState,
), name="quotes")  # fmt: skip


@promise.command()
@click.argument("goods", nargs=-1, required=True, metavar="SKU[=QUANTITY]...")
@click.option("--channel", required=True, help="Whose pools they are kept in.")
@click.option("--cart", type=click.UUID, help="The cart, to replace what it has; a new one, when not given.")
@click.option("--seconds", type=click.IntRange(1), default=600, show_default=True, help="For how long.")
@yes_option
@json_option
def hold(goods: tuple[str, ...], channel: str, cart: UUID | None, seconds: int, yes: bool, as_json: bool) -> None:
    """Keep units of GOODS for a checkout: nobody else is promised them meanwhile."""
    lines = tuple(_line(each) for each in goods)
    command = HoldCart(cart=CartHoldId(cart or new_id()), channel=channel, lines=lines, ttl_s=seconds)
    _do(command, f"keep {count(sum(line.quantity for line in lines), 'unit')} for cart {command.cart}", yes, as_json)


@promise.command()
@click.argument("cart", type=click.UUID)
@yes_option
@json_option
def release(cart: UUID, yes: bool, as_json: bool) -> None:
    """Give the units of a CART back before its time is over."""
    _do(ReleaseCart(cart=CartHoldId(cart)), f"give the units of cart {cart} back", yes, as_json)


def _do(command: "HoldCart | ReleaseCart", what: str, yes: bool, as_json: bool) -> None:
    """Show what is to be done, and do it when agreed to. Refused as over HTTP."""
    if not as_json:
        say(f"It would {what}.")
    done = agreed(yes, as_json=as_json)
    if done:
        _run(command)
    if as_json:
        emit({"applied": done, "cart": command.cart})
    elif done:
        say("Done.")


def _run(command: "Command") -> None:
    with installation().database() as database, installation().engine(database) as engine:
        engine.run(command, actor=person())


def _line(text: str) -> CartLineInput:
    sku, _, quantity = text.partition("=")
    if quantity and not quantity.isdecimal():
        raise click.UsageError(f"{text}: write SKU or SKU=QUANTITY")
    return CartLineInput(sku, int(quantity or 1))
