"""Reports: what a page draws is what the API says, and no figure leads to other rows than it counts."""

import csv
import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import msgspec
import pytest

from api.stage import Stage
from console.conftest import Site, Visitor
from orderline.api.operations import OPERATIONS
from orderline.console.listings import SHEETS
from orderline.console.reports import REPORTS, Behind
from orderline.core.appeasements.state import AppeasementLimits
from orderline.core.context import Actor
from orderline.core.disputes.commands import TellDispute
from orderline.core.disputes.state import DisputeStage
from orderline.core.holds.commands import RejectHold, ScreenOrder
from orderline.core.orders import commands as c
from orderline.core.orders.promised import LineWindowInput, PromiseCause
from orderline.core.orders.state import LineQuantity
from orderline.core.policies.commands import ActivatePolicy, PutPolicy
from orderline.core.policies.state import digest_of
from orderline.core.returns.commands import PolicyReference
from orderline.values.ids import OrderId

HOLDS = 'kind = "holds"\n' + "".join(
    f'[[rule]]\nname = "{name}"\nwhen = "true"\ntype = "{type_}"\n'
    for name, type_ in (("all", "fraud"), ("look", "stock"))
)
PAID = {"provider": "sandbox", "method": "card", "amount_minor": 2000, "state": "captured"}
BY_NAME = {each.name: each for each in OPERATIONS}
LINK = re.compile(r'<a href="(/reports/\w+/[^"]+)">([^<]*)</a>')
# Of figures that are sums, by what their links hold: the columns of the rows behind them that add up, in the order of the figures.
SUMS = {
    "/reports/appeasements": ("Times", "Net", "Tax"), "having=picked": ("Picked",), "having=short": ("Short",),
    "having=wrong_scans": ("Wrong scans",),
}  # fmt: skip


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


@pytest.fixture(scope="module")
def day(site: Site) -> Site:
    """Some of all that reports count."""
    promised(site.stage, "BEHIND-1", "lyon", "post fast", policy="fast")
    promised(site.stage, "BEHIND-2", "lyon", "post slow", late=True, cause=PromiseCause.CARRIER)
    promised(site.stage, "BEHIND-3", "lyon", "dhl slow", late=True, revised=True)
    touched(site.stage)
    given(site.stage)
    walked(site.stage)
    held(site.stage)  # the last: its policy holds whatever comes after
    return site


def walked(stage: Stage) -> None:
    """A wave of which all was found, and one of which a unit was not, with a wrong scan in each."""
    for number, wave in enumerate(("WALK-1", "WALK-2")):
        stage.allocate(stage.place(f"{wave}-A", 3)["id"], 3)
        path = f"/v1/waves/{wave}"
        stage.call("PUT", path, json={"location": "lyon", "by": "batch"}).raise_for_status()
        stage.call("POST", f"{path}/scans", json={"list": 1, "code": "TEE-L"})
        stage.call("POST", f"{path}/scans", json={"list": 1, "code": "TEE-M"}).raise_for_status()
        short = [{"sku": "TEE-M", "quantity": number, "reason": "missing"}] if number else []
        done = stage.call("POST", f"{path}/completions", json={"list": 1, "short": short, "unscanned": True})
        assert done.status_code == 200, done.text


def given(stage: Stage) -> None:
    """Money given by two, one of whom took some back."""
    for name in ("ann", "bob"):
        limits = AppeasementLimits(per_order={"EUR": 1_500})
        stage.make_key(name, "orders:read", "orders:write", appeasements=limits)
    tax = {"name": "VAT", "amount_minor": 400, "rate_ppm": 250_000}
    lines = [{"sku": "TEE-M", "quantity": 1, "unit_price_minor": 2000, "taxes": [tax]}]
    orders = [promised(stage, f"GIVEN-{n}", "lyon", "post fast", lines=lines, taxes_included=True) for n in range(3)]
    for order, name, amount in ((0, "ann", 300), (1, "ann", 500), (2, "bob", 700), (1, "ann", 200), (2, "bob", 100)):
        body = {"why": "late", "reason": "ten days late", "amount_minor": amount}
        answer = stage.call("POST", f"/v1/orders/{orders[order]}/appeasements", name, json=body)
        assert "credit" in answer.json()["result"], answer.text
    undone = stage.call("POST", f"/v1/orders/{orders[1]}/undone-changes", json={"reason": "the wrong order"})
    assert undone.status_code == 200, undone.text


def held(stage: Stage) -> None:
    """Holds of two rules, of which all came that may, and orders that were charged back for fraud twice, and once not for that."""
    text = HOLDS
    stage.engine.run(PutPolicy(policy="risk", text=text))
    stage.engine.run(ActivatePolicy(policy="risk", policy_version=1))
    screened = PolicyReference("risk", 1, digest_of(text))
    orders = [OrderId(UUID(stage.place(f"HELD-{n}", tenders=[PAID])["id"])) for n in range(6)]
    for order in orders[:4]:
        stage.engine.run(ScreenOrder(order=order, trigger="accept", policy=screened))
    stage.engine.run(RejectHold(order=orders[0], hold=2, reason="stolen card"))
    for order in orders[1:3]:
        stage.engine.run(c.ReleaseHold(order=order, hold=2, reason="known"))
    for order, name, reason in (
        (orders[1], "dp-1", "fraudulent"), (orders[4], "dp-2", "fraudulent"), (orders[4], "dp-3", "fraudulent"),
        (orders[5], "dp-4", "duplicate"),
    ):  # fmt: skip
        told = TellDispute(
            order=order, tender=1, reference=name, stage=DisputeStage.OPENED, amount_minor=100, reason=reason
        )
        stage.engine.run(told)


