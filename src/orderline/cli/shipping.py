"""`orderline rates` and `orderline combination`: what a parcel could be sent by, and what could leave in one parcel."""

from typing import TYPE_CHECKING

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.orders import one_order
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, count, instant, plain
from orderline.cli.ports import Failure, installation
from orderline.cli.record_lists import RecordList, add_list
from orderline.cli.records import found_record, run_shown, show_record
from orderline.core.shipments import combination_commands as c
from orderline.core.shipments.combinations import COMBINATION, Combination, CombinationState
from orderline.core.shipments.combining import CombinationRefusal
from orderline.values.ids import OrderId, new_id

if TYPE_CHECKING:
    from orderline.core.orders.parcels import RateChoice


@click.command()
@click.argument("reference", metavar="ORDER")
@click.option("--parcel", type=click.IntRange(1), help="A parcel that is packed, by its number.")
@click.option(
    "--fulfillment",
    type=click.IntRange(1),
    help="What is to be packed of this fulfillment order; the first, when not given.",
)
@click.option(
    "--weight",
    "weight_g",
    type=click.IntRange(0, 10_000_000),
    default=0,
    help="Grams; as its SKUs weigh, when not given.",
)
@click.option("--tables", is_flag=True, help="Ask no carrier, read their tables alone.")
@json_option
def rates(
    reference: str, parcel: int | None, fulfillment: int | None, weight_g: int, tables: bool, as_json: bool
) -> None:
    """What a parcel of ORDER could be sent by, and what would be chosen; nothing is kept."""
    from orderline.contracts.carriers import Package

    if parcel is not None and fulfillment is not None:
        raise click.UsageError("--parcel and --fulfillment name two things; give one")
    with installation().database() as database:
        order = one_order(database, reference)
        found = installation().rates(
            database, order, parcel=parcel or 0, fulfillment=fulfillment or 1, package=Package(weight_g=weight_g),
            live=not tables,
        )  # fmt: skip
    if as_json:
        emit(found)
        return
    _draw(found)


def _draw(choice: "RateChoice") -> None:
    by = f", promised by {instant(choice.promised_by)}" if choice.promised_by is not None else ""
    say(f"{choice.weight_g:,} g by {choice.method}{by}:")
    if not choice.offers:
        say("Nobody has a price for it.")
        return
    rows = [
        (
            e.carrier, e.service, amount(e.cost_minor, e.currency), instant(e.latest_at),
            "told by the carrier" if e.live else "table", plain(e.dropped.value) if e.dropped else "taken",
        )
        for e in choice.offers
    ]  # fmt: skip
    table(("carrier", "service", "cost", "there by", "price from", "why"), rows, right=(2,))
    if choice.silent:
        say(f"Told nothing: {', '.join(choice.silent)}.")


@click.group()
def combination() -> None:
    """Work that leaves in one parcel: proposals, list, show, combine, pack, split."""


@combination.command()
@click.argument("location")
@json_option
def proposals(location: str, as_json: bool) -> None:
    """Work at LOCATION that goes to one recipient and address by one method, of which nothing is packed."""
    from orderline.cli.sources import reading
    from orderline.store.reading.combinations import load_proposals

    with reading() as source:
        found = load_proposals(source, location)
    if as_json:
        emit(found)
        return
    if not found:
        say("Nothing could leave together.")
        return
    rows = [
        (
            f"{e.city}, {e.country}", plain(e.method), count(sum(work.units for work in e.work), "unit"),
            ", ".join(f"{work.order_number}:{work.fulfillment}" for work in e.work),
        )
        for e in found
    ]  # fmt: skip
    table(("to", "method", "goods", "orders"), rows)


def _row(each: Combination) -> tuple[str, ...]:
    cost = amount(each.cost_minor, each.cost_currency) if each.cost_currency else ""
    orders = str(sum(not member.left for member in each.members))
    return each.id, plain(each.state), each.location, orders, each.carrier, each.tracking_number, cost


add_list(combination, RecordList(
    COMBINATION.name, "What leaves together, with its label.",
    ("combination", "state", "location", "orders", "carrier", "tracking number", "cost"), _row, right=(3, 6),
    states=CombinationState, subject="location", whose="Only at this location",
))  # fmt: skip


@combination.command()
@click.argument("name", metavar="COMBINATION")
@json_option
def show(name: str, as_json: bool) -> None:
    """One combination, with its orders."""
    show_record(_found(name), as_json=as_json)


@combination.command()
@click.argument("location")
@click.argument("work", nargs=-1, required=True, metavar="ORDER[:FULFILLMENT]...")
@click.option("--name", default="", help="What it is to be known by; an id, when not given.")
@yes_option
@json_option
def combine(location: str, work: tuple[str, ...], name: str, yes: bool, as_json: bool) -> None:
    """Let the work of several orders at LOCATION leave in one parcel."""
    from orderline.cli.sources import reading
    from orderline.store.reading.combinations import check_recipients

    if len(work) < 2:
        raise click.UsageError("it takes two orders to combine them")
    with installation().database() as database:
        named = tuple(_work(one_order(database, _order(each)), each) for each in work)
        with reading(database) as source:
            check_recipients(source, named)
    command = c.CombineWork(combination=name or str(new_id()), location=location, work=named)
    run_shown(command, yes=yes, as_json=as_json)


@combination.command()
@click.argument("name", metavar="COMBINATION")
@click.option("--weight", "weight_g", type=click.IntRange(0, 10_000_000), default=0, help="Grams, with the box.")
@yes_option
@json_option
def pack(name: str, weight_g: int, yes: bool, as_json: bool) -> None:
    """Everything of COMBINATION was put into one parcel; its label is bought then."""
    found = _found(name)
    command = c.PackCombination(combination=found.id, members=_orders(found), weight_g=weight_g)
    run_shown(command, yes=yes, as_json=as_json)


@combination.command()
@click.argument("name", metavar="COMBINATION")
@click.option("--order", "reference", default="", help="Only this order goes on its own; all, when none is named.")
@click.option("--reason", default="", help="Why.")
@yes_option
@json_option
def split(name: str, reference: str, reason: str, yes: bool, as_json: bool) -> None:
    """Let an order of COMBINATION go on its own again, or all of them."""
    found = _found(name)
    with installation().database() as database:
        order = one_order(database, reference) if reference else None
    command = c.SplitCombination(combination=found.id, members=_orders(found), order=order, reason=reason)
    run_shown(command, yes=yes, as_json=as_json)


def _found(name: str) -> Combination:
    found: Combination = found_record(COMBINATION.name, name, code=CombinationRefusal.COMBINATION_UNKNOWN.value)
    return found


def _orders(found: Combination) -> tuple[OrderId, ...]:
    return tuple(each.order for each in found.members)


def _order(text: str) -> str:
    head, colon, number = text.rpartition(":")
    return head if colon and number.isdecimal() else text


def _work(order: OrderId, text: str) -> c.Work:
    _, colon, number = text.rpartition(":")
    if not (colon and number.isdecimal()):
        return c.Work(order, 1)
    if len(number) > 6:
        raise Failure(f"{number} is no number of a fulfillment order.")
    return c.Work(order, int(number))
