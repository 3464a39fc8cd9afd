"""Customers who may be one person: shown with why, merged by somebody only, and apart again."""

from typing import Any

from api.stage import ADDRESS, Stage
from support.engines import assert_clean


def same(stage: Stage, order: dict[str, Any], key: str = "admin") -> dict[str, Any]:
    answer = stage.call("GET", f"/v1/orders/{order['number']}/same-person", key=key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def suggested(stage: Stage, order: dict[str, Any]) -> dict[str, list[str]]:
    return {each["number"]: each["alike"] for each in same(stage, order)["suggested"]}


def test_one_person_over_two_channels_is_suggested_merged_by_somebody_and_apart_again(stage: Stage) -> None:
    home = {**ADDRESS, "name": "Cleo Marlow", "lines": ["7 Rue du Bac"]}
    cleo = {"name": "Cleo Marlow", "email": "cleo@example.com", "phone": "+33 6 12 34 56 78"}
    web = stage.place("i-1", customer=cleo, groups=[{"address": home}])
    shop = stage.place(
        "i-2", channel="shop", customer={"name": "MARLOW Cleo", "email": "CLEO@example.com"}, groups=[{"address": home}]
    )
    by_phone = stage.place("i-3", customer={"name": "cleo marlow", "email": "c@work.test", "phone": "0612345678"})
    other = stage.place("i-4", customer={"name": "Cleo Marlow", "email": "another@example.com"})

    found = suggested(stage, web)
    assert set(found) == {shop["number"], by_phone["number"]}
    assert "email" in found[shop["number"]]
    assert "name" in found[shop["number"]]
    assert found[by_phone["number"]] == ["phone", "name"]
    assert same(stage, web)["identity"] is None  # nothing is merged by itself
    assert other["number"] not in found

    asked = {"orders": [web["number"], shop["id"]], "reason": "told us on the phone"}
    answer = stage.call("POST", "/v1/identities", json=asked, headers={"Idempotency-Key": "merge-1"})
    again = stage.call("POST", "/v1/identities", json=asked, headers={"Idempotency-Key": "merge-1"})
    assert answer.status_code == 200, answer.text
    assert again.content == answer.content
    merged = same(stage, shop)["identity"]
    assert set(merged["orders"]) == {web["id"], shop["id"]}
    assert set(suggested(stage, web)) == {by_phone["number"]}
    taken = stage.call("POST", "/v1/identities", json={"orders": [web["id"], other["id"]], "reason": "hm"})
    assert (taken.status_code, taken.json()["code"]) == (409, "IDENTITY_TAKEN")
    unknown = stage.call("POST", "/v1/identities", json={"orders": [web["id"], "SO-0"], "reason": "hm"})
    assert unknown.json()["code"] == "ORDER_UNKNOWN"

    path = f"/v1/identities/{merged['id']}"
    undone = stage.call("POST", f"{path}/undoing", json={"reason": "mother and daughter"})
    assert undone.status_code == 200, undone.text
    assert same(stage, web)["identity"] is None
    assert stage.call("GET", path).json()["state"] == "undone"
    assert [each["command"] for each in stage.call("GET", f"{path}/history").json()["items"]] == [
        "merge_customers",
        "undo_merge",
    ]
    assert "Marlow" not in str(stage.database.rows("SELECT body FROM records WHERE cell = %(cell)s"))
    assert_clean(stage.database)


def test_a_key_of_one_channel_sees_no_customers_of_others(stage: Stage) -> None:
    dora = {"name": "Dora Lund", "email": "dora@example.com"}
    web, shop = stage.place("k-1", customer=dora), stage.place("k-2", channel="shop", customer=dora)
    stage.make_key("web", "orders:read", "orders:write", channels=("web",))
    assert set(suggested(stage, web)) == {shop["number"]}
    assert same(stage, web, key="web")["suggested"] == []
    asked = {"orders": [web["id"], shop["id"]], "reason": "same email"}
    assert stage.call("POST", "/v1/identities", json=asked, key="web").json()["code"] == "ORDER_UNKNOWN"
    merged = stage.call("POST", "/v1/identities", json=asked).json()
    assert same(stage, web, key="web")["identity"] is None
    path = f"/v1/identities/{merged['id']}/undoing"
    assert stage.call("POST", path, json={"reason": "no"}, key="web").json()["code"] == "IDENTITY_UNKNOWN"
