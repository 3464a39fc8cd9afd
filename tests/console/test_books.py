"""Pages of the books: their figures are those of the API, and each leads to what is behind it."""

import csv
import html
import io
import re
from datetime import UTC, datetime

import pytest

from console.conftest import Site, Visitor
from orderline.console.rendering import amount
from orderline.core.ledger.state import Account


@pytest.fixture(scope="module")
def boss(site: Site) -> Visitor:
    """Somebody who may see everything, in a shop that has invoiced an order that is not paid."""
    card = {"sku": "CARD", "quantity": 2, "unit_price_minor": 1000}
    invoiced(site, "BOOKS-1", lines=[card], total_minor=2000)
    return site.person("boss")


def invoiced(site: Site, external_id: str, **about: object) -> str:
    """An order of digital goods with an invoice; the number of the invoice."""
    placed = site.stage.place(external_id, 2, **about)
    made = site.stage.call("POST", f"/v1/orders/{placed['id']}/invoices")
    assert made.status_code in (200, 201), made.text
    return str(made.json()["number"])


def plain(page: str) -> str:
    """What a page says, without its marks."""
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


def test_the_trial_balance_says_what_the_books_say(site: Site, boss: Visitor) -> None:
    told = site.stage.call("GET", "/v1/ledger/balance").json()
    assert told["accounts"], "something was posted"
    page = boss.get("/ledger").text
    for each in told["accounts"]:
        assert f"{each['account'].replace('_', ' ')}" in page
        assert amount(each["balance_minor"], each["currency"]) in page
    assert "sums to nought" in page
    assert "does not sum" not in page
    assert "Nothing was posted" in boss.get("/ledger?until=2001-01-01").text
    assert "Nothing was posted" in boss.get("/ledger?currency=JPY").text
    assert boss.get("/ledger?entity=nobody").status_code == 404


def test_each_figure_leads_to_the_entries_that_it_is_made_of(site: Site, boss: Visitor) -> None:
    page = boss.get("/ledger").text
    links = [html.unescape(each) for each in re.findall(r'href="(/ledger/\w+\?[^"]+)"', page)]
    told = site.stage.call("GET", "/v1/ledger/balance").json()["accounts"]
    assert len(links) == len(told)
    for link, figure in zip(links, told, strict=True):
        text = boss.get(link).text
        assert text.count('<th scope="row">') == figure["entries"]
        assert amount(figure["balance_minor"], figure["currency"]) in plain(text)
    assert boss.get("/ledger/pocket").status_code == 404
    assert "Nothing was posted here" in boss.get("/ledger/donations").text


def test_receivables_stand_by_company_and_age_and_as_a_file(site: Site, boss: Visitor) -> None:
    told = site.stage.call("GET", "/v1/ledger/receivables").json()
    assert told["balances"], "somebody owes something"
    page = boss.get("/receivables").text
    for each in told["balances"]:
        assert amount(each["open_minor"], each["currency"]) in page
    assert "Nobody owes anything" in boss.get("/receivables?day=2001-01-01").text
    rows = list(csv.DictReader(io.StringIO(boss.get("/export/receivables").text)))
    assert rows
    assert boss.get("/receivables?day=never").status_code == 422


def test_the_journal_of_a_day_is_a_file_once_there_is_a_chart(site: Site, boss: Visitor) -> None:
    day = datetime.now(UTC).date().isoformat()
    assert boss.get(f"/ledger-journal/{day}").status_code == 409
    assert "chart" in boss.get(f"/ledger-journal/{day}").text
    text = 'kind = "chart"\n[accounts]\n' + "".join(f'{each} = "{each}"\n' for each in Account)
    assert site.stage.call("PUT", "/v1/policies/books", json={"text": text}).status_code in (200, 201)
    site.stage.call("POST", "/v1/policies/books/activations", json={"policy_version": 1})
    answer = boss.get(f"/ledger-journal/{day}")
    assert answer.headers["content-type"].startswith("text/csv")
    assert f"journal-{day}.csv" in answer.headers["content-disposition"]
    assert list(csv.DictReader(io.StringIO(answer.text)))
    assert boss.get("/ledger-journal/never").status_code == 422


def test_the_books_are_for_those_who_may_read_them(site: Site) -> None:
    visitor = site.person("nora", "orders:read")
    assert visitor.get("/ledger").status_code == 403
    assert visitor.get("/receivables").status_code == 403
    assert "/ledger" not in visitor.get("/orders").text
    reader = site.person("lena", "ledger:read")
    assert reader.get("/ledger").status_code == 200, "entities need another right; without it there is the main one"
