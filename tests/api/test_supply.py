"""Purchase orders and transfers over HTTP, and what keys of one location may do with them."""

from typing import Any

from api.stage import Stage

DUE = "2027-01-10T00:00:00Z"


def ask(stage: Stage, path: str, body: dict[str, Any] | None = None, key: str = "admin", method: str = "POST") -> Any:
    return stage.call(method, f"/v1/{path}", key, **({} if method == "GET" else {"json": body or {}}))


def order(location: str = "lyon", quantity: int = 5) -> dict[str, Any]:
    return {"location": location, "vendor": "Weavers", "lines": [{"sku": "TEE-M", "quantity": quantity, "due_at": DUE}]}


def test_a_purchase_order_goes_from_draft_to_closed(stage: Stage) -> None:
    assert ask(stage, "purchase-orders/PO-1", order(), method="PUT").json()["state"] == "draft"
    assert ask(stage, "purchase-orders/PO-1/sending").json()["state"] == "sent"
    assert ask(stage, "purchase-orders/PO-1/confirmation").json()["state"] == "confirmed"
    [row] = stage.call("GET", "/v1/supply?sku=TEE-M&location=lyon").json()["items"]
    assert (row["id"], row["open"], row["free"]) == ("purchase_order:PO-1:1", 5, 4)
    assert stage.call("GET", "/v1/supply?overpegged=true").json()["items"] == []
    at = "/v1/stock/TEE-M/atp?at=2027-02-01T00:00:00Z"
    assert stage.call("GET", at).status_code == 200
    ask(stage, "purchase-orders/PO-1/notices", {"notice": "ASN-1", "lines": [{"line": 1, "quantity": 5}]})
    receipt = {"receipt": "R-1", "notice": "ASN-1", "lines": [{"line": 1, "quantity": 3, "damaged": 1}]}
    first, again = (ask(stage, "purchase-orders/PO-1/receipts", receipt) for _ in range(2))
    assert (first.json()["state"], again.content) == ("partly_received", first.content)
    assert ask(stage, "purchase-orders/PO-1/closing").json()["state"] == "closed"
    listed = stage.call("GET", "/v1/purchase-orders?state=closed&location=lyon").json()["items"]
    assert [each["id"] for each in listed] == ["PO-1"]
    history = ask(stage, "purchase-orders/PO-1/history", method="GET").json()["items"]
    assert [entry["command"] for entry in history][-2:] == ["receive_purchase_order", "close_purchase_order"]
    refused = ask(stage, "purchase-orders/PO-1/cancellation", {"reason": "late"})
    assert (refused.status_code, refused.json()["code"]) == (409, "PURCHASE_STATE")
    assert ask(stage, "purchase-orders/NONE", method="GET").status_code == 404


def test_a_vendor_has_a_record_and_a_person_may_overrule_it(stage: Stage) -> None:
    said = {"slack_days": 4, "confidence_ppm": 700_000, "reason": "a strike"}
    assert ask(stage, "vendor-records/Potters", method="GET").json()["code"] == "VENDOR_UNKNOWN"
    assert ask(stage, "vendor-records/Potters", said, method="PUT").json()["fixed"]["slack_days"] == 4
    line = ask(stage, "purchase-orders/PO-V", order() | {"vendor": "Potters"}, method="PUT").json()["lines"][0]
    assert (line["slack_days"], line["confidence_ppm"], line["learned"]["by"]) == (4, 700_000, "person")
    wrong = ask(stage, "vendor-records/Potters", {"slack_days": 366}, method="PUT")
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["field"]) == (422, "VENDOR_FIGURES", "slack_days")
    assert [each["id"] for each in stage.call("GET", "/v1/vendor-records").json()["items"]] == ["Potters"]


def test_the_source_sends_and_the_target_receives(stage: Stage) -> None:
    stage.make_key("lyon", "stock:read", "stock:write", locations=["lyon"])
    stage.make_key("paris", "stock:read", "stock:write", locations=["paris"])
    plan = {"source": "lyon", "target": "paris", "due_at": DUE, "lines": [{"sku": "TEE-M", "quantity": 1}]}
    assert ask(stage, "transfers/T-1", plan, "paris", "PUT").status_code == 403
    assert ask(stage, "transfers/T-1", plan, "lyon", "PUT").status_code == 200
    for path in ("approval", "picking", "shipping"):
        assert ask(stage, f"transfers/T-1/{path}", key="paris").status_code == 403
        assert ask(stage, f"transfers/T-1/{path}", key="lyon").status_code == 200
    receipt = {"receipt": "R-1", "lines": [{"line": 1, "quantity": 1}]}
    assert ask(stage, "transfers/T-1/receipts", receipt, "lyon").status_code == 403
    assert ask(stage, "transfers/T-1/receipts", receipt, "paris").json()["state"] == "received"
    assert ask(stage, "purchase-orders/PO-9", order("lyon"), "paris", "PUT").status_code == 403
    assert ask(stage, "purchase-orders/PO-9", order("paris"), "paris", "PUT").status_code == 200


