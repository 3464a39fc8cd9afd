"""`orderline price-list`: what was agreed that goods cost, by day and quantity."""

from datetime import UTC, date, datetime

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.inputs import DAY
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount
from orderline.cli.record_lists import MOST, RecordList, add_list
from orderline.cli.records import found_record, run_shown, show_record
from orderline.core.price_lists.decide import PutPriceList, SetPrices, SkuPrices
from orderline.core.price_lists.state import LIST, PRICE, Break, Price, PriceList, price_id

_list = click.argument("price_list", metavar="LIST")


@click.group("price-list")
def price_list() -> None:
    """Prices that were agreed on: list, show, prices, price, put, set."""


def _row(each: PriceList) -> tuple[str, ...]:
    return each.id, each.name, each.currency, "with tax" if each.taxes_included else "without tax"


add_list(price_list, RecordList(
    LIST, "Price lists with their currency.", ("list", "name", "currency", "prices are"), _row,
    empty="There is no price list.",
))  # fmt: skip


@price_list.command()
@_list
@json_option
def show(price_list: str, as_json: bool) -> None:
    """A price list."""
    show_record(_found(price_list), as_json=as_json)


@price_list.command()
@_list
@click.option("--sku", default="", help="Of this SKU alone.")
@click.option("--after", default="", help="SKUs after this one, where there are more than are shown.")
@json_option
def prices(price_list: str, sku: str, after: str, as_json: bool) -> None:
    """What each SKU costs by a LIST, with all that has held and what is to come."""
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_record, load_records

    known = _found(price_list)
    found: list[Price]
    with reading() as source:
        if sku:
            one: Price | None = load_record(source, PRICE, price_id(known.id, sku)) if sku.isprintable() else None
            found = [] if one is None else [one]
        else:
            behind = price_id(known.id, after) if after else ""
            found = load_records(source, PRICE, subjects=[known.id], after=behind, most=MOST)
    if as_json:
        emit(found)
        return
    if not found:
        say("There is no such price.")
        return
    rows = [
        (
            each.sku, str(version.valid_from), str(one.quantity) if one is not None else "",
            amount(one.price_minor, known.currency) if one is not None else "not sold",
        )
        for each in found
        for version in each.versions
        for one in version.breaks or (None,)
    ]  # fmt: skip
    table(("SKU", "from", "units from", "price"), rows, right=(2, 3))


@price_list.command()
@_list
@click.argument("sku")
@click.option("--quantity", type=click.IntRange(min=1), default=1, show_default=True, help="How many are bought.")
@click.option("--on", "day", type=DAY, help="The day (UTC); today, when not given.")
@json_option
def price(price_list: str, sku: str, quantity: int, day: datetime | None, as_json: bool) -> None:
    """What one unit of a SKU costs by a LIST on a day, when so many are bought."""
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_record

    known = _found(price_list)
    on = _day(day)
    with reading() as source:
        found: Price | None = load_record(source, PRICE, price_id(known.id, sku)) if sku.isprintable() else None
    minor = found.on(on, quantity) if found is not None else None
    if as_json:
        emit({"sku": sku, "quantity": quantity, "on": on, "currency": known.currency, "price_minor": minor})
    elif minor is None:
        say(f"{sku} has no price by {known.id} on {on} for {quantity}.")
    else:
        click.echo(amount(minor, known.currency))


@price_list.command()
@_list
@click.option("--currency", required=True, help="Of all its prices (three letters).")
@click.option("--taxes-included", is_flag=True, help="Prices are with tax.")
@click.option("--name", default="", help="What people call it.")
@yes_option
@json_option
def put(price_list: str, currency: str, taxes_included: bool, name: str, yes: bool, as_json: bool) -> None:
    """Create a LIST, or rename it."""
    command = PutPriceList(price_list=price_list, currency=currency, taxes_included=taxes_included, name=name)
    run_shown(command, yes=yes, as_json=as_json)


@price_list.command("set")
@_list
@click.argument("sku")
@click.option("--from", "valid_from", type=DAY, help="The first day it holds (UTC); today, when not given.")
@click.option(
    "--price", "breaks", multiple=True, metavar="QUANTITY:MINOR",
    help="What one costs in minor units, from so many on; may be repeated. Without one, it is not sold any more.",
)  # fmt: skip
@yes_option
@json_option
def set_price(
    price_list: str, sku: str, valid_from: datetime | None, breaks: tuple[str, ...], yes: bool, as_json: bool
) -> None:
    """Say what a SKU costs by a LIST from a day on; what has held is never changed."""
    _found(price_list)
    prices = (SkuPrices(sku, tuple(map(_break, breaks))),)
    command = SetPrices(price_list=price_list, valid_from=_day(valid_from), prices=prices)
    run_shown(command, yes=yes, as_json=as_json, of=(PRICE, price_id(price_list, sku)))


def _break(text: str) -> Break:
    quantity, _, minor = text.partition(":")
    try:
        return Break(int(quantity), int(minor))
    except ValueError:
        raise click.BadParameter(f"{text!r} is not QUANTITY:MINOR, like 100:1800.", param_hint="--price") from None


def _day(given: datetime | None) -> date:
    return given.date() if given is not None else datetime.now(UTC).date()


def _found(price_list: str) -> PriceList:
    return found_record(LIST, price_list, code="PRICE_LIST_UNKNOWN")
