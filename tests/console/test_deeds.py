"""What is done to records from their pages: sellers are stated and paid, payouts put right, differences settled, months closed."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from api.test_carrier_claims import draft, shipped
from api.test_companies import place, set_up
from api.test_disputes import disputed
from api.test_orphans import receive
from api.test_payouts import PAYOUT, booked
from api.test_returns import ask, delivered
from api.test_sellers import put, sold_some_days_ago
from console.conftest import Site, Visitor
from orderline.api.queues import QUEUES, Queue
from orderline.console import disputes
from orderline.console.acting import ACTIONS
from orderline.console.bulk import BULK
from orderline.console.deed_table import DEEDS
from orderline.console.home import PATHS
from orderline.console.listings import LISTINGS
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


def deeds_on(path: str, state: str = "") -> list[str]:
    """What is offered at a page for a record in a state."""
    return [each.operation for each in DEEDS if each.on == path and (not each.states or state in each.states)]


def to_do(queue: Queue) -> list[list[str]]:
    """What each kind of row of a queue is ended by: at its list, its page, or the page that its row leads to."""
    path = PATHS[queue.operation]
    if path == "/orders":
        return [list(ACTIONS)]
    _, listing = LISTINGS[path]
    if queue.source == "count_records":
        return [deeds_on(f"{path}/{{id}}", state) for state in queue.query["state"]]
    leads = {
        "order": list(ACTIONS), "dispute": list(disputes.DEEDS), "sku": deeds_on("/stock/{sku}"),
        "channel": ["list_partners", "list_dead_letters"],
    }  # fmt: skip
    linked = [name for each in listing.columns for name in leads.get(each.kind, [])]
    return [[*linked, *deeds_on(path), *BULK.get(path.strip("/"), ())]]


# What does not hold is found and mended at a terminal, and not by a form.
@pytest.mark.parametrize("queue", [each for each in QUEUES if each.name != "drift"], ids=lambda queue: queue.name)
def test_a_queue_ends_where_what_is_to_be_done_can_be_done(queue: Queue) -> None:
    assert all(to_do(queue)), f"nothing can be done to what waits in {queue.title}"


def test_what_is_ordered_for_a_company_is_approved_by_others(site: Site, boss: Visitor) -> None:
    set_up(site.stage, "four-eyes", approvals=[{"name": "all", "steps": ["merchant", "boss"]}])
    buyer = {"email": "ann@acme.test", "roles": ["boss"]}
    site.stage.call("PUT", "/v1/companies/four-eyes/buyers/ann", json=buyer)
    order = place(site.stage, "four-eyes", "B-1").json()
    [known] = site.stage.call("GET", "/v1/approvals?state=pending&location=four-eyes").json()["items"]
    path = f"/approvals/{known['id'].replace(':', '%3A')}"
    page = boss.get(path).text
    assert f'href="/orders/{order["id"]}"' in page
    assert all(f'href="{path}/{each}"' in page for each in ("approve", "reject", "delegate"))
    send(boss, f"{path}/approve", note="we need it")
    assert "we need it" in boss.get(path).text
    assert site.person("eva", "orders:read").get(f"{path}/approve").status_code == 403
    wrong = boss.post(f"{path}/approve", {"csrf": boss.csrf(), "key": "twice"})
    assert (wrong.status_code, 'role="alert"' in wrong.text) == (409, True)
    send(boss, f"{path}/reject", approver="ann", reason="too dear")
    page = boss.get(path).text
    assert "too dear" in page
    assert f'href="{path}/reject"' not in page


def test_the_page_of_an_order_leads_to_all_that_is_open_about_it(site: Site, boss: Visitor) -> None:
    number = disputed(site.stage, "whole", 900)
    for name in ("first", "second"):
        site.stage.make_key(name, "orders:write", "orders:read", person=name)
    site.stage.call("POST", f"/v1/orders/{number}/holds", json={"type": "fraud", "four_eyes_above_minor": 1})
    holds = site.stage.call("GET", f"/v1/orders/{number}").json()["order"]["holds"]
    hold = next(each["number"] for each in holds if each.get("four_eyes_above_minor"))
    assert site.stage.call("DELETE", f"/v1/orders/{number}/holds/{hold}", key="first").status_code == 200
    question = {
        "order": number,
        "cause": "delay",
        "lines": [1],
        "latest_at": f"{datetime.now(UTC) + timedelta(9):%FT%TZ}",
    }
    asked = site.stage.call("POST", "/v1/decisions", json=question)
    assert asked.status_code < 300, asked.text
    page = boss.get(f"/orders/{number}").text
    assert "first wants it released" in page, "who looks at it knows that a second one is waited for"
    assert f'href="/disputes/{number}/1"' in page
    assert f'href="/decisions/{asked.json()["id"]}"' in page
    assert site.stage.call("DELETE", f"/v1/orders/{number}/holds/{hold}", key="second").status_code == 200
    assert "wants it released" not in boss.get(f"/orders/{number}").text


def test_a_customer_is_asked_and_asked_again(site: Site, boss: Visitor) -> None:
    number = site.stage.place("ASK-1")["number"]
    form = f"/decisions/new?order={number}"
    assert f'href="{form}"' in boss.get(f"/orders/{number}").text
    assert f'value="{number}"' in boss.get(form).text
    latest = f"{datetime.now(UTC) + timedelta(9):%FT12:00}"
    send(boss, "/decisions/new", order=number, cause="delay", lines="1", latest_at=latest)
    [asked] = site.stage.call("GET", f"/v1/orders/{number}").json()["order"]["asked"]
    page = f"/decisions/{asked['id']}"
    assert f'href="{page}"' in boss.get(f"/orders/{number}").text
    before = site.stage.call("GET", f"/v1{page}/history").json()["items"]
    send(boss, f"{page}/resend")
    assert len(site.stage.call("GET", f"/v1{page}/history").json()["items"]) == len(before) + 1
    assert "nonce" not in boss.get(page).text


def test_a_return_is_a_step_away_from_its_order(site: Site, boss: Visitor) -> None:
    order = delivered(site.stage, "LEADS-1")
    ask(site.stage, order, lines=[{"line": 1, "quantity": 1, "reason": "too_small"}])
    number = site.stage.call("GET", f"/v1/orders/{order}").json()["order"]["number"]
    page = boss.get(f"/orders/{number}").text
    assert f'href="/returns-desk/{number}/1"' in page
    assert boss.get(f"/returns-desk/{number}/1").status_code == 200


def test_a_link_is_made_for_a_customer_and_revoked(site: Site, boss: Visitor) -> None:
    placed = site.stage.place("LINK-1")
    form = f"/orders/{placed['number']}/customer-links/new"
    assert f'href="{form}"' in boss.get(f"/orders/{placed['number']}").text
    assert 'name="may.cancel"' in boss.get(form).text
    fields = {"csrf": boss.csrf(), "key": "a-link", "may.cancel": "yes", "may.return": "yes"}
    told = boss.post(form, fields).text
    link = re.search(r"https://example\.test(/your-order/[^<]+)", told)
    assert link is not None, "it is told whole, to be sent on"
    assert placed["number"] in site.visitor().get(link[1]).text
    [row] = site.stage.call("GET", f"/v1/customer-links?location={placed['id']}").json()["items"]
    assert (row["may"], row["made_by"]) == (["cancel", "return"], "boss")
    listed = boss.get(f"/customer-links?location={placed['id']}").text
    assert f'href="/customer-links/{row["id"]}"' in listed
    assert "token_hash" not in boss.get(f"/customer-links/{row['id']}").text
    send(boss, f"/customer-links/{row['id']}/revoke", reason="sent to somebody else")
    assert site.visitor().get(link[1]).status_code == 404
    assert site.person("rita", "orders:read").get(form).status_code == 403


def test_goods_with_no_order_are_told_apart_matched_and_put_away(site: Site, boss: Visitor) -> None:
    number = site.stage.call("GET", f"/v1/orders/{delivered(site.stage, 'OR-7')}").json()["order"]["number"]
    items = [{"sku": "TEE-M", "quantity": 1}, {"quantity": 2, "note": "a blue one"}]
    assert receive(site.stage, "G-7", reference="for OR-7", items=items).status_code == 200
    assert 'option value="2"' in boss.get("/orphans/G-7/identify").text
    send(boss, "/orphans/G-7/identify", item="2", sku="TEE-M")
    page = boss.get("/orphans/G-7/match").text
    assert f'href="/orders/{number}"' in page, "it is said of which order they may be"
    fields = {"csrf": boss.csrf(), "key": "match", "order": number, "items.1": "1"}
    assert "Line" in boss.post("/orphans/G-7/match", fields).text
    send(boss, "/orphans/G-7/match", **{"order": number, "items.1": "1", "items.1.line": "1"})
    told = site.stage.call("GET", "/v1/orphans/G-7").json()
    assert (told["state"], told["matches"][0]["order_number"]) == ("waiting", number)
    page = boss.get("/orphans/G-7/dispose").text
    assert 'name="items.2"' in page
    assert "of 2" in page, "as many as are left"
    fields = {"csrf": boss.csrf(), "key": "dispose", "disposition": "scrap", "reason": "nobody asked"}
    assert "Somebody may still find their order" in boss.post("/orphans/G-7/dispose", fields).text


def test_a_claim_is_filed_answered_and_paid(site: Site, boss: Visitor) -> None:
    number = shipped(site.stage)
    draft(site.stage, number)
    path = f"/carrier-claims/C-{number}"
    send(boss, f"{path}/file", reference="DHL-1")
    unsaid = boss.post(f"{path}/answer", {"csrf": boss.csrf(), "key": "unsaid", "currency": "EUR"})
    assert 'id="accepted-wrong"' in unsaid.text, "neither yes nor no is meant when nothing is said"
    send(boss, f"{path}/answer", accepted="no", currency="EUR")
    send(boss, f"{path}/appeal", note="it was insured")
    assert boss.post(f"{path}/answer", {"csrf": boss.csrf(), "key": "again", "accepted": "yes", "amount_minor": "5.00", "currency": "EUR"}).status_code == 303  # fmt: skip
    assert f'href="{path}/pay?currency=EUR"' in boss.get(path).text
    send(boss, f"{path}/pay", amount_minor="5.00", currency="EUR")
    told = site.stage.call("GET", f"/v1{path}").json()
    assert (told["state"], told["paid_minor"]) == ("paid", 500)


def test_a_parcel_that_was_not_received_is_decided(site: Site, boss: Visitor) -> None:
    number = shipped(site.stage)
    parcel = f"/v1/orders/{number}/parcels/1"
    site.stage.call("POST", f"{parcel}/tracking", json={"state": "delivered"})
    site.stage.call("POST", f"{parcel}/missing-parcels", json={"case": f"N-{number}"})
    path = f"/missing-parcels/N-{number}"
    assert 'id="answer-wrong"' in boss.post(f"{path}/decide", {"csrf": boss.csrf(), "state": "rejected"}).text
    send(boss, f"{path}/decide", state="rejected", answer="signed for")
    assert "signed for" in boss.get(path).text
    assert f'href="{path}/decide"' not in boss.get(path).text


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
    order = boss.get(f"/orders/{found['order_number']}").text
    assert f'href="{path}"' in order
    assert f'href="{path}/paper"' in order, "its files are a step away from its order"
    reader = site.person("olga", "orders:read").get(f"/orders/{found['order_number']}").text
    assert path not in reader, "of what is not for somebody no link is shown"
    paper = boss.get(f"{path}/paper")
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    assert f'filename="main-{found["number"]}.pdf"' in paper.headers["content-disposition"]
    assert boss.get("/documents/none/paper").status_code == 404


def test_an_order_on_the_phone_is_drafted_offered_placed_and_given_up(site: Site, boss: Visitor) -> None:
    form = boss.get("/draft-orders/new").text
    assert 'hx-get="/find"' in form
    assert '<option value="TEE-M">' in boss.get("/find?lines.1.sku=tee-").text
    assert "<option" not in boss.get("/find?lines.1.sku=").text
    goods = {"lines.1.sku": "TEE-M", "lines.1.quantity": "2", "lines.1.unit_price_minor": "18.00"}
    draft = goods | {"id": "PH-1", "channel": "web", "currency": "EUR", "country": "FR", "shipping_minor": "4.90"}
    wrong = boss.post("/draft-orders/new", {"csrf": boss.csrf(), **draft, "lines.1.sku": "TEA"})
    assert (wrong.status_code, "TEA" in wrong.text) == (422, True)
    for name, postal_code in (("PH-1", "69001"), ("PH-2", "")):
        assert (
            send(boss, "/draft-orders/new", **draft | {"id": name, "postal_code": postal_code, "key": f"phone-{name}"})
            == f"/draft-orders/{name}"
        )
    assert "There is one of this name already." in boss.post("/draft-orders/new", {"csrf": boss.csrf(), **draft}).text
    assert "40.90" in boss.get("/draft-orders/PH-1").text
    assert "would be refused: A part of the address is missing" in re.sub(
        "</?bdi>", "", boss.get("/draft-orders/PH-2/offer").text
    )
    until = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT%H:%M}"
    assert "Placed now, it would be" in boss.get("/draft-orders/PH-1/offer").text
    made = boss.post("/draft-orders/PH-1/offer", {"csrf": boss.csrf(), "key": "k" * 12, "until": until})
    link = re.search(r"/your-offer/[^<\s]+", made.text)
    assert link is not None, made.text
    assert boss.get(link[0]).status_code == 200
    assert "/draft-orders/PH-1/order?currency=EUR" in boss.get("/draft-orders/PH-1").text
    buyer = {"name": "Ann Lee", "email": "ann@example.com", "currency": "EUR", "address.name": "Ann Lee"}
    buyer |= {"address.lines": "1 Rue de la Paix", "address.city": "Lyon", "address.postal_code": "69001"}
    missing = boss.post("/draft-orders/PH-1/order", {"csrf": boss.csrf(), "name": "Ann Lee", "currency": "EUR"})
    assert missing.status_code == 422
    assert send(boss, "/draft-orders/PH-1/order", **buyer, **{"address.country": "FR"}) == "/draft-orders/PH-1"
    order = site.stage.call("GET", "/v1/draft-orders/PH-1").json()["order"]
    placed = site.stage.call("GET", f"/v1/orders/{order}").json()
    assert placed["order"]["agreements"][-1]["total_minor"] == 4090
    assert placed["people"][0]["address"]["lines"] == ["1 Rue de la Paix"]
    send(boss, "/draft-orders/PH-2/discard", reason="called off")
    assert site.stage.call("GET", "/v1/draft-orders/PH-2").json()["state"] == "discarded"
    assert "/discard" not in boss.get("/draft-orders/PH-2").text
