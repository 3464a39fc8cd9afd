"""Lists as files: what a list shows, row by row, within stated limits, and harmless in a spreadsheet."""

import csv
import io

import pytest

from console.conftest import Site, Visitor
from orderline.console import exporting
from orderline.console.pages import PAGES

FILES = [page.path for page in PAGES if page.path.startswith(exporting.EXPORT)]


def rows(visitor: Visitor, path: str) -> list[dict[str, str]]:
    answer = visitor.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.fixture(scope="module")
def boss(site: Site) -> Visitor:
    """Somebody who may see everything."""
    return site.person("boss")


@pytest.mark.parametrize("path", FILES)
def test_every_list_can_be_kept(boss: Visitor, path: str) -> None:
    rows(boss, path.replace("{indicator}", "touches"))


def test_the_file_has_the_rows_of_the_list_and_its_filters(site: Site, boss: Visitor) -> None:
    numbers = [
        site.stage.place(f"X-{at}", at, customer={"name": "=1+1", "email": "x@example.com"})["number"]
        for at in (1, 2, 3)
    ]
    found = rows(boss, "/export/orders?q=x%40example.com")
    assert [each["Order"] for each in found] == numbers[::-1]
    assert [(each["Total"], each["Currency"]) for each in found] == [
        ("60.00", "EUR"),
        ("40.00", "EUR"),
        ("20.00", "EUR"),
    ]
    assert {each["Customer"] for each in found} == {"'=1+1"}, "no cell is a formula"
    assert rows(boss, "/export/orders?phase=canceled") == []
    assert rows(boss, "/export/stock?sku=TEE-M&location=paris")[0]["On hand"] == "5"
    assert boss.get("/export/orders?phase=flying").status_code == 422


def test_no_cell_of_any_table_is_a_formula() -> None:
    told = exporting.lines([["Reason", "Net"], ["=1+1", "-12.50"], ["@x", "+1-1"], ["\rx", "3"]])
    assert list(csv.reader(io.StringIO(told.decode(), newline="")))[1:] == [
        ["'=1+1", "-12.50"],
        ["'@x", "'+1-1"],
        ["'\rx", "3"],
    ]


def test_a_file_that_is_not_whole_says_so(site: Site, boss: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(5):
        site.stage.place(f"Y-{at}", customer={"name": "Yve", "email": "y@example.com"})
    monkeypatch.setattr(exporting, "PER_PAGE", 2)
    assert len(rows(boss, "/export/orders?q=y%40example.com")) == 5, "pages are joined"
    monkeypatch.setattr(exporting, "MOST_ROWS", 3)
    found = rows(boss, "/export/orders?q=y%40example.com")
    assert len(found) == 4
    assert found[-1]["Order"].startswith("There are more than 3 rows")


def test_a_file_shows_no_more_than_its_list(site: Site) -> None:
    number = site.stage.place("Z-1", customer={"name": "Zoe Zimmer", "email": "z@example.com"})["number"]
    visitor = site.person("zac", "orders:read")
    found = next(each for each in rows(visitor, "/export/orders") if each["Order"] == number)
    assert "Zimmer" not in str(found)
    assert visitor.get("/export/users").status_code == 403
