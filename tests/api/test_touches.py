"""What people did by hand, for each hundred orders."""

from typing import Any
from uuid import UUID

from api.stage import Stage
from orderline.core.context import Actor
from orderline.core.orders.commands import AnnotateOrder
from orderline.values.ids import OrderId


def report(stage: Stage, **query: str) -> dict[str, tuple[int, int, float | None]]:
    found = stage.call("GET", "/v1/reports/touches", params=query)
    assert found.status_code == 200, found.text
    return {each["channel"]: (each["orders"], each["touches"], each["per_100"]) for each in found.json()["channels"]}


def test_what_people_do_is_counted_and_nothing_else(stage: Stage) -> None:
    orders, touches, _ = report(stage).get("web", (0, 0, None))
    first, second = (stage.place(f"TOUCH-{number}")["id"] for number in (1, 2))
    stage.place("TOUCH-TEST", is_test=True)
    for note in ("a", "b"):
        command = AnnotateOrder(order=OrderId(UUID(first)), note=note)
        stage.engine.run(command, actor=Actor("ann", "cli"))
    stage.engine.run(AnnotateOrder(order=OrderId(UUID(second)), note="c"))  # the system itself
    assert stage.call("POST", f"/v1/orders/{second}/notes", json={"text": "d"}).status_code == 200
    after = report(stage)["web"]
    assert (after[0], after[1]) == (orders + 2, touches + 2)
    assert after[2] == round((touches + 2) * 100 / (orders + 2), 1)
    assert report(stage, key="admin")["web"][1] > touches + 2


def test_the_key_of_a_person_is_a_person(stage: Stage) -> None:
    stage.make_key("night desk", "orders:write", "orders:read", person="eve")
    order = stage.place("TOUCH-EVE")["id"]
    before = report(stage)["web"][1]
    note = stage.call("POST", f"/v1/orders/{order}/notes", json={"text": "called back"}, key="night desk")
    assert note.status_code == 200, note.text
    assert report(stage)["web"][1] == before + 1


def test_what_was_counted_is_listed_page_by_page(stage: Stage) -> None:
    """By people at a terminal and by keys of people, which are looked for apart; of an order that was touched twice, one."""
    stage.make_key("day desk", "orders:write", person="ivy")
    orders = [stage.place(f"TOUCH-LIST-{number}")["id"] for number in range(3)]
    for order in orders:
        stage.engine.run(AnnotateOrder(order=OrderId(UUID(order)), note="a"), actor=Actor('o"neil', "cli"))
    assert stage.call("POST", f"/v1/orders/{orders[0]}/notes", json={"text": "b"}, key="day desk").status_code == 200
    told = stage.call("GET", "/v1/reports/touches").json()
    span = f"since={told['since']}&until={told['until']}"
    [web] = [each for each in told["channels"] if each["channel"] == "web"]
    found = listed(stage, f"/v1/reports/touches/commands?channel=web&limit=2&{span}")
    assert [(each["order"], each["by"], each["via"]) for each in found[:2]] == [
        (orders[0], "ivy", "api"),
        (orders[2], 'o"neil', "cli"),
    ]
    assert len({(each["position"], each["order"], each["seq"]) for each in found}) == len(found) == web["touches"]
    once = listed(stage, f"/v1/reports/touches/commands?channel=web&command=annotate_order&once=true&limit=2&{span}")
    [noted] = [each for each in told["commands"] if each["command"] == "annotate_order"]
    assert len({each["order"] for each in once}) == len(once) == noted["orders"] < noted["touches"]
    accepted = listed(stage, f"/v1/reports/touches/orders?limit=2&{span}")
    assert len({each["order"] for each in accepted}) == len(accepted) == web["orders"]
    before = told["since"]
    assert listed(stage, f"/v1/reports/touches/commands?since={before}&until={before}") == []
    long = stage.call("GET", "/v1/reports/touches/commands?since=2020-01-01T00:00:00Z")
    assert (long.status_code, long.json()["code"], long.json()["field"]) == (422, "TIME_OUT_OF_RANGE", "since")
    stage.make_key("shop alone", "orders:read", channels=["shop"])
    stage.make_key("lyon alone", "orders:read", locations=["lyon"])
    for path in ("commands", "orders"):
        assert stage.call("GET", f"/v1/reports/touches/{path}", "shop alone").json()["items"] == []
        assert stage.call("GET", f"/v1/reports/touches/{path}", "lyon alone").json()["code"] == "LOCATION_NOT_YOURS"


def listed(stage: Stage, path: str) -> list[dict[str, Any]]:
    """All pages of a list."""
    page = stage.call("GET", path).json()
    found: list[dict[str, Any]] = page["items"]
    while page["next"]:
        page = stage.call("GET", f"{path}&cursor={page['next']}").json()
        found += page["items"]
    return found
