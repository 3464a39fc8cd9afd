"""Indicators: each with its definition, drawn by period, sliced, and with the orders behind every figure."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec

from orderline.console.exporting import lines
from orderline.console.languages import Language, word
from orderline.console.listings import head_of
from orderline.console.rendering import amount
from orderline.console.visits import Sent, Shown, Visit, sent_whole
from orderline.values.money import CURRENCY_DIGITS
from orderline.values.time import render_span

PATH: Final = "/reports/indicators"
SLICES: Final = ("channel", "location", "carrier", "country", "zone", "sku", "category", "rule", "reason")
PERIODS: Final = {"day": word("by day"), "week": word("by week"), "month": word("by month")}
WIDE: Final = 1000  # how wide a bar is that is full
MOST_LINES: Final = 5  # slices drawn beside all together
MOST: Final = 100
MOST_SLICES: Final = 100
MOST_KEPT: Final = 10_000


@dataclass(frozen=True)
class Series:
    """An indicator over time, in one currency where it is money. figures: of the periods that have any; highest, lowest: in words.

    drawn: what `chart.js` draws, as JSON: the first day of each period, and lines with a value for each, null where there is none.
    """

    currency: str
    figures: list[Mapping[str, Any]]
    highest: str
    lowest: str
    drawn: str


async def show_all(visit: Visit) -> Shown:
    """What indicators there are."""
    found = await visit.ask("list_indicators")
    return Shown("indicators.html", {**head_of(visit, PATH), "indicators": found["items"]})


async def show(visit: Visit) -> Shown:
    """One indicator: all together, over time, by slice."""
    given = _given(visit)
    told = await visit.ask(
        "read_indicator", {"indicator": visit.path["indicator"]}, query={**given, "most": MOST_SLICES}
    )
    unit, by = told["indicator"]["unit"], given["by"]
    largest = list(dict.fromkeys(each["slice"] for each in told["slices"] if each.get("slice")))[:MOST_LINES]
    beside = await asyncio.gather(
        *(
            visit.ask("read_indicator", {"indicator": visit.path["indicator"]}, query={**given, "by": "", by: [each]})
            for each in largest
        )
    )
    told["periods"] = [{**each, "only": _within(told, given, each)} for each in told["periods"]]
    about = {
        **_about(visit, told, given),
        "series": series_of(visit.spoken, told, given["period"], dict(zip(largest, beside, strict=True))),
        "rows": [
            {**each, "wide": _wide(each, told["slices"]), "only": _only(given, given["by"], each)}
            for each in told["slices"]
        ],
        "periods": PERIODS,
        "money": unit == "minor",
    }
    return Shown("indicator.html", about)


async def behind(visit: Visit) -> Shown:
    """The orders behind a figure."""
    given = _given(visit)
    at, only = {"indicator": visit.path["indicator"]}, {name: given[name] for name in ("since", "until", *SLICES)}
    told = await visit.ask("read_indicator", at, query=only)
    cursor, currency = visit.query.get("cursor", ""), visit.query.get("currency", "")
    told["overall"] = [each for each in told["overall"] if currency in ("", each.get("currency", ""))]
    asked = {**only, "currency": currency, "limit": MOST, "cursor": cursor}
    found = await visit.ask("list_indicator_orders", at, query=asked)
    about = {
        **_about(visit, told, given), "rows": found["items"], "next": found["next"], "cursor": cursor, "currency": currency,
    }  # fmt: skip
    return Shown("indicator_orders.html", about)


async def export(visit: Visit) -> Sent:
    """Slices as CSV, or periods where nothing is sliced."""
    given = _given(visit)
    told = await visit.ask("read_indicator", {"indicator": visit.path["indicator"]}, query={**given, "most": MOST_KEPT})
    by, unit = given["by"], told["indicator"]["unit"]
    rows = told["slices"] if by else told["periods"]
    head = [by.capitalize() if by else "From", "Value", "Unit", "Numerator", "Denominator", "Currency"]
    body = [
        [each.get("slice", "") if by else each["begins"], *_kept(each, unit), str(each["numerator"]),
         str(each["denominator"]), each.get("currency", "")]
        for each in rows
    ]  # fmt: skip
    name = f"{told['indicator']['name']}-{by or given['period']}-{told['since']}-{told['until']}.csv"
    return sent_whole(lines([head, *body]), "text/csv; charset=utf-8", name)


def series_of(
    spoken: Language, told: Mapping[str, Any], period: str, slices: Mapping[str, Mapping[str, Any]]
) -> list[Series]:
    """Figures over time, of all together and of some slices; a period without any has a gap."""
    unit = told["indicator"]["unit"]
    begins = _begins(date.fromisoformat(told["since"]), date.fromisoformat(told["until"]), period)
    whole, parts = _by_currency(told), {name: _by_currency(each) for name, each in slices.items()}

    def line(label: str, figures: Mapping[str, Mapping[str, Any]], currency: str) -> dict[str, Any]:
        values = [figures[at]["value"] if at in figures else None for at in begins]
        said = [told_value(spoken, value, unit, currency) for value in values]
        return {"label": label, "values": values, "told": said}

    found: list[Series] = []
    for currency, figures in sorted(whole.items()):
        values = [each["value"] for each in figures.values()]
        lines = [line(spoken.gettext(word("All")), figures, currency)]
        lines += [line(name, each[currency], currency) for name, each in parts.items() if currency in each]
        drawn = {
            "begins": begins, "period": period, "unit": unit, "lines": lines,
            "decimals": CURRENCY_DIGITS.get(currency, 0), "when": spoken.gettext(word("From")),
        }  # fmt: skip
        highest, lowest = (told_value(spoken, each, unit, currency) for each in (max(values), min(values)))
        found.append(Series(currency, list(figures.values()), highest, lowest, msgspec.json.encode(drawn).decode()))
    return found


def _by_currency(told: Mapping[str, Any]) -> dict[str, dict[str, Mapping[str, Any]]]:
    """The figures of periods by their first day, for each currency."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for each in told["periods"]:
        if each.get("value") is not None:
            found.setdefault(each.get("currency", ""), {})[each["begins"]] = each
    return found