def test_rules_are_tried_before_they_are_put(stage: Stage) -> None:
    rules = {"rules": [{"id": "shirts", "units": 1, "skus": ["TEE*"], "locations": ["lyon"]}]}
    tried = ask(stage, "keep-rule-sets/preview", rules).json()
    assert [(each["sku"], each["location"], each["after"]) for each in tried["changes"]] == [("TEE-M", "lyon", 1)]
    assert ask(stage, "keep-rule-sets/default", method="GET").status_code == 404
    assert ask(stage, "keep-rule-sets/default", rules, method="PUT").json()["rules"][0]["id"] == "shirts"
    assert ask(stage, "keep-rule-sets/default", method="GET").json()["put_by"]
    refused = ask(stage, "keep-rule-sets/preview", {"rules": [{"id": "shirts", "units": -1}]})
    assert (refused.status_code, refused.json()["code"]) == (422, "RULE_NOT_ACCEPTABLE")


def test_lots_are_received_listed_and_recalled(stage: Stage) -> None:
    sku = {"code": "MILK", "tracking": "lot", "expires": True, "min_shelf_days": 2}
    assert stage.call("PUT", "/v1/skus", json={"skus": [sku]}).status_code == 200
    received = {"sku": "MILK", "location": "lyon", "quantity": 3, "reason": "received"}
    refused = ask(stage, "stock/adjustments", received)
    assert (refused.status_code, refused.json()["code"]) == (422, "LOTS_REQUIRED")
    lots = [{"lot": "A/1", "quantity": 3, "expires_on": "2099-01-31"}]
    assert ask(stage, "stock/adjustments", received | {"lots": lots}).status_code == 200
    [lot] = stage.call("GET", "/v1/lots?sku=MILK&location=lyon").json()["items"]
    assert (lot["lot"], lot["quantity"], lot["expires_on"], lot["bucket"]) == ("A/1", 3, "2099-01-31", "sellable")
    again = ask(stage, "stock/adjustments", received | {"lots": [lots[0] | {"expires_on": "2099-02-01"}]})
    assert (again.status_code, again.json()["code"]) == (409, "EXPIRY_DIFFERS")
    told = "sku,location,lot,quantity,expires_on\nMILK,lyon,A/1,2,\nMILK,lyon,G,4,2099-03-01\nMILK,lyon,C,1,soon\nMILK,lyon,,9,\n"
    answer = stage.call(
        "POST", "/v1/stock/feeds/lots?sequence=1", content=told, headers={"content-type": "text/csv"}
    ).json()
    refused = [(each["row"], each["code"]) for each in answer["refusals"]]
    assert (answer["changed"], sorted(refused)) == (2, [(3, "ROW_MALFORMED"), (4, "LOTS_REQUIRED")])
    as_of = "&as_of=2026-01-01T00:00:00Z"  # what has come since is added
    told = '{"sku": "MILK", "location": "lyon", "quantity": 0, "lot": "A/1"}\n'
    media = {"content-type": "application/x-ndjson"}
    answer = stage.call("POST", f"/v1/stock/feeds/lots?sequence=2{as_of}", content=told, headers=media).json()
    assert (answer["changed"], answer["refused"]) == (1, 0)
    units = {each["lot"]: each["quantity"] for each in stage.call("GET", "/v1/lots?sku=MILK").json()["items"]}
    assert units == {"A/1": 3, "G": 4}
    recall = stage.call("GET", "/v1/stock/MILK/lots/A%2F1").json()
    assert (recall["orders"], [each["quantity"] for each in recall["shelves"]]) == ([], [3])
    stage.make_key("paris", "stock:read", locations=["paris"])
    assert stage.call("GET", "/v1/lots?sku=MILK", "paris").json()["items"] == []
    lines = [{"sku": "MILK", "quantity": 4, "due_at": DUE}]
    ask(stage, "purchase-orders/PO-M", {"location": "lyon", "lines": lines}, method="PUT")
    ask(stage, "purchase-orders/PO-M/sending")
    came = [{"lot": "B", "quantity": 3, "damaged": 1, "expires_on": "2099-03-01"}]
    receipt = {"receipt": "R-1", "lines": [{"line": 1, "quantity": 3, "damaged": 1, "lots": came}]}
    assert ask(stage, "purchase-orders/PO-M/receipts", receipt).json()["state"] == "received"
    found = stage.call("GET", "/v1/lots?lot=B").json()["items"]
    assert [(each["bucket"], each["quantity"]) for each in found] == [("damaged", 1), ("sellable", 3)]
