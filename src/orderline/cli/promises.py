"""`orderline promise`: what can be promised for goods at a place, and how each date comes about."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from orderline.cli.output import console, emit, json_option, say, table
from orderline.cli.plain import amount, count, instant
from orderline.cli.unit_words import supply_row

if TYPE_CHECKING:
    from orderline.core.orders.promised import LinePromise, PromisedWindow
    from orderline.core.promises.model import Option, Part
    from orderline.engine.promising import Promised, WantedLine


@click.group()
def promise() -> None:
    """Look at promises."""


_CART: Final = (
    click.argument("goods", nargs=-1, required=True, metavar="SKU[=QUANTITY]..."),
    click.option("--channel", required=True, help="Whose pools are promised from."),
    click.option("--country", required=True, help="Where it is to go: ISO 3166-1, such as FR."),
    click.option("--postal-code", default="", help="Where it is to go."),
    click.option("--city", default="", help="Where it is to go."),
    click.option("--method", "methods", multiple=True, help="A delivery method; all, when none is given."),
    click.option("--pickup", multiple=True, help="A location at which it might be collected."),
)


def cart_options(command: Callable[..., None]) -> Callable[..., None]:
    """What is wanted, where, and how."""
    for option in reversed(_CART):
        command = option(command)
    return command


def answer_for(
    goods: tuple[str, ...],
    channel: str,
    country: str,
    postal_code: str,
    city: str,
    methods: tuple[str, ...],
    pickup: tuple[str, ...],
    hold: bool = False,
) -> "Promised":
    """What can be promised of a cart. hold: units are to be kept for it. Refused as `POST /v1/promises` is."""
    from orderline.cli.ports import installation
    from orderline.cli.sources import reading
    from orderline.engine.promising import PromiseAsked, Promiser
    from orderline.values.address import Place
    from orderline.values.failures import Refused

    asked = PromiseAsked(
        channel=channel,
        lines=tuple(_wanted(each) for each in goods),
        place=Place(country=country.upper(), postal_code=postal_code, city=city),
        methods=methods,
        pickup=pickup,
        hold=hold,
    )
    with installation().database() as database, reading(database) as source:
        [answer] = Promiser(database).answer(source, [asked])
    if isinstance(answer, Refused):
        raise answer
    return answer


@promise.command()
@cart_options
@json_option
def explain(as_json: bool, **cart: Any) -> None:
    """What can be promised of GOODS, option by option, with the steps that add up from now to the last day."""
    answer = answer_for(**cart)
    if as_json:
        emit(answer)
        return
    draw_options(answer.options)


@promise.command()
@click.option(
    "--parcels", type=click.IntRange(1), default=2_000, show_default=True, help="Of how many, the last first."
)
@json_option
def kept(parcels: int, as_json: bool) -> None:
    """How well promises are kept: by location, carrier and policy, by the first promise and by the last."""
    from orderline.cli.sources import reading
    from orderline.store.reading.promising import load_kept

    with reading() as source:
        figures = load_kept(source, parcels)
    if as_json:
        emit(figures)
        return
    if not figures.overall.ended:
        say("No promise has come to its end yet.")
        return
    groups = (
        ("", (figures.overall,)),
        ("location", figures.by_location),
        ("carrier", figures.by_carrier),
        ("policy", figures.by_policy),
    )
    rows = [
        (kind, each.name, each.ended, each.kept, each.kept_last, _percent(each.kept_ppm), _causes(each.causes))
        for kind, group in groups
        for each in group
    ]
    table(("by", "name", "ended", "kept", "by the last", "kept %", "missed by"), rows, right=(2, 3, 4, 5))


@promise.command()
@click.argument("location")
@click.option("--hours", type=click.IntRange(1, 500), default=20, show_default=True, help="How many hours of work.")
@json_option
def hours(location: str, hours: int, as_json: bool) -> None:
    """What LOCATION can do in the hours to come: its capacity, what waits, what is booked, what is left."""
    from datetime import UTC, datetime

    from orderline.cli.sources import reading
    from orderline.store.reading.promising import load_hours

    with reading() as source:
        found = load_hours(source, location, datetime.now(UTC), hours)
    if found is None:
        raise click.UsageError(f"{location}: there is no such location")
    if as_json:
        emit(found)
        return
    if found.takes is not None:
        click.echo(f"{location} takes {count(found.takes, 'more order')} now.")
    if not found.per_hour:
        click.echo(f"{location}: no capacity by the hour is written down.")
        return
    rows = [(instant(each.at), each.capacity, each.waiting, each.booked, each.left) for each in found.hours]
    table(("hour", f"{found.work} it can do", "waiting", "booked", "left"), rows, right=(1, 2, 3, 4))


def _percent(ppm: int) -> str:
    return f"{ppm // 10_000}.{ppm % 10_000 // 1_000}"


def _causes(causes: dict[str, int]) -> str:
    return ", ".join(f"{cause} {number}" for cause, number in causes.items())


@promise.command("show")
@click.argument("order_number", metavar="ORDER")
@json_option
def show(order_number: str, as_json: bool) -> None:
    """What the customer of ORDER (number or id) was promised: first, last, why it changed, and how it ended."""
    from orderline.cli.orders import one_order, shown_order
    from orderline.cli.ports import installation

    with installation().database() as database:
        order = shown_order(database, one_order(database, order_number)).order
    if as_json:
        emit(order.promises)
        return
    if not order.promises:
        click.echo(f"{order.number}: nothing was promised yet.")
    for each in order.promises:
        _line(order.number, each)


def _wanted(text: str) -> "WantedLine":
    from orderline.engine.promising import WantedLine

    sku, _, quantity = text.partition("=")
    if quantity and not quantity.isdecimal():
        raise click.UsageError(f"{text}: write SKU or SKU=QUANTITY")
    return WantedLine(sku, int(quantity or 1))


def draw_options(options: "Sequence[Option]") -> None:
    """Options, each with the steps that add up."""
    for option in options:
        _draw(option)


def _draw(option: "Option") -> None:
    to = console()
    best = f"  ({', '.join(goal.value.replace('_', ' ') for goal in option.goals)})" if option.goals else ""
    window = f"{instant(option.earliest_at)} to {instant(option.latest_at)}" if option.latest_at else "no date"
    to.print(f"[bold]{option.id} {option.method}[/bold]{best}  {window}")
    to.print(
        f"  {amount(option.cost_minor, option.currency)}, {count(option.parcels, 'parcel')}, "
        f"{option.carbon_g:,} g CO2e" + ("" if option.complete else ", not all of it")
    )
    for part in option.parts:
        _part(part)
    for line in option.lines:
        if line.unpromised:
            to.print(f"  line {line.line}: {count(line.unpromised, 'unit')} can't be promised")
    to.print("")


def _part(part: "Part") -> None:
    from rich.table import Table

    to = console()
    units = ", ".join(f"{item.quantity} {item.sku}" for item in part.items)
    supply = f", when {supply_row(part.supply)} has come" if part.supply else ""
    to.print(f"  {part.location} sends {units} by {part.carrier} {part.service}{supply}")
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right")
    grid.add_column()
    grid.add_column(overflow="fold")
    for step in part.steps:
        grid.add_row(f"    {_spent(step.seconds)}", step.name, step.rule)
    grid.add_row(
        f"    {_spent(sum(step.seconds for step in part.steps))}", "in all", f"until {instant(part.latest_at)}"
    )
    to.print(grid)


def _spent(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    return (f"{days} d " if days else "") + f"{rest // 3600:02}:{rest % 3600 // 60:02}"


def _line(number: str, promise: "LinePromise") -> None:
    to = console()
    ended = promise.outcome.value if promise.outcome is not None else "open"
    to.print(
        f"[bold]{number} line {promise.line}[/bold]  {ended}"
        + (f" at {instant(promise.settled_at)}" if promise.settled_at else "")
    )
    windows: Sequence[tuple[str, PromisedWindow]] = [("first", promise.first)]
    if promise.last is not None:
        windows = [*windows, (f"after {count(promise.revisions, 'revision')} ({promise.cause})", promise.last)]
    for name, window in windows:
        where = f" from {', '.join(window.locations)}" if window.locations else ""
        how = f" by {', '.join(window.services)}" if window.services else ""
        to.print(
            f"  {name}: {instant(window.earliest_at)} to {instant(window.latest_at)}{where}{how}; {_source(window)}"
        )


def _source(window: "PromisedWindow") -> str:
    """What a promise was read from; the decisions behind routes are told by `route explain`."""
    if window.supply:
        return f"when {supply_row(window.supply)} has come"
    return "by its route" if window.source.startswith("decision ") else window.source
