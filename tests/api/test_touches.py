"""What people did by hand, for each hundred orders."""

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
