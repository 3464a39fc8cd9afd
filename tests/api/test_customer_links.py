"""Links by which customers see their orders and do some things about them, without a key."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from api.stage import ADDRESS, Stage
from orderline.api.linking import PER_LINK
from orderline.core.customer_links.decide import MakeCustomerLink
from orderline.core.decisions.links import hash_of, token_of
from orderline.core.stock.commands import AdjustStock, PutSkus
from orderline.core.stock.state import Sku
from orderline.engine.engine import Engine
from orderline.store.secrets import secret_of
from orderline.values.ids import OrderId, new_id
from support.engines import assert_clean, deliver

ALL = ["cancel", "address", "return"]


def link_to(stage: Stage, order: dict[str, Any], may: list[str] = ALL, **more: Any) -> dict[str, Any]:
    made = stage.call("POST", f"/v1/orders/{order['number']}/customer-links", json={"may": may, **more})
    assert made.status_code == 200, made.text
    return made.json()


def by(stage: Stage, link: dict[str, Any], what: str = "", **given: Any) -> httpx.Response:
    if not what:
        return stage.call("GET", link["link"], key="")
    return stage.call("POST", f"{link['link']}/{what}", key="", **given)


def test_a_customer_sees_the_order_and_nothing_that_is_ours_alone(stage: Stage) -> None:
    order = stage.place("cl-1", 2, holds=[{"type": "fraud", "reason": "odd address"}])
    seen = by(stage, link_to(stage, order))
    assert seen.status_code == 200, seen.text
    told = seen.json()
    assert (told["number"], told["status"], told["lines"][0]["quantity"]) == (order["number"], "Being checked", 2)
    assert told["may"] == ["address", "cancel"]
    for hidden in ("fraud", "odd address", order["id"], "lyon", "holds", ADDRESS["lines"][0]):
        assert hidden not in seen.text, hidden


def test_a_customer_cancels_by_link_and_only_as_far_as_the_link_is_for_it(stage: Stage) -> None:
    order = stage.place("cl-2", 2)
    less = by(stage, link_to(stage, order, ["address"]), "cancellations", json={})
    assert (less.status_code, less.json()["code"]) == (403, "CUSTOMER_LINK_FOR_LESS")
    link = link_to(stage, order, ["cancel"])
    done = by(
        stage, link, "cancellations", json={"lines": [{"line": 1, "quantity": 1}]}, headers={"Idempotency-Key": "c"}
    )
    again = by(
        stage, link, "cancellations", json={"lines": [{"line": 1, "quantity": 1}]}, headers={"Idempotency-Key": "c"}
    )
    assert (done.json()["lines"][0]["canceled"], again.json()["lines"][0]["canceled"]) == (1, 1)
    assert by(stage, link, "cancellations", json={}).json()["lines"][0]["canceled"] == 2
    assert "may" not in by(stage, link).json()
    events = stage.call("GET", f"/v1/orders/{order['number']}/events").text
    assert '"name":"customer"' in events
    assert '"via":"link"' in events
    assert_clean(stage.database)


def test_another_address_of_the_same_country(stage: Stage) -> None:
    order = stage.place("cl-3")
    link = link_to(stage, order)
    moved = {**ADDRESS, "lines": ["8 rue Neuve"]}
    assert by(stage, link, "addresses", json={"address": moved}).status_code == 200
    abroad = {"country": "DE", "name": "Ann", "lines": ["Weg 1"], "city": "Berlin", "postal_code": "10115"}
    refused = by(stage, link, "addresses", json={"address": abroad})
    assert (refused.status_code, refused.json()["code"]) == (409, "CUSTOMER_LINK_NOT_NOW")
    assert_clean(stage.database)


def test_goods_are_announced_to_come_back_by_link(stage: Stage) -> None:
    order = stage.place("cl-4", 2)  # one of two is delivered
    link = link_to(stage, order)
    asked = {"lines": [{"line": 1, "quantity": 1, "reason": "too_small"}]}
    early = by(stage, link, "returns", json=asked)
    assert (early.status_code, early.json()["code"]) == (409, "RETURN_NOT_SENT")
    deliver(stage.engine, OrderId(UUID(order["id"])))
    seen = by(stage, link).json()
    assert (seen["lines"][0]["returnable"], seen["may"]) == (1, ["address", "cancel", "return"])
    done = by(stage, link, "returns", json=asked)
    assert done.status_code == 200, done.text
    [returned] = done.json()["returns"]
    assert returned["items"] == [{"line": 1, "quantity": 1, "custody": "approved", "money": "not_due"}]
    assert "returnable" not in done.json()["lines"][0]
    assert by(stage, link, "returns", json={"lines": [{"line": 1, "quantity": 2, "reason": "late"}]}).json()[
        "code"
    ] == ("RETURN_QUANTITY")
    assert_clean(stage.database)


def test_a_customer_sees_who_sells_where_parcels_are_and_what_is_to_come(stage: Stage) -> None:
    channel = stage.call("GET", "/v1/channels/web").json()
    del channel["code"]
    brand = {"color": "#223344", "email": "help@shop.example", "tracking": {"express": "https://x.example/t/{number}"}}
    put = stage.call("PUT", "/v1/channels/web", json={**channel, "brand": brand})
    assert put.status_code == 200, put.text
    order = stage.place("cl-9", 2)
    link = link_to(stage, order)
    seen = by(stage, link).json()
    assert seen["shop"] == {"name": channel["name"], "color": "#223344", "email": "help@shop.example"}
    assert seen["lines"][0]["to_come"] == 2
    deliver(stage.engine, OrderId(UUID(order["id"])))
    seen = by(stage, link).json()
    assert (seen["lines"][0]["to_come"], seen["lines"][0]["delivered"]) == (1, 1)
    scans = [(each["state"], each.get("place", "")) for each in seen["parcels"][0]["scans"]]
    assert scans == [("delivered", ""), ("handed_over", "")], "the last first, and not where it was sent from"
    by(stage, link, "returns", json={"lines": [{"line": 1, "quantity": 1, "reason": "too_small"}]})
    none = stage.call("GET", f"{link['link']}/returns/1/label", key="")
    assert (none.status_code, none.json()["code"]) == (404, "LABEL_NOT_KEPT")
    labeled = {"label": {"carrier": "Express", "tracking_number": "R1", "code": "4711"}}
    got = stage.call("POST", f"/v1/orders/{order['number']}/returns/1/labels", json=labeled)
    assert got.status_code == 200, got.text
    [returned] = by(stage, link).json()["returns"]
    assert (returned["tracking_url"], returned["code"]) == ("https://x.example/t/R1", "4711")
    assert stage.call("PUT", "/v1/channels/web", json=channel).status_code == 200


def test_goods_are_exchanged_by_link_for_what_they_cost(stage: Stage) -> None:
    rules = [
        {"sku": "TEE-L", "price": "difference", "prices": {"EUR": 2500}},
        {"sku": "MUG", "price": "lower", "prices": {"EUR": 1500}},
        {"sku": "OLD"},
    ]
    stage.engine.run(PutSkus(skus=(Sku("MUG", "A mug"),)))
    assert stage.call("PUT", "/v1/skus/TEE-M/substitutes", json={"substitutes": rules}).status_code == 200
    for sku in ("TEE-L", "MUG"):
        stage.engine.run(AdjustStock(sku=sku, location="lyon", quantity=1, reason="received"))
    less = {"sku": "TEE-M", "quantity": 2, "unit_price_minor": 2000, "discount_minor": 400}
    order = stage.place("cl-20", 2, lines=[less], total_minor=3600)
    deliver(stage.engine, OrderId(UUID(order["id"])))
    link = link_to(stage, order)
    [line] = by(stage, link).json()["lines"]
    price = line["unit_price_minor"]
    assert [(each["sku"], each["unit_price_minor"]) for each in line["instead"]] == [
        ("TEE-M", price), ("TEE-L", 2500), ("MUG", 1500),
    ]  # fmt: skip
    assert "instead" not in by(stage, link_to(stage, order, ["cancel"])).json()["lines"][0]
    back = [{"line": 1, "quantity": 1, "reason": "too_small"}]

    def asked(sku: str, line: int = 1) -> dict[str, Any]:
        return {"lines": back, "instead": [{"line": line, "sku": sku}]}

    for sku, costs in (("TEE-M", 1800), ("TEE-L", 2250), ("MUG", 1350)):  # with the discount in proportion
        told = by(stage, link, "returns/quotes", json=asked(sku)).json()
        assert told == {
            "currency": "EUR", "credit_minor": 1800, "instead_minor": costs, "balance_minor": costs - 1800,
        }, sku  # fmt: skip
    assert by(stage, link, "returns/quotes", json={"lines": back}).json()["balance_minor"] == -1800
    for wrong, field in ((asked("CAP"), "instead[0].sku"), (asked("MUG", 7), "instead[0].line")):
        for what in ("returns", "returns/quotes"):
            refused = by(stage, link, what, json=wrong).json()
            assert (refused["code"], refused["field"]) == ("RETURN_EXCHANGE", field)
    other = by(stage, link, "returns", json={**asked("MUG"), "balance_minor": -500}).json()
    assert (other["code"], other["field"], other["facts"]["allowed"]) == ("RETURN_EXCHANGE", "balance_minor", -450)
    given = {**asked("MUG"), "balance_minor": -450}
    for _ in range(2):
        done = by(stage, link, "returns", json=given, headers={"Idempotency-Key": "exchanged"})
        assert done.status_code == 200, done.text
        assert [each["sku"] for each in done.json()["lines"]] == ["TEE-M", "MUG"], "sent twice, it has one effect"
    came = {"receipt": "cl-20", "location": "lyon", "items": [{"item": 1, "quantity": 1, "grade": "as_new"}]}
    assert stage.call("POST", f"/v1/orders/{order['number']}/returns/1/receipts", json=came).status_code == 200
    settled = stage.call("GET", f"/v1/orders/{order['number']}").json()["order"]
    assert not settled.get("holds")
    assert_clean(stage.database)
    assert stage.call("PUT", "/v1/skus/TEE-M/substitutes", json={"substitutes": []}).status_code == 200


def test_a_hold_is_not_told_of(stage: Stage) -> None:
    order = stage.place("cl-5", holds=[{"type": "manual", "reason": "secret", "blocks": ["cancel"]}])
    refused = by(stage, link_to(stage, order), "cancellations", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "CUSTOMER_LINK_NOT_NOW")
    assert "secret" not in refused.text
    assert "hold" not in refused.text.lower()


def test_a_link_that_is_revoked_over_or_none_says_the_same(stage: Stage) -> None:
    order = stage.place("cl-6")
    link = link_to(stage, order)
    assert by(stage, link).status_code == 200
    path = f"/v1/customer-links/{link['id']}"
    assert stage.call("POST", f"{path}/revocation", json={"reason": "sent to another"}).status_code == 200
    assert stage.call("POST", f"{path}/revocation", json={}).json()["code"] == "CUSTOMER_LINK_STATE"
    revoked = by(stage, link)
    made_up = stage.call("GET", f"/v1/customer-links/by-link/{'A' * 54}", key="")
    secret = secret_of(stage.database, "customer_links")
    id_ = str(new_id())
    earlier = Engine(stage.database, clock=lambda: datetime.now(UTC) - timedelta(days=31))
    try:
        hashed = hash_of(token_of(secret, id_, "n"))
        earlier.run(MakeCustomerLink(link=id_, order=OrderId(UUID(order["id"])), token_hash=hashed))
    finally:
        earlier.close()
    over = stage.call("GET", f"/v1/customer-links/by-link/{token_of(secret, id_, 'n')}", key="")
    assert [each.status_code for each in (revoked, made_up, over)] == [404, 404, 404]
    assert {each.json()["code"] for each in (revoked, made_up, over)} == {"CUSTOMER_LINK_UNKNOWN"}
    known = stage.call("GET", path).json()
    assert (known["state"], known["reason"]) == ("revoked", "sent to another")
    assert link["link"].rpartition("/")[2] not in str(
        stage.database.rows("SELECT body FROM record_journal WHERE cell = %(cell)s AND kind = 'customer_link'")
    )
    assert_clean(stage.database)


def test_links_are_limited_in_time_and_in_how_often_they_are_called(stage: Stage) -> None:
    order = stage.place("cl-7")
    far = {"until": (datetime.now(UTC) + timedelta(days=900)).isoformat()}
    refused = stage.call("POST", f"/v1/orders/{order['number']}/customer-links", json=far)
    assert refused.json()["code"] == "WINDOW_NOT_ACCEPTABLE"
    once = {"headers": {"Idempotency-Key": "link-once"}, "json": {}}
    same = [stage.call("POST", f"/v1/orders/{order['number']}/customer-links", **once).json() for _ in range(2)]
    assert same[0] == same[1]
    codes = [by(stage, same[0]).status_code for _ in range(int(PER_LINK[0]) + 20)]
    assert set(codes) == {200, 429}


def test_a_key_of_another_channel_makes_and_sees_no_links(stage: Stage) -> None:
    order = stage.place("cl-8")
    stage.make_key("shop-links", "orders:read", "orders:write", channels=("shop",))
    path = f"/v1/orders/{order['number']}/customer-links"
    assert stage.call("POST", path, json={}, key="shop-links").json()["code"] == "ORDER_UNKNOWN"
    link = link_to(stage, order)
    assert stage.call("GET", f"/v1/customer-links/{link['id']}", key="shop-links").status_code == 404
    revoking = stage.call("POST", f"/v1/customer-links/{link['id']}/revocation", json={}, key="shop-links")
    assert revoking.status_code == 404
