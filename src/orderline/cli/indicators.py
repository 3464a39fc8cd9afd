"""`orderline indicators`: what there are, what each comes to by slice and by period, and the orders behind it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from orderline.cli.inputs import DAY
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, instant, plain
from orderline.cli.ports import Failure, Shape
from orderline.core.reports.asking import DAYS_EXPECTED, days_asked, slices_expected, unusable
from orderline.core.reports.indicators import INDICATORS, Indicator, Slice, Unit
from orderline.values.time import render_span

if TYPE_CHECKING:
    from orderline.store.reading.indicators import Asked, Figure

PERIODS: Final = ("day", "week", "month")
MOST: Final = 10_000
_HEADS: Final = ("value", "numerator", "denominator", "currency")


class Told(Shape, frozen=True):
    """What `show` prints with --json. slices_untold: how many more there are; measured_at: nothing before it is left out."""

    indicator: dict[str, Any]
    since: str
    until: str
    measured_at: datetime | None
    overall: list["Figure"]
    slices: list["Figure"]
    slices_untold: int
    periods: list["Figure"]


@click.group()
def indicators() -> None:
    """How well things go, by figures with a definition: list, show, orders."""


@indicators.command("list")
@json_option
def list_indicators(as_json: bool) -> None:
    """What indicators there are, and what each can be sliced by."""
    if as_json:
        emit([_definition(each) for each in INDICATORS.values()])
        return
    rows = [(each.name, each.question, ", ".join(each.slices)) for each in INDICATORS.values()]
    table(("indicator", "question", "sliced by"), rows)


def _asking(function: Callable[..., None]) -> Callable[..., None]:
    """The days and filters of a command that reads an indicator."""
    made: Any = json_option(function)
    for each in reversed(Slice):
        help_ = f"Only of this {each.value}; may be repeated."
        made = click.option(f"--{each.value}", each.value, multiple=True, help=help_)(made)
    made = click.option("--until", type=DAY, help="The last day (UTC); today, when not given.")(made)
    made = click.option("--since", type=DAY, help="The first day (UTC); four weeks in all, when not given.")(made)
    return click.argument("indicator")(made)


@indicators.command()
@click.option("--by", type=click.Choice([each.value for each in Slice]), help="What it is sliced by.")
@click.option(
    "--period",
    type=click.Choice(PERIODS),
    default="week",
    show_default=True,
    help="Into which periods the days are cut.",
)
@click.option(
    "--most",
    type=click.IntRange(1, MOST),
    default=50,
    show_default=True,
    help="Of slices, those of which there is most.",
)
@_asking
def show(
    indicator: str, by: str | None, period: str, most: int, since: datetime | None, until: datetime | None, as_json: bool,
    **only: tuple[str, ...],
) -> None:  # fmt: skip
    """What an INDICATOR comes to: all together, and by period or by slice."""
    from orderline.cli.sources import reading
    from orderline.store.reading.indicators import Period, load_figures

    known = _known(indicator)
    asked = _asked(known, since, until, only)
    if by is not None and unusable(known, (Slice(by),)) is not None:
        raise _not_sliced(known, by)
    with reading() as source:
        found = load_figures(source, asked, Slice(by) if by is not None else None, Period(period))
    last, slices = asked.until - timedelta(days=1), found.slices[:most]
    untold = len(found.slices) - len(slices)
    if as_json:
        told = _definition(known), str(asked.since), str(last), found.measured_at, found.overall, slices, untold
        emit(Told(*told, found.periods))
        return
    say(f"{known.title}, {asked.since} to {last}. {known.question}")
    say(f"Numerator: {known.numerator}. Denominator: {known.denominator}. As of: {known.instant}.")
    parts = slices if by is not None else found.periods
    rows = [("all", *_row(known, each)) for each in found.overall]
    rows += [(each.slice or "none" if by is not None else str(each.begins), *_row(known, each)) for each in parts]
    table((by or "from", *_HEADS), rows, right=(1, 2, 3))
    if untold:
        say(f"There are {untold:,} more; --most tells them.")
    say(f"Measured until {instant(found.measured_at)}." if found.measured_at else "Nothing has been measured yet.")


@indicators.command()
@click.option("--most", type=click.IntRange(1, MOST), default=100, show_default=True, help="No more rows than these.")
@_asking
def orders(
    indicator: str, most: int, since: datetime | None, until: datetime | None, as_json: bool, **only: tuple[str, ...]
) -> None:
    """The orders behind the figures of an INDICATOR: what each counts adds up to them."""
    from orderline.cli.sources import reading
    from orderline.store.reading.indicators import load_behind

    known = _known(indicator)
    asked = _asked(known, since, until, only)
    with reading() as source:
        found, more = load_behind(source, asked, None, most)
    if as_json:
        emit(found)
    elif found:
        shown = [each for each in (*known.slices, "currency") if any(getattr(row, each, "") for row in found)]
        rows = [
            (str(row.day), row.number, _counted(known, row.numerator, row.currency),
             _below(known, row.denominator), *(getattr(row, each, "") for each in shown))
            for row in found
        ]  # fmt: skip
        table(("day", "order", "numerator", "denominator", *map(plain, shown)), rows, right=(2, 3))
    else:
        say("No order counts for it in these days.")
    if more is not None:
        say(f"There are more than {most:,}; --most tells them.")


def _known(name: str) -> Indicator:
    known = INDICATORS.get(name)
    if known is None:
        todo = "`orderline indicators list` tells what there are."
        raise Failure(f"There is no indicator {name!r}.", todo, code="INDICATOR_UNKNOWN", value=name[:100])
    return known


def _asked(
    known: Indicator, since: datetime | None, until: datetime | None, only: Mapping[str, Sequence[str]]
) -> "Asked":
    from orderline.store.reading.indicators import Asked

    given = {Slice(name): values for name, values in only.items() if values}
    if (wrong := unusable(known, given)) is not None:
        raise _not_sliced(known, wrong)
    today = datetime.now(UTC).date()
    days = days_asked(since.date() if since else None, until.date() if until else None, today)
    if days is None:
        raise Failure(
            f"These days can't be asked for: {DAYS_EXPECTED} are expected.", code="INPUT_INVALID", field="since"
        )
    return Asked(known, days[0], days[1] + timedelta(days=1), given)


def _not_sliced(known: Indicator, by: str) -> Failure:
    return Failure(f"It has no {by}: {slices_expected(known)}.", code="INPUT_INVALID", field=by)


def _definition(known: Indicator) -> dict[str, Any]:
    told = msgspec.structs.asdict(known)
    return {name: value for name, value in told.items() if name not in ("over", "under")}


def _row(known: Indicator, figure: "Figure") -> tuple[str, ...]:
    currency = figure.currency
    return (
        _value(known, figure.value, currency), _counted(known, figure.numerator, currency),
        _below(known, figure.denominator), currency,
    )  # fmt: skip


def _value(known: Indicator, value: int | None, currency: str) -> str:
    if value is None:
        return ""
    match known.unit:
        case Unit.SHARE:
            return f"{_tenths(value, 10_000)} %"
        case Unit.PER_100:
            return _tenths(value, 10_000)
        case Unit.PER_DAY:
            return _tenths(value, 1_000)
        case Unit.SECONDS | Unit.MINOR:
            return _counted(known, value, currency)


def _counted(known: Indicator, number: int, currency: str) -> str:
    match known.unit:
        case Unit.SECONDS:
            return render_span(number)
        case Unit.MINOR:
            return amount(number, currency) if currency else f"{number:,}"
        case _:
            return f"{number:,}"


def _below(known: Indicator, number: int) -> str:
    return "" if known.unit is Unit.PER_DAY else f"{number:,}"


def _tenths(value: int, one: int) -> str:
    """With one decimal, rounded half up."""
    whole, tenth = divmod((abs(value) * 20 + one) // (2 * one), 10)
    return f"{'-' if value < 0 else ''}{whole:,}.{tenth}"
