"""Substitutes over HTTP: rules that are put and read, units that are swapped, and what the database says of it."""

from uuid import UUID

from api.stage import Stage
from orderline.core.decisions.asking import DecisionCause
from orderline.core.decisions.commands import DraftDecision
from orderline.core.orders.commands import RejectUnits
from orderline.core.stock.commands import AdjustStock, PutSkus
from orderline.core.stock.state import Sku
from orderline.core.stock.substitutes import Substitute
from orderline.values.ids import OrderId, new_id
from support.engines import assert_clean


def rules(stage: Stage, *substitutes: dict[str, object]) -> None:
    answer = stage.call("PUT", "/v1/skus/TEE-M/substitutes", json={"substitutes": substitutes})
    assert answer.status_code == 200, answer.text


def test_a_person_swaps_units_and_the_order_says_what_stands_for_what(stage: Stage) -> None:
    rules(stage, {"sku": "TEE-L", "price": "lower", "prices": {"EUR": 1500}})
    assert stage.call("GET", "/v1/skus/TEE-M").json()["substitutes"][0]["sku"] == "TEE-L"
    stage.engine.run(AdjustStock(sku="TEE-L", location="lyon", quantity=50, reason="received"))
    placed = stage.place("SWAP-1", 3)
    path = f"/v1/orders/{placed['id']}/substitutions"
    unknown = stage.call("POST", path, json={"line": 1, "sku": "CARD", "quantity": 1})
    assert (unknown.status_code, unknown.json()["code"], "TEE-L" in unknown.text) == (409, "SUBSTITUTE_UNKNOWN", True)
    body = {"line": 1, "sku": "TEE-L", "quantity": 2, "reason": "on the phone"}
    shown = stage.call("POST", "/v1/previews", json={"command": "substitute_units", "order": placed["number"]} | body)
    assert shown.status_code == 200, shown.text
    swapped = stage.call("POST", path, json=body)
    assert swapped.status_code == 200, swapped.text
    order = stage.call("GET", f"/v1/orders/{placed['id']}").json()["order"]
    assert [line["units"] for line in order["lines"]] == [{"pooled": 1, "canceled": 2}, {"pooled": 2}]
    first, second = order["agreements"][-1]["lines"]
    assert (second["replaces"], second["unit_price_minor"], second["total_minor"]) == (1, 1500, 3000)
    assert order["agreements"][-1]["total_minor"] == first["total_minor"] + second["total_minor"]
    listed = stage.call("GET", "/v1/orders?sku=TEE-L").json()["items"]
    assert placed["number"] in [each["number"] for each in listed]
    assert_clean(stage.database)


def test_what_no_location_has_is_swapped_by_the_rules(stage: Stage) -> None:
    stage.engine.run(
        PutSkus(skus=(Sku("ONLY", "The last one", substitutes=(Substitute(sku="TEE-L", consent=False),)),))
    )
    stage.engine.run(AdjustStock(sku="ONLY", location="lyon", quantity=2, reason="received"))
    stage.engine.run(AdjustStock(sku="TEE-L", location="lyon", quantity=50, reason="received"))
    placed = stage.place("SWAP-2", 2, lines=[{"sku": "ONLY", "quantity": 2, "unit_price_minor": 2000}])
    order = OrderId(UUID(placed["id"]))
    stage.allocate(placed["id"], 2)
    stage.engine.run(RejectUnits(order=order, fulfillment=1, reason="gone", shelf="missing"))
    stage.engine.run(DraftDecision(decision=str(new_id()), order=order, cause=DecisionCause.UNFILLABLE))
    found = stage.call("GET", f"/v1/orders/{placed['id']}").json()["order"]
    assert [line["units"] for line in found["lines"]] == [{"canceled": 2}, {"pooled": 2}]
    assert "asked" not in found
    assert_clean(stage.database)
