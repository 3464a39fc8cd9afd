"""Combinations over HTTP: what is proposed, put together, refused, and taken apart."""

from typing import Any
from uuid import UUID

from api.stage import ADDRESS, Stage
from orderline.core.orders.commands import PickUnits
from orderline.core.orders.state import LineQuantity
from orderline.values.ids import OrderId, new_id


def work(stage: Stage, *, picked: bool = True, **changes: Any) -> dict[str, Any]:
    """An order with a unit at Lyon."""
    placed = stage.place(f"comb-{new_id()}", **changes)
    stage.allocate(placed["id"])
    if picked:
        stage.engine.run(PickUnits(order=OrderId(UUID(placed["id"])), fulfillment=1, lines=(LineQuantity(1, 1),)))
    return placed


def street(name: str) -> dict[str, Any]:
    return {"groups": [{"address": ADDRESS | {"lines": [name]}}]}


def test_orders_to_one_address_are_proposed_combined_and_shipped(stage: Stage) -> None:
    one, two = work(stage, **street("3 Rue A")), work(stage, **street("3  rue a"))
    other = work(stage, **street("4 Rue A"))
    proposals = stage.call("GET", "/v1/combination-proposals?location=lyon", "fulfillments:read").json()["items"]
    found = [[each["order_number"] for each in proposal["work"]] for proposal in proposals]
    assert sorted([one["number"], two["number"]]) in [sorted(each) for each in found]
    assert all(other["number"] not in each for each in found)

    path = f"/v1/combinations/C-{one['number']}"
    asked = {"location": "lyon", "work": [{"order": one["number"]}, {"order": two["id"]}]}
    made = stage.call("PUT", path, "fulfillments:write", json=asked)
    assert (made.status_code, made.json()["state"]) == (200, "open"), made.text
    assert stage.call("PUT", path, json=asked).json()["version"] == 1
    assert stage.call("POST", f"{path}/packings", json={"weight_g": 500}).json()["state"] == "packed"
    label = {"carrier": "post", "tracking_number": f"T-{one['number']}", "cost_minor": 571, "cost_currency": "EUR"}
    cheap = stage.call("POST", f"{path}/labels", json=label | {"cost_minor": -5}).json()
    assert (cheap["code"], cheap["value"]) == ("AMOUNT_OUT_OF_RANGE", -5)
    labeled = stage.call("POST", f"{path}/labels", json=label).json()
    assert [each["cost_minor"] for each in labeled["members"]] == [286, 285]
    assert stage.call("POST", f"{path}/handovers", json={}).json()["state"] == "shipped"
    tracked = stage.call("POST", f"{path}/tracking", json={"state": "delivered"})
    assert (tracked.status_code, tracked.json()["id"]) == (200, f"C-{one['number']}")
    for order in (one, two):
        read = stage.call("GET", f"/v1/orders/{order['number']}").json()["order"]
        assert read["parcels"][0]["state"] == "delivered"
        assert read["parcels"][0]["combined"] == f"C-{one['number']}"
    late = stage.call("POST", f"{path}/splits", json={})
    assert (late.status_code, late.json()["code"]) == (409, "COMBINATION_STATE")


def test_what_can_not_leave_together_is_refused_with_what_could(stage: Stage) -> None:
    one, elsewhere, unpicked = work(stage), work(stage, **street("9 Rue Z")), work(stage, picked=False)
    path = f"/v1/combinations/D-{one['number']}"

    def asked(*orders: dict[str, Any], location: str = "lyon") -> Any:
        body = {"location": location, "work": [{"order": each["number"]} for each in orders]}
        return stage.call("PUT", path, json=body).json()

    assert (asked(one, elsewhere)["code"], asked(one, elsewhere)["value"]) == ("COMBINATION_WORK", elsewhere["number"])
    assert asked(one, one)["code"] == "COMBINATION_WORK"
    assert asked(one, unpicked, location="lille")["facts"]["allowed"] == "work at lille"
    assert asked(one, unpicked)["state"] == "open"
    refused = stage.call("POST", f"{path}/packings", json={}).json()
    assert (refused["code"], refused["value"]) == ("COMBINATION_WORK", unpicked["number"])
    again = stage.call("POST", f"{path}/splits", json={"order": unpicked["number"]}).json()
    assert (again["state"], [each["left"] for each in again["members"]]) == ("dissolved", [True, True])
    assert stage.call("POST", "/v1/combinations/none/packings", json={}).status_code == 404
    stage.make_key("lille", "fulfillments:write", locations=["lille"])
    assert stage.call("POST", f"{path}/packings", "lille", json={}).status_code == 403
