"""Appeasements over HTTP: limits of keys, budgets that many take from at once, approvals, reports, and what verify says."""

from typing import Any
from uuid import UUID

from api.stage import Stage
from orderline.core.appeasements.state import AppeasementLimits
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity
from orderline.values.ids import OrderId
from support.engines import assert_clean

LATE = {"why": "late", "reason": "ten days late", "amount_minor": 300}


def sent(stage: Stage, name: str) -> str:
    """An order of three tees for 60.00 that has left."""
    placed = stage.place(name, 3)
    stage.allocate(placed["id"], 3)
    order, units = OrderId(UUID(placed["id"])), (LineQuantity(1, 3),)
    stage.engine.run(c.PickUnits(order=order, fulfillment=1, lines=units))
    stage.engine.run(c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=units),)))
    stage.engine.run(c.ShipParcels(order=order, fulfillment=1))
    return placed["id"]


def make_key(stage: Stage, name: str, **limits: Any) -> None:
    stage.make_key(name, "orders:read", "orders:write", appeasements=AppeasementLimits(**limits))


def give(stage: Stage, key: str, order: str, **about: Any) -> dict[str, Any]:
    answer = stage.call("POST", f"/v1/orders/{order}/appeasements", key, json=LATE | about)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def test_a_key_gives_within_its_limit_and_another_approves_above_it(stage: Stage) -> None:
    order = sent(stage, "GIVE-1")
    make_key(stage, "ann", per_order={"EUR": 500})
    make_key(stage, "bob", per_order={"EUR": 5_000})
    assert give(stage, "ann", order)["credit"]["by"] == "ann"
    asked = give(stage, "ann", order)
    assert (asked["limit"], asked["allowed_minor"]) == ("per_order", 200)
    path = f"/v1/decisions/{asked['decision']}"
    body = {"option": "agree", "reason": "they are right"}
    own = stage.call("POST", f"{path}/answer", "ann", json=body)
    assert (own.status_code, own.json()["code"]) == (409, "OWN_QUESTION")
    link = stage.call("POST", f"{path}/links", "ann")
    assert (link.status_code, link.json()["code"]) == (409, "OWN_QUESTION")
    make_key(stage, "cid", per_order={"EUR": 599})
    for way, what in (("answer", {"json": body}), ("links", {})):
        less = stage.call("POST", f"{path}/{way}", "cid", **what)
        assert (less.status_code, less.json()["code"]) == (409, "APPEASEMENT_LIMIT")
    assert stage.call("POST", f"{path}/links", "bob").status_code == 200
    yes = stage.call("POST", f"{path}/answer", "bob", json=body)
    assert (yes.status_code, yes.json()["state"]) == (200, "executed"), yes.text
    shown = stage.call("GET", f"/v1/orders/{order}").json()["order"]
    assert [(each["total_minor"], each["by"]) for each in shown["credits"]] == [(300, "ann"), (300, "ann")]
    report = stage.call("GET", "/v1/reports/appeasements").json()["items"]
    assert [(each["reason"], each["given_by"], each["count"], each["net_minor"]) for each in report] == [
        ("late", "ann", 2, 600)
    ]
    assert_clean(stage.database)


def test_a_budget_is_spent_to_the_cent_by_many_at_once(stage: Stage) -> None:
    budget = {"period": "month", "amounts": {"EUR": 2_500}}
    path = "/v1/appeasement-budgets/channel:web"
    assert stage.call("PUT", path, json=budget).status_code == 200
    orders = [sent(stage, f"GIVE-MANY-{n}") for n in range(20)]
    secret = stage.secrets["orders:write"]
    under_way = [
        stage.client.submit(
            "POST", f"/v1/orders/{order}/appeasements", headers={"authorization": f"Bearer {secret}"}, json=LATE
        )
        for order in orders
    ]
    results = [each.result(60).json()["result"] for each in under_way]
    assert sum("credit" in each for each in results) == 8
    assert {each["limit"] for each in results if "credit" not in each} == {"channel:web"}
    [(_, spent)] = stage.call("GET", path).json()["spent"].items()
    assert spent == 2_400
    given = next(order for order, each in zip(orders, results, strict=True) if "credit" in each)
    undone = stage.call("POST", f"/v1/orders/{given}/undone-changes", json={"reason": "the wrong order"})
    assert undone.status_code == 200, undone.text
    assert list(stage.call("GET", path).json()["spent"].values()) == [2_100]
    assert_clean(stage.database)


def test_the_same_request_again_gives_once(stage: Stage) -> None:
    order = sent(stage, "GIVE-TWICE")
    path, headers = f"/v1/orders/{order}/appeasements", {"idempotency-key": "late-1"}
    first, second = (stage.call("POST", path, json=LATE, headers=headers) for _ in range(2))
    assert first.json() == second.json()
    assert len(stage.call("GET", f"/v1/orders/{order}").json()["order"]["credits"]) == 1


def test_nobody_gives_themselves_leave(stage: Stage) -> None:
    order = sent(stage, "GIVE-FORGED")
    make_key(stage, "eve", per_order={"EUR": 100})
    action = {"action": "appease", "why": "courtesy", "amount_minor": 900}
    body = {"reason": "for me", "actions": [action]}
    path = f"/v1/orders/{order}"
    forged = {"giving": {"approved": True}}
    assert stage.call("POST", f"{path}/changes", "eve", json=body | forged).status_code == 422
    refused = stage.call("POST", f"{path}/changes", "eve", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "APPEASEMENT_LIMIT")
    preview = {"command": "change_order", "order": order} | body | forged
    shown = stage.call("POST", "/v1/previews", "eve", json=preview)
    assert (shown.status_code, shown.json()["code"]) == (409, "APPEASEMENT_LIMIT")
    proposed = stage.call("POST", f"{path}/proposed-changes", "eve", json=body)
    assert (proposed.status_code, proposed.json()["code"]) == (409, "APPEASEMENT_LIMIT")
    asked = stage.call("POST", f"{path}/proposed-changes", "eve", json=body | {"to": "approver"})
    assert (asked.status_code, asked.json()["to"]) == (200, "approver")
