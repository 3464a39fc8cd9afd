"""Draft orders over HTTP: put, seen, offered with units kept, accepted by link, ordered once; and what the database says."""

from datetime import UTC, datetime, timedelta
from typing import Any

from api.stage import ADDRESS, Stage, order
from api.test_companies import place, set_up
from support.engines import assert_clean

DRAFT: dict[str, Any] = {
    "channel": "web",
    "currency": "EUR",
    "customer": "ann",
    "lines": [{"sku": "TEE-M", "quantity": 2, "unit_price_minor": 1800}],
    "charges": [{"kind": "shipping", "amount_minor": 490}],
    "groups": [{"place": {"country": "FR", "postal_code": "69001"}}],
}
WHO = {"customer": {"email": "ann@example.com"}, "groups": [{"address": ADDRESS}]}


def until(**later: float) -> str:
    return (datetime.now(UTC) + timedelta(**later)).isoformat()


def numbers(stage: Stage) -> list[str]:
    return [each["number"] for each in stage.call("GET", "/v1/orders").json()["items"]]


def test_an_order_on_the_phone_is_put_together_and_placed_once(stage: Stage) -> None:
    path = "/v1/draft-orders/PHONE-1"
    before = numbers(stage)
    put = stage.call("PUT", path, json=DRAFT)
    assert put.status_code == 200, put.text
    assert (put.json()["total_minor"], put.json()["state"]) == (4090, "open")
    seen = stage.call("GET", f"{path}/preview")
    assert seen.status_code == 200, seen.text
    assert seen.json()["money"]["agreed_minor"] == 4090
    assert numbers(stage) == before  # nothing is an order yet
    placed = stage.call("POST", f"{path}/orders", json=WHO | {"holds": [{"type": "manual"}]})
    assert placed.status_code == 201, placed.text
    order = stage.call("GET", f"/v1/orders/{placed.json()['id']}").json()["order"]
    assert (order["agreement"] if "agreement" in order else order["agreements"][-1])["total_minor"] == 4090
    assert [hold["type"] for hold in order["holds"]] == ["manual"]
    again = stage.call("POST", f"{path}/orders", json=WHO | {"external_id": "another"})
    assert (again.status_code, again.json()["code"]) == (409, "DRAFT_STATE")
    assert stage.call("GET", path).json()["order"] == order["number"]
    history = stage.call("GET", f"{path}/history").json()["items"]
    assert [each["command"] for each in history] == ["put_draft_order", "place_order"]
    assert "Ann" not in stage.call("GET", path).text
    assert_clean(stage.database)


def test_a_quote_is_accepted_by_its_link_at_its_prices(stage: Stage) -> None:
    path = "/v1/draft-orders/Q-1"
    assert stage.call("PUT", path, json=DRAFT).status_code == 200
    first = stage.call("POST", f"{path}/offers", json={"until": until(days=2), "keep_stock": True})
    assert first.status_code == 200, first.text
    offered = stage.call("POST", f"{path}/offers", json={"until": until(days=3), "keep_stock": True}).json()
    stale = stage.call("GET", first.json()["link"], key="")
    assert (stale.status_code, stale.json()["code"]) == (404, "DRAFT_UNKNOWN")
    told = stage.call("GET", offered["link"], key="").json()
    assert (told["state"], told["total_minor"], told["stock_kept"]) == ("offered", 4090, True)
    assert "note" not in told
    assert_clean(stage.database)
    elsewhere = {"accept": True, "groups": [{"address": ADDRESS | {"postal_code": "75001", "city": "Paris"}}]}
    refused = stage.call("POST", offered["link"], key="", json=elsewhere)
    assert refused.json()["code"] == "DRAFT_OF_OTHER_GOODS"
    answered = stage.call("POST", offered["link"], key="", json=WHO | {"accept": True})
    assert answered.status_code == 200, answered.text
    again = stage.call("POST", offered["link"], key="", json=WHO | {"accept": True})
    assert again.json() == answered.json()  # the same answer has no further effect
    assert answered.json()["state"] == "ordered"
    assert numbers(stage).count(answered.json()["order"]) == 1
    assert_clean(stage.database)


def test_a_quote_is_declined_and_what_is_no_link_is_unknown(stage: Stage) -> None:
    path = "/v1/draft-orders/Q-2"
    stage.call("PUT", path, json=DRAFT)
    link = stage.call("POST", f"{path}/offers", json={"until": until(days=2), "keep_stock": True}).json()["link"]
    declined = stage.call("POST", link, key="", json={"accept": False, "reason": "too dear"})
    assert (declined.status_code, declined.json()["state"]) == (200, "declined")
    late = stage.call("POST", link, key="", json=WHO | {"accept": True})
    assert (late.status_code, late.json()["code"]) == (409, "DRAFT_STATE")
    for token in ("x", link.rsplit("/", 1)[1][:-4] + "AAAA"):
        assert stage.call("GET", f"/v1/draft-orders/by-link/{token}", key="").status_code == 404
    assert_clean(stage.database)


def test_a_key_of_another_channel_sees_no_drafts(stage: Stage) -> None:
    stage.call("PUT", "/v1/draft-orders/Q-3", json=DRAFT)
    stage.make_key("other", "orders:read", "orders:write", channels=("shop",))
    assert stage.call("GET", "/v1/draft-orders/Q-3", key="other").status_code == 404
    assert not stage.call("GET", "/v1/draft-orders", key="other").json()["items"]
    assert stage.call("PUT", "/v1/draft-orders/Q-3", key="other", json=DRAFT).status_code == 403
    stage.call("POST", "/v1/draft-orders/Q-3/discarding", json={"reason": "gone"})
    by_draft = order("by-Q-3", channel="shop", draft="Q-3")
    told = stage.call("POST", "/v1/orders", key="other", json=by_draft)
    assert (told.status_code, told.json()["code"]) == (404, "DRAFT_UNKNOWN"), "nor what has become of one"


