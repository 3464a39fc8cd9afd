"""What is out of the ordinary since yesterday, beside the four weeks before: each a task with its evidence.

Rejections and other exceptions of a location, and returns of a SKU. What is usual is their share in the weeks before, of the
units offered, of the fulfillment orders opened, of the units sent; how much more is a spike says `core.tasks.spikes`.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Final

from orderline.core.reports.indicators import INDICATORS, Slice
from orderline.core.reports.measures import REJECTED, Measure
from orderline.core.tasks.commands import RaiseTask
from orderline.core.tasks.spikes import expected_ppm, is_spike
from orderline.core.tasks.state import TaskKind
from orderline.store.database import Database
from orderline.store.reading.indicators import Asked, Period, load_behind, load_figures, load_lately
from orderline.store.reading.source import Source, open_source
from orderline.store.service import load_service, load_service_days

USUAL_OVER: Final = timedelta(days=28)
LATELY_DAYS: Final = 2  # yesterday and today
MOST_EVIDENCE: Final = 10
MOST_ORDERS: Final = 5


def find_spikes(database: Database, now: datetime) -> dict[str, RaiseTask]:
    """All spikes there are, by the names of their tasks."""
    day = (now - timedelta(days=1)).astimezone(UTC).date()
    with closing(open_source(database).connection) as connection:
        source = Source(connection, database.cell)
        spikes = (*_rejections(database, day), *_exceptions(source, day), *_returns(source, day))
    return {each.task: each for each in spikes}


def _rejections(database: Database, day: date) -> Iterator[RaiseTask]:
    for each in load_service_days(database, day, day - USUAL_OVER):
        if not is_spike(each.rejected, each.offered, each.rejected_before, each.offered_before):
            continue
        usual = expected_ppm(each.rejected_before, each.offered_before)
        worst = [row for row in load_service(database, each.location, day, (), MOST_EVIDENCE) if row.rejected]
        yield RaiseTask(
            task=f"anomaly:rejections@{each.location}",
            kind=TaskKind.ANOMALY,
            text=(
                f"{each.location} has rejected {each.rejected} of {each.offered} units since {day.isoformat()};"
                f" {usual / 10_000:.1f} % were usual in {USUAL_OVER.days} days"
            ),
            location=each.location,
            figures=(("rejected", each.rejected), ("offered", each.offered), ("usual_ppm", usual)),
            evidence=tuple(f"{row.sku}: {row.rejected} of {row.offered} rejected" for row in worst),
        )


def _exceptions(source: Source, day: date) -> Iterator[RaiseTask]:
    """Of locations, but for rejections, which have a task of their own."""
    rows = load_lately(source, Slice.LOCATION, (Measure.EXCEPTIONS, Measure.OPENED), day, day - USUAL_OVER, (REJECTED,))
    for location, sums in rows.items():
        happened, opened = sums[Measure.EXCEPTIONS], sums[Measure.OPENED]
        counted, of, before, of_before = happened.amount, opened.number, happened.amount_before, opened.number_before
        if not location or not is_spike(counted, of, before, of_before):
            continue
        usual = expected_ppm(before, of_before)
        yield RaiseTask(
            task=f"anomaly:exceptions@{location}",
            kind=TaskKind.ANOMALY,
            text=(
                f"{counted} exceptions at {location} since {day.isoformat()}, with {of} fulfillment orders opened;"
                f" {usual / 10_000:.1f} in a hundred were usual in {USUAL_OVER.days} days"
            ),
            location=location,
            figures=(("exceptions", counted), ("opened", of), ("usual_ppm", usual)),
            evidence=_evidence(source, "exceptions", Slice.LOCATION, location, day, without=REJECTED),
        )


def _returns(source: Source, day: date) -> Iterator[RaiseTask]:
    """Of SKUs. What comes back was sent some time ago: beside it stands what is sent in as many days on the average."""
    rows = load_lately(source, Slice.SKU, (Measure.RETURNED, Measure.SHIPPED), day, day - USUAL_OVER)
    for sku, sums in rows.items():
        back, sent = sums[Measure.RETURNED], sums[Measure.SHIPPED]
        of = max(sent.amount, sent.amount_before * LATELY_DAYS // USUAL_OVER.days)
        if not sku or not is_spike(back.amount, of, back.amount_before, sent.amount_before):
            continue
        usual = expected_ppm(back.amount_before, sent.amount_before)
        yield RaiseTask(
            task=f"anomaly:returns:{sku}",
            kind=TaskKind.ANOMALY,
            text=(
                f"{back.amount} units of {sku} are to come back since {day.isoformat()}, with {of} sent in as many days;"
                f" {usual / 10_000:.1f} % were usual in {USUAL_OVER.days} days"
            ),
            sku=sku,
            figures=(("returned", back.amount), ("sent", of), ("usual_ppm", usual)),
            evidence=_evidence(source, "returns", Slice.SKU, sku, day),
        )


def _evidence(source: Source, name: str, by: Slice, value: str, day: date, *, without: str = "") -> tuple[str, ...]:
    """Why, most often first, and some of the orders."""
    asked = Asked(INDICATORS[name], day, day + timedelta(days=LATELY_DAYS), {by: [value]})
    reasons = [each for each in load_figures(source, asked, Slice.REASON, Period.DAY).slices if each.slice != without]
    reasons.sort(key=lambda each: (-each.numerator, each.slice))
    only = asked._replace(only={by: [value], Slice.REASON: [each.slice for each in reasons] or [""]})
    parts, _ = load_behind(source, only, None, MOST_EVIDENCE * MOST_ORDERS)
    numbers = list(dict.fromkeys(each.number for each in parts if each.numerator))[:MOST_ORDERS]
    told = [f"{each.slice}: {each.numerator}" for each in reasons[: MOST_EVIDENCE - 1]]
    return (*told, *([f"orders {', '.join(numbers)}"] if numbers else []))
