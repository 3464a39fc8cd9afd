"""Pages for customers: by a link alone, no more than it is for, in their language and the colors of the shop."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.test_decisions import asked
from api.test_drafts import DRAFT, until
from api.test_pickups import ask as ready
from api.test_pickups import code_sent, packed
from console.conftest import Site, Visitor, wrong_in
from orderline.api.linking import PER_LINK
from orderline.console.visits import Visit
from orderline.core.stock.commands import AdjustStock
from orderline.values.ids import OrderId
from support.engines import assert_clean, deliver

ALL = ["cancel", "address", "return"]
NEW = {"group": "1", "name": "Ann", "line1": "8 rue Neuve", "postal_code": "69001", "city": "Lyon"}


def page_of(site: Site, order: dict[str, Any], may: list[str] = ALL) -> str:
    made = site.stage.call("POST", f"/v1/orders/{order['number']}/customer-links", json={"may": may})
    assert made.status_code == 200, made.text
    return made.json()["page"]


def text_of(answer: httpx.Response) -> str:
    """What stands on a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


@pytest.fixture
def visitor(site: Site) -> Visitor:
    return site.visitor()


def test_a_customer_sees_the_order_without_signing_in(site: Site, visitor: Visitor) -> None:
    order = site.stage.place("cp-1", 2, customer={"name": "Eve", "email": "eve@example.com"})
    seen = visitor.get(page_of(site, order))
    assert seen.status_code == 200
    told = text_of(seen)
    assert f"Order {order['number']}" in told
    assert "Still to come 2 ×" in told
    assert "noindex" in seen.text
    for hidden in ("eve@example.com", "Eve", "lyon", order["id"]):
        assert hidden not in seen.text, hidden


def test_it_speaks_the_language_of_the_browser_or_that_which_was_chosen(site: Site, visitor: Visitor) -> None:
    page = page_of(site, site.stage.place("cp-2"))
    german = visitor.client.request("GET", page, headers={"accept-language": "de-CH, en;q=0.5"})
    assert '<html lang="de" dir="ltr">' in german.text
    assert "Kommt noch" in german.text
    arabic = visitor.get(f"{page}?lang=ar")
    assert '<html lang="ar" dir="rtl">' in arabic.text
    moved = visitor.post(f"{page}/address?lang=ar", NEW)
    assert moved.headers["location"].endswith("&lang=ar")
    assert visitor.get(f"{page}?lang=<b>").status_code == 200


def test_a_customer_cancels_and_sends_elsewhere(site: Site, visitor: Visitor) -> None:
    order = site.stage.place("cp-3", 3)
    page = page_of(site, order)
    unsure = visitor.post(f"{page}/cancel", {"lines.1": "1"})
    assert (unsure.status_code, wrong_in(unsure)) == (422, {"sure": "Say how many, and that you are sure."})
    none = visitor.post(f"{page}/cancel", {"lines.1": "0", "sure": "yes"})
    assert (none.status_code, wrong_in(none)) == (422, {"lines.1": "Say how many."})
    unread = visitor.post(f"{page}/cancel", {"lines.1": "one of <them>", "sure": "yes"})
    assert wrong_in(unread) == {"lines.1": "Say it as a whole number."}
    assert 'value="one of &lt;them&gt;"' in unread.text, "what was typed stays"
    many = visitor.post(f"{page}/cancel", {"lines.1": "9", "sure": "yes"})
    assert wrong_in(many) == {"lines.1": "There are not so many left."}
    assert many.text.count(" autofocus") == 1, "one goes on where it is wrong"
    done = visitor.post(f"{page}/cancel", {"lines.1": "1", "sure": "yes", "key": "once"})
    assert (done.status_code, done.headers["location"]) == (303, f"{page}?done=cancel")
    visitor.post(f"{page}/cancel", {"lines.1": "1", "sure": "yes", "key": "once"})
    assert "Still to come 2 ×" in text_of(visitor.get(page))
    broken = visitor.post(f"{page}/address", {**NEW, "postal_code": "x" * 300})
    assert broken.status_code == 422
    assert "8 rue Neuve" in broken.text
    assert wrong_in(broken) == {"postal_code": "Something in the address is too long."}
    streetless = visitor.post(f"{page}/address?lang=de", {**NEW, "line1": " "})
    assert wrong_in(streetless) == {"line1": "Bitte füllen Sie die ganze Adresse aus."}
    assert visitor.post(f"{page}/address", {**NEW, "group": "7"}).status_code == 422
    assert visitor.post(f"{page}/address", NEW).status_code == 303
    assert visitor.post(f"{page}/cancel", {"lines.1": "2", "sure": "yes"}).status_code == 303
    gone = visitor.get(page)
    assert "/cancel" not in gone.text
    late = visitor.post(f"{page_of(site, order)}/cancel", {"lines.1": "1", "sure": "yes"})
    assert wrong_in(late)[""], "the form is gone, and what is wrong is said all the same"
    events = site.stage.call("GET", f"/v1/orders/{order['number']}/events").text
    assert '"via":"link"' in events
    assert_clean(site.stage.database)