def test_a_quote_says_what_deposit_is_to_be_paid_and_is_ordered_with_it(stage: Stage) -> None:
    shop = {"name": "Phone", "pools": ["eu"], "currencies": ["EUR"]}
    parts = {"installments": [{"due": "order", "share_ppm": 300_000}, {"due": "release"}]}
    dated = {"installments": [{"due": "date", "on": "2027-01-01T00:00:00Z", "share_ppm": 1}, {"due": "release"}]}
    for schedule, status in ((dated, 422), (parts, 200)):
        money = {"deposits": [{"name": "a third", "schedule": schedule, "currency": "EUR", "from_minor": 4000}]}
        assert stage.call("PUT", "/v1/channels/phone", json=shop | {"money": money}).status_code == status
    path = "/v1/draft-orders/Q-9"
    assert stage.call("PUT", path, json=DRAFT | {"channel": "phone", "groups": []}).status_code == 200
    assert stage.call("POST", f"{path}/offers", json={"until": until(days=2)}).json()["code"] == "ADDRESS_MISSING"
    later = {"release_at": until(days=9), "promised_by": until(days=12)}
    groups = [DRAFT["groups"][0], DRAFT["groups"][0] | {"group": 2} | later]
    lines = [DRAFT["lines"][0] | {"quantity": 1, "group": group} for group in (1, 2)]
    assert (
        stage.call("PUT", path, json=DRAFT | {"channel": "phone", "groups": groups, "lines": lines}).status_code == 200
    )
    link = stage.call("POST", f"{path}/offers", json={"until": until(days=2)}).json()["link"]
    seen = stage.call("GET", link, key="").json()
    assert [each["due"] for each in seen["schedule"]["installments"]] == ["order", "release"]
    assert [each.get("release_at") is not None for each in seen["groups"]] == [False, True]
    where = [{"group": group, "address": ADDRESS} for group in (1, 2)]
    paid = {"provider": "sandbox", "token": "pm_1"}
    answered = stage.call("POST", link, key="", json={"accept": True, "groups": where, "payment": paid})
    assert answered.status_code == 200, answered.text
    order = stage.call("GET", f"/v1/orders?number={answered.json()['order']}").json()["items"][0]
    told = stage.call("GET", f"/v1/orders/{order['id']}").json()
    assert [each["amount_minor"] for each in told["explain"]["installments"]] == [1227, 2863]
    assert sorted(hold["type"] for hold in told["order"]["holds"]) == ["payment", "schedule"]
    assert_clean(stage.database)


def test_a_standing_order_of_a_company_is_drafted_again_and_placed_under_another_number(stage: Stage) -> None:
    set_up(stage, "again-co", requires_po_number=True)
    first = place(stage, "again-co", "1", quantity=2, po_number="PO-1")
    assert first.status_code == 201, first.text
    prices = {
        "valid_from": datetime.now(UTC).date().isoformat(),
        "prices": [{"sku": "TEE-M", "breaks": [{"quantity": 1, "price_minor": 1100}]}],
    }
    assert stage.call("POST", "/v1/price-lists/again-co/prices", json=prices).status_code == 200
    path = f"/v1/orders/{first.json()['id']}/duplicates"
    twice = [
        stage.call("POST", path, json={"draft_order": "AGAIN-1"}, headers={"idempotency-key": "again"})
        for _ in range(2)
    ]  # the same request again has no further effect
    assert [each.status_code for each in twice] == [200, 200], twice[0].text
    made = twice[1]
    [line] = made.json()["lines"]
    assert (line["before_minor"], line["now_minor"], line["priced_by"]) == (1000, 1100, "price_list")
    assert (made.json()["draft_order"]["total_minor"], made.json()["draft_order"].get("revision", 1)) == (2200, 1)
    taken = stage.call("POST", path, json={"draft_order": "AGAIN-1"})
    assert (taken.status_code, taken.json()["code"]) == (409, "DRAFT_STATE")
    ordering = {"tenders": [{"provider": "terms", "method": "terms", "amount_minor": 2200}]}
    order = "/v1/draft-orders/AGAIN-1/orders"
    assert stage.call("POST", order, json=ordering).json()["code"] == "PO_NUMBER_MISSING"
    assert stage.call("POST", order, json=ordering | {"po_number": "PO-1"}).json()["code"] == "PO_NUMBER_TAKEN"
    placed = stage.call("POST", order, json=ordering | {"po_number": "PO-2"})
    assert placed.status_code == 201, placed.text
    told = stage.call("GET", f"/v1/orders/{placed.json()['id']}").json()["order"]
    assert (told["company"]["po_number"], told.get("holds", [])) == ("PO-2", [])
    assert_clean(stage.database)


def test_whoever_has_a_link_can_not_pay_with_the_credit_of_another(stage: Stage) -> None:
    issued = {"kind": "store_credit", "currency": "EUR", "amount_minor": 9000, "why": "sold"}
    made = stage.call("PUT", "/v1/credit-accounts/of-another", json=issued)
    assert made.status_code == 200, made.text
    path = "/v1/draft-orders/Q-C"
    stage.call("PUT", path, json=DRAFT)
    link = stage.call("POST", f"{path}/offers", json={"until": until(days=2)}).json()["link"]
    payment = {"provider": "credit_account", "method": "store_credit", "token": "of-another"}
    refused = stage.call("POST", link, key="", json=WHO | {"accept": True, "payment": payment})
    assert (refused.status_code, refused.json()["code"]) == (422, "TENDER_NOT_ACCEPTABLE")
    assert stage.call("GET", path).json()["state"] == "offered"
