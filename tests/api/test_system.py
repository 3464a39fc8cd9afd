"""Health, metrics, headers, and what happens when something fails behind the API."""

from collections.abc import Mapping
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.stage import Stage, order, staged
from orderline.api.calls import Answer
from orderline.api.operations import OPERATIONS
from orderline.contracts.registry import RegistryRefusal
from orderline.engine.engine import AsyncEngine
from orderline.engine.submissions import Outcome, Submission
from orderline.values.failures import Refused, Trouble
from support.databases import Databases


def test_health_is_public_and_says_nothing_secret(stage: Stage) -> None:
    for path in ("/v1/health", "/v1/ready"):
        answer = stage.call("GET", path, "")
        assert answer.status_code == 200
        assert answer.json() == {"status": "ok", "database": "ok", "migrations": "ok", "engine": "ok"}


def test_a_database_without_tables_is_alive_and_not_ready(databases: Databases) -> None:
    with databases.migrated() as dsn, staged(dsn) as stage:
        stage.database.rows("DELETE FROM migrations WHERE cell = 0 RETURNING name")
        assert stage.call("GET", "/v1/health", "").status_code == 200
        answer = stage.call("GET", "/v1/ready", "")
        assert (answer.status_code, answer.json()["migrations"]) == (503, "pending")


def test_metrics_count_requests_batches_and_jobs(stage: Stage) -> None:
    stage.place("metrics")
    answer = stage.call("GET", "/metrics")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    requests = {(s.labels["operation"], s.labels["status"]): s.value for s in families["orderline_requests"].samples
                if s.name.endswith("_total")}  # fmt: skip
    assert requests["place_order", "201"] >= 1
    assert {"orderline_request_seconds", "orderline_engine_waiting", "orderline_engine_batch_size"} <= families.keys()
    jobs = {s.labels["kind"]: s.value for s in families["orderline_outbox_jobs"].samples}
    assert jobs["route"] >= 1
    assert {s.labels["kind"] for s in families["orderline_outbox_oldest_seconds"].samples} == set(jobs)


def test_operations_that_nobody_asks_for_cost_a_scrape_nothing(stage: Stage) -> None:
    stage.place("metrics")
    told = stage.call("GET", "/metrics").text
    assert 'operation="place_order"' in told
    assert 'operation="put_pool"' not in told


def test_metrics_may_be_opened_by_a_setting(databases: Databases) -> None:
    with databases.migrated() as dsn, staged(dsn, open_metrics=True) as stage:
        assert stage.call("GET", "/metrics", "").status_code == 200


def test_the_description_names_every_operation_with_its_right(stage: Stage) -> None:
    told = stage.call("GET", "/v1/openapi.json", "").json()
    assert told["openapi"] == "3.1.0"
    for operation in OPERATIONS:
        described = told["paths"][operation.path][operation.method.lower()]
        assert described["operationId"] == operation.name
        assert described["security"] == ([] if operation.right in ("public", "signature") else [{"key": []}])


def test_the_example_of_the_description_is_accepted(stage: Stage) -> None:
    told = stage.call("GET", "/v1/openapi.json", "").json()
    content = told["paths"]["/v1/orders"]["post"]["requestBody"]["content"]["application/json"]
    for example in content["examples"].values():
        assert stage.call("POST", "/v1/orders", json=example["value"]).status_code == 201


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/health"), ("GET", "/v1/none"), ("POST", "/v1/orders")])
def test_every_answer_is_guarded_by_headers(stage: Stage, method: str, path: str) -> None:
    headers = stage.call(method, path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers
    assert "access-control-allow-origin" not in headers


def test_head_is_get_without_the_body(stage: Stage) -> None:
    answer = stage.call("HEAD", "/v1/health", "")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


def test_a_path_that_takes_another_method_says_which(stage: Stage) -> None:
    answer = stage.call("PUT", "/v1/keys")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    async def answer(self: AsyncEngine, submission: Submission) -> Outcome:
        return Outcome(failed=error)

    monkeypatch.setattr(AsyncEngine, "answer", answer)


def test_trouble_says_when_to_try_again_and_nothing_of_the_inside(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, Trouble("postgresql", "password authentication failed for user x", retry_after_s=3))
    answer = stage.call("POST", "/v1/orders", json=order("trouble"))
    assert (answer.status_code, answer.json()["code"]) == (503, "SYSTEM_UNAVAILABLE")
    assert answer.headers["retry-after"] == "3"
    assert "password" not in answer.text


def test_a_fault_is_recorded_under_an_id_and_says_nothing_of_the_inside(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failing(monkeypatch, RuntimeError("the drawer is stuck"))
    answer = stage.call("POST", "/v1/orders", json=order("fault"))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (500, "INTERNAL_FAULT")
    assert "drawer" not in answer.text
    assert problem["instance"].removeprefix("urn:uuid:") in caplog.text
    assert "drawer" in caplog.text


def test_a_call_of_a_partner_is_handed_on_as_it_came(databases: Databases) -> None:
    seen: list[tuple[str, str, bytes]] = []

    async def take_in(partner: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if partner != "dhl":
            raise Refused(RegistryRefusal.CONNECTOR_UNKNOWN, value=partner, allowed=["dhl"])
        seen.append((partner, headers["Webhook-Id"], body))
        return Answer({"taken": 1})

    services: dict[str, Any] = {"inbound": take_in}
    with databases.migrated() as dsn, staged(dsn, **services) as stage:
        answer = stage.call("POST", "/v1/inbound/dhl", "", content=b"\xff raw", headers={"webhook-id": "7"})
        unknown = stage.call("POST", "/v1/inbound/ups", "", content=b"")
    assert answer.json() == {"taken": 1}
    assert (unknown.status_code, unknown.json()["code"]) == (404, "PARTNER_UNKNOWN")
    assert "dhl" not in unknown.text
    assert seen == [("dhl", "7", b"\xff raw")]