def test_a_customer_sends_goods_back(site: Site, visitor: Visitor) -> None:
    order = site.stage.place("cp-4", 2)
    page = page_of(site, order)
    deliver(site.stage.engine, OrderId(UUID(order["id"])))
    assert wrong_in(visitor.post(f"{page}/return", {"lines.1": "1"})) == {"lines.1.reason": "Say why it goes back."}
    many = visitor.post(f"{page}/return", {"lines.1": "7", "lines.1.reason": "late"})
    assert wrong_in(many) == {"lines.1": "There are not so many that can go back."}
    long = visitor.post(f"{page}/return", {"lines.1": "1", "lines.1.reason": "late", "lines.1.note": "x" * 2_001})
    assert list(wrong_in(long)) == ["lines.1.note"]
    done = visitor.post(f"{page}/return", {"lines.1": "1", "lines.1.reason": "too_small", "lines.1.note": "<b>hm"})
    assert done.headers["location"] == f"{page}?done=return"
    seen = visitor.get(page)
    assert re.search(
        r"Where it has been \d[-\d]+ [\d:]+ UTC Delivered \d[-\d]+ [\d:]+ UTC Given to the carrier 1 ×", text_of(seen)
    )
    assert "lyon" not in seen.text
    for number in ("1", "9" * 5_000):  # more digits than whole numbers are read of
        assert visitor.get(f"{page}/returns/{number}/label").status_code == 404
    label = {"label": {"carrier": "ups", "tracking_number": "1Z99", "code": "4711"}}
    assert site.stage.call("POST", f"/v1/orders/{order['number']}/returns/1/labels", json=label).status_code == 200
    told = text_of(visitor.get(page))
    assert "Please send it" in told
    assert "4711" in told
    again = visitor.post(f"{page}/return", {"lines.1": "1", "lines.1.reason": "late"})
    assert "There are not so many that can go back." in text_of(again)


def test_a_customer_exchanges_goods_once_it_was_seen_what_that_costs(site: Site, visitor: Visitor) -> None:
    rules = [{"sku": "TEE-L", "price": "difference", "prices": {"EUR": 2550}}, {"sku": "OLD"}]
    assert site.stage.call("PUT", "/v1/skus/TEE-M/substitutes", json={"substitutes": rules}).status_code == 200
    site.stage.engine.run(AdjustStock(sku="TEE-L", location="lyon", quantity=1, reason="received"))
    order = site.stage.place("cp-41", 2)
    deliver(site.stage.engine, OrderId(UUID(order["id"])))
    page = page_of(site, order)
    shown = visitor.get(page)
    assert "Nothing: the money back The same again Tee, large (each €5.50 more) In" in text_of(shown).replace(
        "</option>", ""
    )
    form = {"lines.1": "1", "lines.1.reason": "too_small", "key": "exchange-41"}
    gone = visitor.post(f"{page}/return", form | {"lines.1.instead": "OLD"})
    assert (gone.status_code, wrong_in(gone)) == (409, {"lines.1.instead": "This can't be had instead any more."})
    form["lines.1.instead"] = "TEE-L"
    quoted = visitor.post(f"{page}/return?lang=de", form)
    assert (quoted.status_code, "5,50" in text_of(quoted), 'value="TEE-L" selected' in quoted.text) == (200, True, True)
    assert "returns" not in site.stage.call("GET", f"/v1/orders/{order['number']}").json()["order"], "only shown yet"
    agreed = re.findall(r'name="agreed" value="([^"]*)"', quoted.text)[0]
    other = visitor.post(f"{page}/return", form | {"lines.1.instead": "TEE-M", "agreed": agreed})
    assert "It costs nothing more" in text_of(other), "what was agreed to is another thing"
    dearer = [{**rules[0], "prices": {"EUR": 2600}}]
    assert site.stage.call("PUT", "/v1/skus/TEE-M/substitutes", json={"substitutes": dearer}).status_code == 200
    page = page_of(site, order)
    late = visitor.post(f"{page}/return", form | {"agreed": agreed})
    assert "It costs €6.00 more" in text_of(late), "it costs another amount by now"
    agreed = re.findall(r'name="agreed" value="([^"]*)"', late.text)[0]
    for _ in range(2):
        done = visitor.post(f"{page}/return", form | {"agreed": agreed})
        assert done.status_code == 303, text_of(done)
    told = text_of(visitor.get(page_of(site, order)))
    assert "1 × Tee, large" in told.partition("Still to come")[2].partition("Parcels")[0]
    assert_clean(site.stage.database)


