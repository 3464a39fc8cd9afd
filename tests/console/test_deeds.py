"""What is done to records from their pages: sellers are stated and paid, payouts put right, differences settled, months closed."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from api.test_payouts import PAYOUT, booked
from api.test_sellers import put, sold_some_days_ago
from console.conftest import Site, Visitor
from orderline.console.deeds import DEEDS
from orderline.console.pages import PAGES
from orderline.engine.verifying import verify
from support.engines import faults_of


@pytest.fixture(scope="module")
def boss(site: Site) -> Visitor:
    """Somebody who may do everything."""
    return site.person("boss")


def send(visitor: Visitor, path: str, **fields: str) -> str:
    """Send the form at an address; where it leads."""
    answer = visitor.post(path, {"csrf": visitor.csrf(), "key": f"key-{abs(hash(path))}", **fields})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?did=")[0]


def test_a_deed_is_offered_where_there_is_a_page() -> None:
    paths = {page.path for page in PAGES if page.method == "GET"}
    assert {each.on for each in DEEDS} <= paths


def test_a_seller_is_stated_and_paid(site: Site, boss: Visitor) -> None:
    put(site.stage)
    sold_some_days_ago(site.stage)
    page = boss.get("/sellers/acme").text
    assert "18.00 EUR" in page
    assert 'href="/sellers/acme/state"' in page
    assert send(boss, "/sellers/acme/state") == "/sellers/acme"
    [statement] = site.stage.call("GET", "/v1/seller-statements").json()["items"]
    path = f"/seller-statements/{statement['id'].replace(':', '%3A')}"
    page = boss.get(path).text
    assert "20.00 EUR" in page, "its lines are on its page"
    assert re.search(r"INV-\d", page)
    assert f'href="{path}/fail"' not in page, "nothing was instructed that could fail"
    send(boss, f"{path}/instruct")
    assert f'href="{path}/fail"' in boss.get(path).text
    twice = boss.post(f"{path}/instruct", {"csrf": boss.csrf(), "key": "another-key"})
    assert twice.status_code == 409
    assert 'role="alert"' in twice.text
    missing = boss.post(f"{path}/pay", {"csrf": boss.csrf(), "key": "a-third-key"})
    assert 'id="reference-wrong"' in missing.text
    send(boss, f"{path}/pay", reference="SEPA-1")
    assert "SEPA-1" in boss.get(path).text
    assert f'href="{path}/return"' in boss.get(path).text


def test_a_payout_has_its_entries_and_is_put_right(site: Site, boss: Visitor) -> None:
    booked(site.stage)
    path = f"/payouts/{PAYOUT.replace(':', '%3A')}"
    page = boss.get(path).text
    assert "30.00 EUR" in page
    assert "0.59 EUR" in page
    assert f"{path}/correct?currency=EUR" in page
    wrong = boss.post(f"{path}/correct", {"csrf": boss.csrf(), "currency": "EUR", "amount_minor": "many", "to": "fees", "reason": "x"})  # fmt: skip
    assert 'id="amount_minor-wrong"' in wrong.text
    send(boss, f"{path}/correct", currency="EUR", amount_minor="0.41", to="write_off", reason="not worth a call")
    told = site.stage.call("GET", f"/v1/payouts/{PAYOUT}").json()
    assert [each["amount_minor"] for each in told["corrections"]] == [41]
    assert "not worth a call" in boss.get(path).text


def test_a_month_is_closed_once_it_is_over(site: Site, boss: Visitor) -> None:
    now = datetime.now(UTC)
    page = boss.get(f"/closing?month={now:%Y-%m}")
    assert page.status_code == 200
    refused = boss.post("/closing", {"csrf": boss.csrf(), "entity": "main", "month": f"{now:%Y-%m}"})
    assert refused.status_code in (409, 422)
    assert 'id="month-wrong"' in refused.text
    assert 'id="month-wrong"' in boss.get("/closing?month=soon").text
    before = f"{now.date().replace(day=1) - timedelta(days=1):%Y-%m}"
    assert f"Close {before}" in boss.get("/closing").text
    to = send(boss, "/closing", entity="main", month=before, revalue="yes")
    assert boss.get(to).status_code == 200
    assert f"{before} is closed" in boss.get("/closing").text
    reader = site.person("rea", "ledger:read")
    assert "Nothing is posted into a month" not in reader.get(f"/closing?month={now:%Y-%m}").text
    assert reader.post("/closing", {"csrf": reader.csrf(), "month": before}).status_code == 403
    assert faults_of(verify(site.stage.database)) == {}


def test_a_document_is_kept_as_a_file(site: Site, boss: Visitor) -> None:
    if not site.stage.call("GET", "/v1/documents").json()["items"]:  # another process sold something
        put(site.stage)
        sold_some_days_ago(site.stage)
    found = site.stage.call("GET", "/v1/documents").json()["items"][0]
    path = f"/documents/{found['id'].replace(':', '%3A')}"
    assert f'href="{path}/paper"' in boss.get(path).text
    paper = boss.get(f"{path}/paper")
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    assert f'filename="main-{found["number"]}.pdf"' in paper.headers["content-disposition"]
    assert boss.get("/documents/none/paper").status_code == 404
