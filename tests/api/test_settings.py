"""The merchant's settings over HTTP: what is put is answered as it stands now, and read again the same."""

from typing import Any

import pytest

from api.stage import Stage

SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("/v1/pools/spare", {"name": "Spare"}),
    ("/v1/locations/spare", {"name": "Spare", "kind": "warehouse", "pool": "eu", "place": {"country": "FR"}}),
    ("/v1/channels/spare", {"name": "Spare", "pools": ["eu"], "currencies": ["EUR"]}),
]


@pytest.mark.parametrize(("path", "body"), SETTINGS, ids=[path for path, _ in SETTINGS])
def test_what_is_put_is_answered_as_it_stands(stage: Stage, path: str, body: dict[str, Any]) -> None:
    headers = {"idempotency-key": path}
    answer = stage.call("PUT", path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["code"] == "spare"
    assert answer.json() == stage.call("GET", path).json()
    again = stage.call("PUT", path, json=body, headers=headers)
    assert (again.content, again.headers["idempotency-replayed"]) == (answer.content, "true")


def test_skus_that_are_put_are_answered(stage: Stage) -> None:
    answer = stage.call("PUT", "/v1/skus", json={"skus": [{"code": "SPARE", "description": "Spare"}]})
    assert answer.json() == {"skus": [stage.call("GET", "/v1/skus/SPARE").json()]}