def touched(stage: Stage) -> None:
    """Commands by people and by others, some of them more than once on an order."""
    stage.make_key("night desk", "orders:write", person="eve")
    for order in (stage.place("TOUCHED-1")["id"], stage.place("TOUCHED-2", is_test=True)["id"]):
        for note in ("a", "b"):
            stage.engine.run(c.AnnotateOrder(order=OrderId(UUID(order)), note=note), actor=Actor("ann", "cli"))
        stage.engine.run(c.AnnotateOrder(order=OrderId(UUID(order)), note="c"))
        for key in ("night desk", "admin"):
            stage.call("POST", f"/v1/orders/{order}/notes", json={"text": "d"}, key=key).raise_for_status()
        hold = {"type": "manual", "reason": "look"}
        stage.call("POST", f"/v1/orders/{order}/holds", json=hold, key="night desk").raise_for_status()


def promised(
    stage: Stage, name: str, location: str, service: str, *, policy: str = "", late: bool = False,
    revised: bool = False, cause: PromiseCause | None = None, **changes: Any,
) -> OrderId:  # fmt: skip
    """An order that was promised and is there; late, or late by the first promise and in time by another."""
    placed = stage.place(name, **changes)
    order, units, now = OrderId(UUID(placed["id"])), (LineQuantity(1, 1),), datetime.now(UTC)
    day = timedelta(days=-1 if late else 1)
    stage.allocate(placed["id"], location=location)
    for each in (day, timedelta(days=2)) if revised else (day,):
        window = LineWindowInput(
            line=1,
            earliest_at=now - timedelta(days=3),
            latest_at=now + each,
            locations=(location,),
            services=(service,),
        )
        stage.engine.run(c.PromiseLines(order=order, lines=(window,), policy=policy, cause=cause))
    stage.engine.run(c.AcceptFulfillment(order=order, fulfillment=1))
    stage.engine.run(c.PickUnits(order=order, fulfillment=1, lines=units))
    stage.engine.run(c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=units),)))
    stage.engine.run(c.ShipParcels(order=order, fulfillment=1))
    stage.engine.run(c.TrackParcel(order=order, parcel=1, state="delivered"))
    return order


def figures(told: Mapping[str, Any], path: str) -> list[int]:
    """Each figure of a report that leads to rows, as the API says it."""
    report = REPORTS[path]
    found: list[int] = _figures(told.get("overall", told), report.behind)
    for table in report.tables:
        for row in told[table.field]:
            found += _figures(row, table.behind)
    return sorted(found)


def _figures(row: Mapping[str, Any], behind: Mapping[str, Behind]) -> list[int]:
    values = [row.get(name) or 0 for name in behind]
    parts = [[*each.values()] if isinstance(each, dict) else [each] for each in values]
    return [each for some in parts for each in some if each]


@pytest.mark.parametrize("path", REPORTS)
def test_behind_each_figure_are_the_rows_that_it_counts(day: Site, boss: Visitor, path: str) -> None:
    told = day.stage.call("GET", BY_NAME[SHEETS[path][1].operation].path).json()
    links: dict[str, list[int]] = {}
    for to, said in LINK.findall(boss.get(path).text):
        links.setdefault(unescape(to), []).append(number_in(said))
    said = [each for some in links.values() for each in some]
    assert sorted(said) == figures(told, path), "each figure leads somewhere"
    assert len(said) >= 4
    for to, numbers in links.items():
        found = rows(boss, f"/export{to}")
        columns = next((some for part, some in SUMS.items() if part in to), ())
        sums = [sum(number_in(each[column]) for each in found) for column in columns]
        assert numbers == ([each for each in sums if each] or [len(found)] * len(numbers)), to


def number_in(said: str) -> int:
    """The number in what a link or a cell says, of money in minor units."""
    found = re.search(r"[-\N{MINUS SIGN}]?[\d,]+(\.\d\d)?", said)
    assert found is not None, said
    return int(re.sub(r"[,.]", "", found[0]).replace("\N{MINUS SIGN}", "-"))


def test_promises_behind_a_figure_are_paged(day: Site, boss: Visitor) -> None:
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = day.stage.call("GET", f"/v1/promises/ended?limit=1&cursor={cursor}").json()
        found += [each["order_number"] for each in page["items"]]
        cursor = page["next"]
    assert found == sorted(set(found), reverse=True)
    assert len(found) == day.stage.call("GET", "/v1/promises/kept").json()["overall"]["ended"]
    assert "Promises kept and missed</h2>" in boss.get("/reports/promises/ended?kept=false").text


def rows(visitor: Visitor, path: str) -> list[dict[str, str]]:
    answer = visitor.get(path)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))
