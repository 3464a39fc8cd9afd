"""Indicators on pages: what the API says, drawn; each figure leads to its orders, and all of it is kept as CSV."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import quote_plus

import pytest

from console.conftest import Site, Visitor
from orderline.console.indicators import PERIODS, SLICES, series_of, told_value
from orderline.console.languages import language
from orderline.core.reports.indicators import INDICATORS, Slice
from support.finality import measure

AT = "/reports/indicators"


@pytest.fixture(scope="module")
def boss(site: Site) -> Visitor:
    """Somebody who may see everything, in a shop with three orders: one was rejected, one was touched."""
    boss = site.person("boss")
    numbers: list[str] = []
    for at in range(3):
        placed = site.stage.place(f"IND-{at}")
        numbers.append(placed["number"])
        site.stage.allocate(placed["id"])
        if not at:
            body = {"reason": "too <b>busy"}
            site.stage.call("POST", f"/v1/orders/{placed['id']}/fulfillments/1/rejections", json=body)
    note = boss.post(f"/orders/{numbers[1]}/annotate_order", {"csrf": boss.csrf(), "key": "ind-1", "note": "by hand"})
    assert note.status_code == 303, note.text
    measure(site.stage.database)
    return boss


@pytest.mark.parametrize("name", INDICATORS)
def test_each_indicator_has_a_page_with_its_definition(boss: Visitor, name: str) -> None:
    assert f'href="{AT}/{name}"' in boss.get(AT).text
    for query in ("", f"?by={INDICATORS[name].slices[-1]}&period=month"):
        page = boss.get(f"{AT}/{name}{query}")
        assert page.status_code == 200, page.text
        assert f'href="{AT}" aria-current="page"' in page.text
        for part in ("Numerator", "Denominator", "Facts", "As of"):
            assert f"<dt>{part}</dt>" in page.text
    assert boss.get(f"{AT}/{name}/orders").status_code == 200
    assert boss.get(f"/export{AT}/{name}").status_code == 200


def test_slices_on_pages_are_those_of_the_api() -> None:
    assert list(SLICES) == [each.value for each in Slice]
    assert set(PERIODS) == {"day", "week", "month"}


def test_a_figure_leads_to_the_orders_behind_it(boss: Visitor) -> None:
    page = boss.get(f"{AT}/rejections?by=reason").text
    assert "33.3 %" in page
    assert "too &lt;b&gt;busy" in page
    assert "reason=too+%3Cb%3Ebusy" in page
    behind = boss.get(f"{AT}/rejections/orders?reason=too+%3Cb%3Ebusy").text
    assert behind.count('data-label="Counts as">rejected<') == 1
    assert behind.count('data-label="Counts as">allocated<') == 3
    assert "33.3 %" in behind
    assert "There is nothing to count in these days" in boss.get(f"{AT}/rejections?location=paris").text
    touched = boss.get(f"{AT}/touches?by=reason").text
    assert "annotate_order" in touched


@pytest.mark.parametrize(("name", "by"), [("rejections", "reason"), ("rejections", "rule"), ("touches", "channel")])
def test_behind_each_slice_and_period_is_what_it_counts(site: Site, boss: Visitor, name: str, by: str) -> None:
    """What has no slice leads to its orders, too; a week that began before the days that are asked for, to those of these days."""
    today = datetime.now(UTC).date()
    page = boss.get(f"{AT}/{name}?by={by}&period=week&since={today}").text
    told = site.stage.call("GET", f"/v1{AT}/{name}?by={by}&period=week&since={today}").json()
    links = [unescape(each) for each in re.findall(rf'href="({AT}/{name}/orders\?[^"]*)"', page)]
    whole, periods, slices = links[:1], links[1 : 1 + len(told["periods"])], links[1 + len(told["periods"]) :]
    assert len(whole) == 1
    assert len(slices) == len(told["slices"])
    assert all(
        f"{by}={quote_plus(each.get('slice', ''))}" in to.split("&")
        for to, each in zip(slices, told["slices"], strict=True)
    )
    for to, figure in zip([*periods, *slices], [*told["periods"], *told["slices"]], strict=True):
        assert boss.get(to).status_code == 200
        given = "&".join(
            each for each in to.partition("?")[2].split("&") if each.partition("=")[0] not in ("by", "period")
        )
        rows = site.stage.call("GET", f"/v1{AT}/{name}/orders?limit=200&{given}").json()["items"]
        assert sum(each["numerator"] for each in rows) == figure["numerator"], to
        assert sum(each["denominator"] for each in rows) == figure["denominator"], to


def test_csv_has_what_the_page_has(boss: Visitor) -> None:
    answer = boss.get(f"/export{AT}/rejections?by=reason")
    assert list(csv.reader(io.StringIO(answer.text))) == [
        ["Reason", "Value", "Unit", "Numerator", "Denominator", "Currency"],
        ["too <b>busy", "33.3333", "%", "1", "3", ""],
    ]
    today = datetime.now(UTC).date()
    over_time = list(csv.reader(io.StringIO(boss.get(f"/export{AT}/rejections").text)))
    assert over_time[1:] == [[str(today), "33.3333", "%", "1", "3", ""]]


def test_what_can_not_be_asked_is_told(boss: Visitor) -> None:
    today = datetime.now(UTC).date()
    assert boss.get(f"{AT}/happiness").status_code == 404
    assert boss.get(f"{AT}/touches?since={today}&until={today - timedelta(days=1)}").status_code == 422
    assert boss.get(f"{AT}/touches?by=nonsense&period=nonsense").status_code == 200


def test_indicators_are_for_those_who_may_read_orders(site: Site) -> None:
    visitor = site.person("ines", "stock:read")
    for path in (AT, f"{AT}/touches", f"{AT}/touches/orders", f"/export{AT}/touches"):
        assert visitor.get(path).status_code == 403


FIGURES = [
    (940_000,  "share",    "",    "94.0 %"),
    (123_400,  "per_100",  "",    "12.3"),
    (2_500,    "per_day",  "",    "2.5"),
    (-4_200,   "seconds",  "",    "\N{MINUS SIGN}1 h 10 min"),
    (95_000,   "seconds",  "",    "1 d 2 h"),
    (-199,     "minor",    "EUR", "\N{MINUS SIGN}1.99 EUR"),
    (None,     "share",    "",    ""),
]  # fmt: skip


@pytest.mark.parametrize(("value", "unit", "currency", "told"), FIGURES)
def test_a_figure_is_told_in_its_unit(value: int | None, unit: str, currency: str, told: str) -> None:
    assert told_value(language("en"), value, unit, currency) == told


def test_lines_have_a_value_for_each_period_and_gaps_where_there_is_none() -> None:
    def told(values: dict[str, int]) -> dict[str, Any]:
        figures = [
            {"begins": at, "value": value, "numerator": value, "denominator": 1, "currency": "EUR"}
            for at, value in values.items()
        ]
        return {"indicator": {"unit": "minor"}, "since": "2026-03-01", "until": "2026-03-04", "periods": figures}

    whole = told({"2026-03-01": 300, "2026-03-02": 0, "2026-03-04": -100})
    [series] = series_of(language("en"), whole, "day", {"web": told({"2026-03-02": 50}), "till": told({})})
    drawn = json.loads(series.drawn)
    assert drawn["begins"] == ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"]
    assert [(each["label"], each["values"]) for each in drawn["lines"]] == [
        ("All", [300, 0, None, -100]),
        ("web", [None, 50, None, None]),
    ]
    assert drawn["lines"][0]["told"] == ["3.00 EUR", "0.00 EUR", "", "\N{MINUS SIGN}1.00 EUR"]
    assert (series.highest, series.lowest, drawn["decimals"]) == ("3.00 EUR", "\N{MINUS SIGN}1.00 EUR", 2)
    assert [each["begins"] for each in series.figures] == ["2026-03-01", "2026-03-02", "2026-03-04"]