def test_a_customer_answers_a_question(site: Site, visitor: Visitor) -> None:
    order, _, token = asked(site.stage, "cp-8", 2)
    page = f"/your-answer/{token}"
    seen = visitor.get(page)
    assert "Cancel it, and have the money back" in text_of(seen)
    assert "You get back €40.00" in text_of(seen)
    assert order not in seen.text
    assert "Stornieren und Geld" in visitor.get(f"{page}?lang=de").text
    unknown = visitor.post(page, {"option": "fly"})
    assert (unknown.status_code, unknown.text.count('aria-describedby="option-wrong"') > 1) == (422, True)
    done = visitor.post(page, {"option": "cancel"})
    assert done.headers["location"] == f"{page}?done=answer"
    assert "This is decided." in text_of(visitor.get(page))
    read = site.stage.call("GET", f"/v1/orders/{order}").json()
    assert read["status"]["phase"] == "canceled"


def test_a_question_stands_on_the_page_of_the_order(site: Site, visitor: Visitor) -> None:
    order, _, token = asked(site.stage, "cp-30", 2)
    known = {"number": order}
    seen = visitor.get(page_of(site, known))
    assert f'href="/your-answer/{token}"' in seen.text
    assert "A question to you" in text_of(seen)
    less = visitor.get(page_of(site, known, ["return"]))
    assert "Please answer by the link in the message" in text_of(less), "who may only look may not cancel by an answer"
    assert token not in less.text
    visitor.post(f"/your-answer/{token}", {"option": "cancel"})
    assert "A question to you" not in text_of(visitor.get(page_of(site, known)))


def test_what_lies_ready_is_said_with_where_until_when_and_the_code(site: Site, visitor: Visitor) -> None:
    order = packed(site.stage, "cp-31")
    page = page_of(site, {"number": str(order)}, [])
    assert "Ready for you to collect" not in text_of(visitor.get(page)), "nothing lies ready yet"
    assert ready(site.stage, order, "pickup", idempotent="ready-31").status_code == 200
    code = code_sent(site.stage, order)
    told = text_of(visitor.get(page))
    assert "Ready for you to collect" in told
    assert f"Show this code there: {code}" in told
    assert re.search(r"Until \w+, \w+ \d", told)
    assert code in visitor.get(f"{page}?lang=de").text
    taken = ready(site.stage, order, "collections", idempotent="taken-31", code=code, collected_by="Ann Lee")
    assert taken.status_code == 200, taken.text
    assert code not in visitor.get(page).text


def test_a_customer_accepts_an_offer_or_declines_it(site: Site, visitor: Visitor) -> None:
    pages: list[str] = []
    for name in ("CP-A", "CP-B"):
        assert site.stage.call("PUT", f"/v1/draft-orders/{name}", json=DRAFT).status_code == 200
        offered = site.stage.call("POST", f"/v1/draft-orders/{name}/offers", json={"until": until(days=2)})
        pages.append(offered.json()["page"])
    yes, no = pages
    assert "In all €40.90" in text_of(visitor.get(yes))
    lacking = visitor.post(yes, {"answer": "accept", "name": "Ann", "email": "ann@example.com"})
    assert (lacking.status_code, wrong_in(lacking)) == (422, {"line1": "Please fill in the whole address."})
    who = {"name": "Ann", "email": "ann@example.com", "line1": "1 rue", "city": "Lyon", "postal_code": "69001"}
    assert visitor.post(yes, {"answer": "accept", **who}).status_code == 303
    assert visitor.post(yes, {"answer": "accept", **who}).status_code == 303
    assert "This is order" in text_of(visitor.get(yes))
    assert visitor.post(no, {"answer": "decline", "reason": "too dear"}).status_code == 303
    assert "You have declined this." in text_of(visitor.get(no))
    assert "<form" not in visitor.get(no).text
    assert_clean(site.stage.database)


def test_what_is_typed_is_kept_by_a_script_that_the_page_does_without(site: Site, visitor: Visitor) -> None:
    order = site.stage.place("cp-40")
    page = page_of(site, order)
    seen = visitor.get(page)
    [script] = re.findall(r'<script src="(/static/forms\.[^"]+)" defer></script>', seen.text)
    assert visitor.get(script).headers["content-type"].startswith("text/javascript")
    assert "script-src 'self';" in seen.headers["content-security-policy"]
    assert f'data-user="a customer" data-link="{page}"' in seen.text, "kept by the link"
    [probe] = re.findall(r'id="lost"[^>]* data-probe="([^"]+)" hidden', seen.text)
    assert visitor.client.request("HEAD", probe).status_code == 200
    assert f'data-done="{page}/address"' in visitor.get(f"{page}?done=address").text, "what was sent is let go of"
    assert "data-done" not in seen.text
    assert "<script" not in visitor.get("/your-order/none").text, "nothing is typed there"


