"""Agreements over HTTP: called off by many at once, never more than was agreed."""

from concurrent.futures import ThreadPoolExecutor

from api.stage import Stage
from api.test_companies import place, set_up, stored
from orderline.core.agreements.decide import ReviewCallOff
from orderline.engine.verifying import verify
from support.engines import assert_clean, faults_of


def test_orders_at_once_call_off_no_more_than_was_agreed(stage: Stage) -> None:
    acme = "acme-frame"
    set_up(stage, acme, credit_limit_minor=None)
    body = {
        "company": acme, "lines": [{"sku": "TEE-M", "quantity": 7}], "from_on": "2020-01-01", "until_on": "2099-12-31",
    }  # fmt: skip
    put = stage.call("PUT", "/v1/agreements/frame", json=body)
    assert put.status_code == 200, put.text
    with ThreadPoolExecutor(8) as pool:
        calls = pool.map(lambda n: place(stage, acme, f"F-{n}", 2, agreement="frame"), range(8))
    answers = list(calls)
    assert sorted(each.status_code for each in answers) == [201, 201, 201, 409, 409, 409, 409, 409]
    refused = next(each.json() for each in answers if each.status_code == 409)
    assert (refused["code"], *refused["facts"].values()) == ("AGREEMENT_EXCEEDED", "TEE-M", 1)
    [line] = stage.call("GET", "/v1/agreements/frame").json()["lines"]
    assert (line["called"], line["left"]) == (6, 1)
    first = stage.call("GET", "/v1/agreements/frame/call-offs?limit=2").json()
    rest = stage.call("GET", f"/v1/agreements/frame/call-offs?limit=2&cursor={first['next']}").json()
    assert [each["units"] for each in (*first["items"], *rest["items"])] == [[{"sku": "TEE-M", "quantity": 2}]] * 3
    assert (len(first["items"]), rest["next"]) == (2, None)
    assert stage.call("GET", "/v1/agreements/none/call-offs").json()["code"] == "AGREEMENT_UNKNOWN"
    order = stored(stage, next(each.json() for each in answers if each.status_code == 201))
    answer = stage.call("POST", f"/v1/orders/{order.id}/cancellations", json={"reason": "wrong"})
    assert answer.status_code == 200, answer.text
    assert_clean(stage.database)  # the job that gives them back is there
    with stage.database.connection() as connection:
        connection.execute("DELETE FROM outbox WHERE kind = 'review_call_off'")
        connection.execute("COMMIT")
    assert "has called off less" in str(faults_of(verify(stage.database))["agreements"])
    stage.engine.run(ReviewCallOff(agreement="frame", caller=order.id))
    [line] = stage.call("GET", "/v1/agreements/frame").json()["lines"]
    assert (line["called"], line["left"]) == (4, 3)
    assert_clean(stage.database)
    miscount = "UPDATE records SET body = replace(body, %s, %s) WHERE kind = 'agreement' AND id = 'frame'"
    right, wrong = '"called":4', '"called":5'
    for before, after, faults in ((right, wrong, "5 of 7 TEE-M called off, by its orders 4"), (wrong, right, "")):
        with stage.database.connection() as connection:
            connection.execute(miscount, [before, after])
            connection.execute("COMMIT")
        assert faults in str(faults_of(verify(stage.database)).get("agreements", ""))
    assert_clean(stage.database)
    body["lines"] = [{"sku": "TEE-M", "quantity": 3}]
    fewer = stage.call("PUT", "/v1/agreements/frame", json=body)
    assert (fewer.status_code, fewer.json()["code"]) == (409, "AGREEMENT_EXCEEDED")
    assert stage.call("POST", "/v1/agreements/frame/endings", json={"reason": "over"}).json()["state"] == "ended"
    over = place(stage, acme, "F-9", 1, agreement="frame")
    assert (over.status_code, over.json()["code"]) == (409, "AGREEMENT_STATE")
