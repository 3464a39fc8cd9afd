"""Reports: what a page draws is what the API says, and no figure leads to other rows than it counts."""

import csv
import io

import msgspec
import pytest

from console.conftest import Site, Visitor
from orderline.api.operations import OPERATIONS
from orderline.console.listings import SHEETS
from orderline.console.reports import REPORTS

BY_NAME = {each.name: each for each in OPERATIONS}


@pytest.fixture(scope="module")
def boss(site: Site) -> Visitor:
    """Somebody who may see everything."""
    return site.person("boss")


@pytest.mark.parametrize("path", REPORTS)
def test_a_report_is_shown_when_there_is_nothing_yet(boss: Visitor, path: str) -> None:
    page = boss.get(path)
    assert page.status_code == 200
    assert f'href="{path}" aria-current="page"' in page.text
    for table in REPORTS[path].tables:
        assert f"{table.title}</h2>" in page.text


@pytest.mark.parametrize("path", REPORTS)
def test_figures_are_fields_and_rows_are_lists(path: str) -> None:
    operation = BY_NAME[SHEETS[path][1].operation]
    for table in REPORTS[path].tables:
        if not operation.page:
            assert table.field in {each.encode_name for each in msgspec.structs.fields(operation.output)}


def test_touches_are_those_of_the_api(site: Site, boss: Visitor) -> None:
    number = site.stage.place("REPORT-1")["number"]
    note = boss.post(f"/orders/{number}/annotate_order", {"csrf": boss.csrf(), "key": "report-1", "note": "by hand"})
    assert note.status_code == 303, note.text
    told = site.stage.call("GET", "/v1/reports/touches").json()
    web = next(each for each in told["channels"] if each["channel"] == "web")
    assert web["touches"] > 0
    page = boss.get("/reports/touches").text
    assert f">{web['per_100']}</td>" in page
    assert f'<rect width="{1000}"' in page, "the greatest has the longest bar"
    assert 'href="/orders?' not in page, "all orders of a channel are not those that were counted"
    assert "annotate order" in page
    channels = rows(boss, "/export/reports/touches")
    assert [(each["Channel"], int(each["Touches"])) for each in channels] == [
        (each["channel"], each["touches"]) for each in told["channels"]
    ]
    commands = rows(boss, "/export/reports/touches?table=commands")
    assert sum(int(each["Touches"]) for each in commands) == sum(each["touches"] for each in told["commands"])
    assert boss.get("/reports/touches?days=0").status_code == 422
    assert boss.get("/reports/touches?days=1").status_code == 200


def test_a_report_is_for_those_who_may_read_what_it_counts(site: Site) -> None:
    visitor = site.person("stan", "stock:read")
    assert visitor.get("/reports/touches").status_code == 403
    assert visitor.get("/export/reports/touches").status_code == 403
    assert "/reports/" not in visitor.get("/stock").text


def rows(visitor: Visitor, path: str) -> list[dict[str, str]]:
    answer = visitor.get(path)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))
