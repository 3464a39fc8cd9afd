"""Disputes of all orders: listed by what is urgent or large, read with their evidence, answered or let stand."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from api.stage import Stage
from orderline.core.disputes.commands import TellDispute
from orderline.core.disputes.state import DisputeStage
from orderline.values.ids import OrderId

NOW = datetime.now(UTC)


def disputed(on: Stage, name: str, amount: int, days: int | None = 5, **about: Any) -> str:
    """An order that was paid and is disputed; its number."""
    tender = {"provider": "sandbox_payments", "amount_minor": 2000, "state": "captured", "token": "tok"}
    placed = on.place(name, tenders=[tender], channel=about.pop("channel", "web"))
    told: dict[str, Any] = {"stage": DisputeStage.OPENED, "reason": "fraudulent", "reference": f"dp-{name}", **about}
    due = NOW + timedelta(days=days) if days is not None else None
    order = OrderId(UUID(placed["id"]))
    on.engine.run(TellDispute(order=order, tender=1, amount_minor=amount, respond_by=due, **told))
    return str(placed["number"])


def listed(stage: Stage, asked: str = "", key: str = "admin") -> list[str]:
    """The references of all pages of the list."""
    found: list[str] = []
    cursor = ""
    while True:
        page = stage.call("GET", f"/v1/disputes?limit=2&cursor={cursor}&{asked}", key)
        assert page.status_code == 200, page.text
        found += [row["reference"] for row in page.json()["items"]]
        cursor = page.json()["next"]
        if not cursor:
            return found


def test_disputes_are_listed_answered_and_let_stand(stage: Stage) -> None:
    numbers = {
        "d1": disputed(stage, "d1", 1500, days=9),
        "d2": disputed(stage, "d2", 900, days=2),
        "d3": disputed(stage, "d3", 2000, days=None, reason="product_not_received"),
        "d4": disputed(stage, "d4", 700, days=1, stage=DisputeStage.LOST),
        "d5": disputed(stage, "d5", 100, days=4, channel="shop"),
    }
    assert listed(stage) == ["dp-d4", "dp-d2", "dp-d5", "dp-d1", "dp-d3"]
    assert listed(stage, "answer=awaited") == ["dp-d2", "dp-d5", "dp-d1", "dp-d3"]
    assert listed(stage, "sort=amount") == ["dp-d3", "dp-d1", "dp-d2", "dp-d4", "dp-d5"]
    assert listed(stage, "reason=product_not_received&provider=sandbox_payments") == ["dp-d3"]
    assert listed(stage, "stage=lost") == ["dp-d4"]
    assert listed(stage, f"due_before={(NOW + timedelta(days=3)).isoformat()[:19]}Z&answer=awaited") == ["dp-d2"]
    stage.make_key("shop alone", "orders:read", channels=("shop",))
    assert listed(stage, key="shop alone") == ["dp-d5"]
    queue = next(each for each in stage.call("GET", "/v1/queues").json()["items"] if each["queue"] == "disputes")
    assert (queue["count"], queue["owner"], queue["rows"]) == (4, "finance", "/v1/disputes?answer=awaited")

    at = f"/v1/orders/{numbers['d2']}/disputes/1"
    pack = stage.call("GET", at).json()
    assert (pack["answer"], pack["provider"], pack["recipient"][0]) == ("awaited", "sandbox_payments", "Ann Lee")
    assert "Tee, medium" in pack["timeline"][0]["text"]
    assert stage.call("GET", f"/v1/orders/{numbers['d2']}/disputes/7").json()["code"] == "DISPUTE_UNKNOWN"
    preview = {"command": "accept_dispute", "order": numbers["d2"], "dispute": 1}
    seen = stage.call("POST", "/v1/previews", json=preview).json()
    assert seen["next_step"] is None or seen["next_step"]["what"] != "answer_dispute"
    assert stage.call("POST", f"{at}/acceptances", json={"note": "too small"}).status_code == 200
    assert stage.call("GET", at).json()["answer"] == "accepted"
    assert stage.call("POST", f"{at}/answers", json={}).json()["code"] == "DISPUTE_STATE"
    assert stage.call("POST", f"/v1/orders/{numbers['d1']}/disputes/1/answers", json={}).status_code == 200
    assert listed(stage, "answer=sent") == ["dp-d1"]
    assert listed(stage, "answer=awaited") == ["dp-d5", "dp-d3"]


def test_a_cursor_of_another_list_of_disputes_is_refused(stage: Stage) -> None:
    for name in ("c1", "c2"):
        disputed(stage, name, 500)
    cursor = stage.call("GET", "/v1/disputes?limit=1").json()["next"]
    assert stage.call("GET", f"/v1/disputes?limit=1&cursor={cursor}&sort=amount").status_code == 422
