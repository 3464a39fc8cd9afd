"""The OpenAPI description: whatever is sent by it gets an answer that it describes, and never a fault."""

import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from api.stage import ADDRESS, Stage, served
from orderline.api.calls import Body
from orderline.api.openapi import render_openapi
from orderline.api.operations import OPERATIONS
from support.depth import DEPTH, deep

# At more than the usual depth, every path is asked and not every third, and each boundary of each value is tried as well:
# 40,000 requests, and minutes to think of them.
PHASES = {"phases": {"coverage": {"enabled": DEPTH > 1}}}
DESCRIBED = render_openapi("test")
DESCRIBED["paths"] = dict(list(DESCRIBED["paths"].items())[:: 1 if DEPTH > 1 else 3])
SCHEMA = schemathesis.openapi.from_dict(DESCRIBED, config=schemathesis.Config.from_dict(PHASES))
SLOW = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# What exists, by the name it goes under: without it, hardly a made-up request would get past the first check.
KNOWN: dict[str, tuple[Any, ...]] = {
    "order": ("SO-1001", "SO-1002", "SO-1003", "SO-9"),
    "number": ("1", "2"),
    "sku": ("TEE-M", "TEE-L", "SET", "CARD"),
    "channel": ("web", "shop"),
    "location": ("lyon", "paris"),
    "pool": ("eu", "shops"),
    "pools": (["eu"], ["eu", "shops"]),
    "code": ("lyon", "eu", "web"),
    "feed": ("wms", "opening"),
    "currency": ("EUR",),
    "target": ("SO-1001", "SO-1002"),
    "type": ("fraud", "manual"),
    "line": (1, 2),
    "quantity": (1, 2, 1_000_000_000),
    "reason": ("damaged", "found", "customer_request"),
    "address": (ADDRESS,),
    "country": ("FR",),
    "expected_version": (None, 1, 2),
    "cart": ("01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8058"),
    "ttl_s": (60, 600),
    "url": ("https://example.com/hook",),
    "events": ([], ["order_placed"]),
    "scopes": (["orders:read"],),
    "place": ({"country": "FR"},),
    "time_zone": ("UTC",),
    "custom": ({},),
    "command": ("cancel_units",),
    "id": ("K-1", "K-2"),
    "receipt": ("R-1", "R-2"),
    "list": (1,),
    "policy_version": (1, 2),
    "source": ("lyon", "lille"),
    "confidence_ppm": (None, 500_000, 1_000_000),
    "due_at": ("2027-01-01T00:00:00Z",),
    "skus": (["TEE-M"], ["TEE-M", "TEE-L"]),
    "takes": ([{"order": "SO-1002", "line": 1, "quantity": 1}],),
    "tickets": ([{"till": "T1", "sequence": 1, "lines": [{"kind": "sale", "sku": "TEE-M", "quantity": 1}]}],),
    "rules": ({"rules": []},),
}
# Records of many kinds under the same two names, in states from which something can be done.
RECORDS: tuple[tuple[str, str, Any], ...] = (
    ("PUT", "purchase-orders/K-1", {"location": "lyon", "lines": [{"sku": "TEE-M", "quantity": 9, "due_at": "2027-01-01T00:00:00Z"}]}),
    ("POST", "purchase-orders/K-1/sending", {}),
    ("PUT", "purchase-orders/K-2", {"location": "lyon", "lines": [{"sku": "TEE-L", "quantity": 9, "due_at": "2027-01-01T00:00:00Z"}]}),
    ("PUT", "transfers/K-1", {"source": "lyon", "target": "paris", "due_at": "2027-01-01T00:00:00Z", "lines": [{"sku": "TEE-M", "quantity": 2}]}),
    ("POST", "transfers/K-1/approval", {}),
    ("PUT", "transfers/K-2", {"source": "lyon", "target": "lille", "due_at": "2027-01-01T00:00:00Z", "lines": [{"sku": "TEE-M", "quantity": 1}]}),
    ("PUT", "counts/K-1", {"location": "lyon", "lines": ["TEE-M"]}),
    ("POST", "counts/K-1/results", {"location": "lyon", "lines": [{"sku": "TEE-M", "quantity": 3}]}),
    ("PUT", "counts/K-2", {"location": "lyon", "lines": ["TEE-L"]}),
    ("PUT", "boxes/K-1", {"length_mm": 300, "width_mm": 200, "height_mm": 100, "max_weight_g": 5000}),
    ("PUT", "waves/K-1", {"location": "lyon"}),
    ("PUT", "policies/K-1", {"text": 'kind = "routing"\n[[group]]\nname = "all"\n[[group.rule]]\nname = "near"\nobjective = ["distance"]\n'}),
    ("POST", "policies/K-1/activations", {"policy_version": 1}),
)  # fmt: skip


@schemathesis.serializer("application/x-ndjson")
def _as_text(_: Any, value: Any) -> bytes:
    return str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def address(stage: Stage) -> Iterator[str]:
    for number in range(1, 4):
        placed = stage.place(f"known-{number}", 2)
        if number == 1:
            stage.allocate(placed["id"], 2)
        KNOWN["order"] = (*KNOWN["order"], placed["id"])
    for method, path, body in RECORDS:
        answer = stage.call(method, f"/v1/{path}", json=body)
        assert answer.status_code == 200, (path, answer.text)
    with served(stage.app) as url:
        yield url


def salted(value: Any, dice: random.Random) -> Any:
    """The value with things that exist in many of the places where things are named."""
    if isinstance(value, dict):
        return {
            name: dice.choice(KNOWN[name]) if name in KNOWN and dice.random() < 0.7 else salted(each, dice)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [salted(each, dice) for each in value]
    return value


OPERATION_OF = {(each.method, each.path): each for each in OPERATIONS}


def is_strict(case: schemathesis.Case) -> bool:
    """Is whatever the description does not allow refused?

    Items of a bulk form and lines of a feed are refused one by one, and `true` is a line as any other. Any text will do
    as a parameter that is text.
    """
    operation = OPERATION_OF.get((case.method, case.path))
    by_line = operation is not None and (operation.takes is Body.STREAM or operation.bulk)
    return case.method != "GET" and not by_line


def patient(case: schemathesis.Case) -> None:
    """Ask for no answer that is waited for on purpose, nor for more than fits the first line of a request.

    Beyond 64 KiB of it, there is no request for the HTTP parser, and nothing that a description could tell of.
    """
    assume(len(case.as_transport_kwargs(base_url="http://here")["url"]) + len(urlencode(case.query)) < 60_000)
    if str(case.query.get("wait_s", "")).isdecimal():
        case.query["wait_s"] = 0


@pytest.mark.slow
@SCHEMA.parametrize()
@settings(max_examples=deep(5), deadline=None, suppress_health_check=SLOW)
def test_any_request_gets_an_answer_of_the_description(case: schemathesis.Case, address: str, stage: Stage) -> None:
    """Every other one is about things that exist, where the description has names for things."""
    patient(case)
    checks = [*CHECKS, negative_data_rejection] if is_strict(case) else [*CHECKS]
    dice = random.Random(repr((case.path_parameters, case.body)))
    if dice.random() < 0.5:
        case.path_parameters = salted(case.path_parameters, dice)
        case.body = salted(case.body, dice)
        case.headers.pop("Idempotency-Key", None)
        checks = [*CHECKS]
    headers = {"authorization": f"Bearer {stage.secrets['admin']}"}
    case.validate_response(case.call(base_url=address, headers=headers), checks=checks)