def test_links_that_are_none_or_for_less_say_no_more(site: Site, visitor: Visitor) -> None:
    order = site.stage.place("cp-5")
    less = page_of(site, order, [])
    assert "<form" not in visitor.get(less).text
    assert visitor.post(f"{less}/cancel", {"lines.1": "1", "sure": "yes"}).status_code == 403
    for path in ("/your-order/none", "/your-answer/none", "/your-offer/none"):
        gone = visitor.get(path)
        assert (gone.status_code, "This link is not good any more." in gone.text) == (404, True)
        assert visitor.post(path + ("/cancel" if "order" in path else ""), {}).status_code == 404
    label = visitor.get(f"{less}/returns/7/label")
    assert (label.status_code, "This link is not good any more." in label.text, 'href="/"' in label.text) == (
        404,
        True,
        False,
    )
    elsewhere = visitor.post(f"{less}/cancel", {}, headers={"sec-fetch-site": "cross-site"})
    assert elsewhere.status_code == 403
    codes = {visitor.get(less).status_code for _ in range(int(PER_LINK[0]) + 20)}
    assert codes == {200, 429}


@pytest.mark.parametrize("first", ["your-order", "your-answer", "your-offer"])
def test_an_address_that_can_not_be_read_is_told_in_words_of_customers(
    site: Site, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    for path, status in (
        ("/%00", 400), ("/%ff", 404), ("/" + "x" * 8_000, 414), ("", 404), ("/", 404), ("/none/more/of/it", 404),
        ("/none?" + "&".join(["a=1"] * 201), 400),
    ):  # fmt: skip
        gone = visitor.client.request("GET", f"/{first}{path}", headers={"accept-language": "de"})
        assert gone.status_code == status, path
        assert '<html lang="de" dir="ltr">' in gone.text, path
        assert text_of(gone).endswith("Dieser Link gilt nicht mehr. Bitte fragen Sie den Shop nach einem neuen."), path
        assert 'href="/"' not in gone.text, path
    assert '<html lang="ar" dir="rtl">' in visitor.get(f"/{first}/%00?lang=ar").text
    assert visitor.get("/%00").text.count('href="/"'), "others lead back to work"

    async def broken(*_: object, **__: object) -> None:
        raise LookupError

    monkeypatch.setattr(Visit, "ask", broken)
    failed = visitor.get(f"/{first}/none")
    assert (failed.status_code, "This can&#39;t be done now. Please write to us." in failed.text) == (500, True)
    assert "Please ask the shop for a new one." not in failed.text


def test_whoever_is_signed_in_comes_as_a_customer(site: Site) -> None:
    order = site.stage.place("cp-6")
    person = site.person("cp-admin")
    page = page_of(site, order)
    assert "Sign out" not in person.get(page).text
    assert person.post(f"{page}/cancel", {"lines.1": "1", "sure": "yes"}).status_code == 303
    events = site.stage.call("GET", f"/v1/orders/{order['number']}/events").text
    assert "cp-admin" not in events


def test_a_shop_has_its_color_and_its_logo(site: Site, visitor: Visitor) -> None:
    channel = site.stage.call("GET", "/v1/channels/web").json()
    del channel["code"]
    brand = {"color": "#FFEE00", "logo_url": "https://cdn.example/l.svg", "website": "https://shop.example/"}
    assert site.stage.call("PUT", "/v1/channels/web", json={**channel, "brand": brand}).status_code == 200
    seen = visitor.get(page_of(site, site.stage.place("cp-7")))
    assert "img-src 'self' https://cdn.example data:" in seen.headers["content-security-policy"]
    assert "/static/brand-ffee00.css" in seen.text
    sheet = visitor.get("/static/brand-ffee00.css")
    assert (sheet.headers["content-type"], "--on-brand: #000" in sheet.text) == ("text/css; charset=utf-8", True)
    assert "--on-brand: #fff" in visitor.get("/static/brand-223344.css").text
    assert visitor.get("/static/brand-zzz.css").status_code == 404
    assert "cdn.example" not in visitor.get("/sign-in").headers["content-security-policy"]
    assert site.stage.call("PUT", "/v1/channels/web", json=channel).status_code == 200