def told_value(spoken: Language, value: int | None, unit: str, currency: str = "") -> str:
    """What a figure comes to, as people say it."""
    if value is None:
        return ""
    match unit:
        case "share":
            return f"{spoken.decimal(value / 10_000)} %"
        case "per_100":
            return spoken.decimal(value / 10_000)
        case "per_day":
            return spoken.decimal(value / 1_000)
        case "seconds":
            return render_span(value, minus="\N{MINUS SIGN}")
        case _:
            return spoken.figure(value, currency)


def counted(spoken: Language, number: int, unit: str, currency: str = "") -> str:
    """A numerator: time, money, or how many."""
    match unit:
        case "seconds":
            return render_span(number, minus="\N{MINUS SIGN}")
        case "minor":
            return spoken.figure(number, currency)
        case _:
            return spoken.number(number)


def _kept(figure: Mapping[str, Any], unit: str) -> tuple[str, str]:
    """A value as a spreadsheet takes it, and what it is of."""
    value = figure.get("value")
    words = {"share": "%", "per_100": "per 100", "per_day": "per day", "seconds": "s", "minor": ""}
    if value is None:
        return "", words[unit]
    match unit:
        case "share" | "per_100":
            return f"{value / 10_000:.4f}", words[unit]
        case "per_day":
            return f"{value / 1_000:.3f}", words[unit]
        case "seconds":
            return str(value), words[unit]
        case _:
            return amount(value, figure["currency"]).partition(" ")[0].replace(",", "").replace(
                "\N{MINUS SIGN}", "-"
            ), words[unit]


def _given(visit: Visit) -> dict[str, Any]:
    """What was asked for; what is none of the choices stands for the usual."""
    by = visit.query.get("by", "")
    period = visit.query.get("period", "")
    return {
        "since": visit.query.get("since", ""), "until": visit.query.get("until", ""),
        "by": by if by in SLICES else "", "period": period if period in PERIODS else "day",
        **{name: [each for each in visit.many.get(name, ()) if each or name != "category"] for name in SLICES},
    }  # fmt: skip


def _about(visit: Visit, told: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    chosen = [
        (name, value, {**given, name: [each for each in given[name] if each != value]})
        for name in SLICES
        for value in given[name]
    ]
    return {
        **head_of(visit, PATH), "indicator": told["indicator"], "told": told, "given": given, "chosen": chosen,
        "path": f"{PATH}/{told['indicator']['name']}", "value": partial(told_value, visit.spoken),
        "counted": partial(counted, visit.spoken),
        "today": datetime.now(UTC).date().isoformat(),
    }  # fmt: skip


def _only(given: Mapping[str, Any], by: str, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The same with this slice alone, in its currency; None: SKUs without a category can't be asked for."""
    value = row.get("slice", "")
    return {**given, by: [value], "currency": row.get("currency", "")} if by and (value or by != "category") else None


def _within(told: Mapping[str, Any], given: Mapping[str, Any], figure: Mapping[str, Any]) -> dict[str, Any]:
    """The same in a period alone, as far as its days are asked for, in the currency of its figure."""
    following = _begins(
        date.fromisoformat(figure["begins"]), date.fromisoformat(figure["begins"]) + timedelta(days=31), given["period"]
    )
    last = (date.fromisoformat(following[1]) - timedelta(days=1)).isoformat()
    days = {"since": max(figure["begins"], told["since"]), "until": min(last, told["until"])}
    return {**given, **days, "currency": figure.get("currency", "")}


def _wide(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> int:
    """How wide the bar of a slice is; what is less than nought has one, too, of another color."""
    of_currency = [abs(each.get("value") or 0) for each in rows if each.get("currency") == row.get("currency")]
    most = max(of_currency, default=0)
    return round(abs(row.get("value") or 0) * WIDE / most) if most else 0


def _begins(since: date, until: date, period: str) -> list[str]:
    """The first days of all periods."""
    at = since
    if period == "week":
        at -= timedelta(days=at.weekday())
    elif period == "month":
        at = at.replace(day=1)
    found: list[str] = []
    while at <= until:
        found.append(at.isoformat())
        at += timedelta(days=7 if period == "week" else 1)
        if period == "month":
            at = (at.replace(day=28) + timedelta(days=4)).replace(day=1)
    return found
