"""Every operation, asked by somebody of another channel or of another location for what is there: nothing is told, nothing is done.

Who may call an operation at all is in `test_rights`; pages of the console are in `console/test_scopes`.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from api.scopes import PLACE, WHO, Theirs, make_theirs, read_faults, reads, sample, write_faults, writes
from api.stage import staged
from orderline.api import scoping
from orderline.api.operations import OPERATIONS
from orderline.api.records import Records
from orderline.core.appeasements.state import AppeasementLimits
from orderline.core.holds.state import HoldAuthority
from orderline.values.ids import OrderId
from support.databases import Databases

BY_NAME = {each.name: each for each in OPERATIONS}


@pytest.fixture(scope="module")
def theirs(databases: Databases) -> Iterator[Theirs]:
    """What belongs to others."""
    with databases.migrated() as dsn, staged(dsn) as stage, psycopg.connect(dsn, autocommit=True) as connection:
        yield make_theirs(stage, connection)


def test_whoever_may_see_it_does(theirs: Theirs) -> None:
    shown = 0
    for operation in reads():
        answer = theirs.stage.call("GET", operation.path.format(**theirs.values(operation)))
        assert answer.status_code != 500, operation.name
        shown += answer.status_code < 300 and any(mark in answer.text for mark in (*theirs.marks, PLACE))
    assert shown > 35, "there is something to be told by operations of many kinds"


@pytest.mark.parametrize("who", WHO)
def test_nothing_of_others_is_told(theirs: Theirs, who: str) -> None:
    assert [fault for each in reads() for fault in read_faults(theirs, each, who)] == []


@pytest.mark.parametrize("who", WHO)
def test_nothing_is_done_to_what_is_of_others(theirs: Theirs, who: str) -> None:
    assert [fault for each in writes() for fault in write_faults(theirs, each, who)] == []


# What belongs to all channels and locations, or to all of one kind.
OF_ALL = {
    "channel": ["put_entity", "put_rates", "put_pool", "put_location", "put_company_location", "issue_credit", "issue_collective_invoice"],
    "location": ["put_entity", "put_rates", "put_pool", "put_channel", "put_company_location", "issue_credit", "issue_collective_invoice"],
}  # fmt: skip


@pytest.mark.parametrize("who", WHO)
def test_what_is_of_all_is_changed_by_nobody_who_is_limited(theirs: Theirs, who: str) -> None:
    for name in OF_ALL[who.split(maxsplit=1)[0]]:
        operation = BY_NAME[name]
        path = operation.path.format(
            **theirs.values(operation) | {"code": {"put_channel": "new", "put_location": "lille"}.get(name, "eu")}
        )
        answer = theirs.stage.call(
            operation.method, path, who, **({"json": sample(theirs, operation)} if operation.input else {})
        )
        assert (answer.status_code, answer.json()["code"].endswith("_NOT_YOURS")) == (403, True), (name, answer.text)


# What a key gives or resolves that may do so up to 10.00, on an order of 20.00.
AMOUNTS: list[tuple[str, str, Any]] = [
    ("POST", "/v1/orders/{order}/holds", {"type": "address"}),
    ("DELETE", "/v1/orders/{order}/holds/1", None),
    ("POST", "/v1/orders/{order}/holds/1/rejection", {"reason": "x"}),
    ("POST", "/v1/bulk/holds", {"items": [{"order": "{order}", "type": "address"}]}),
    ("POST", "/v1/bulk/releases", {"items": [{"order": "{order}", "hold": 1}]}),
    ("POST", "/v1/bulk/resolutions", {"items": [{"order": "{order}", "hold": 1, "outcome": "released", "reason": "x"}]}),
    ("POST", "/v1/bulk/resolutions", {"items": [{"order": "{order}", "hold": 1, "outcome": "rejected", "reason": "x"}]}),
    ("POST", "/v1/orders/{order}/appeasements", {"why": "late", "amount_minor": 1500, "reason": "late"}),
]  # fmt: skip


def test_nothing_is_given_or_resolved_above_an_amount(theirs: Theirs) -> None:
    stage = theirs.stage
    limits = AppeasementLimits(per_order={"EUR": 1000})
    stage.make_key(
        "small",
        "orders:read",
        "orders:write",
        holds=HoldAuthority(types=("manual",), limits={"EUR": 1000}),
        appeasements=limits,
    )
    number = stage.place("AMOUNTS")["number"]
    assert stage.call("POST", f"/v1/orders/{number}/holds", json={"type": "manual", "reason": "x"}).status_code == 200
    before = stage.call("GET", f"/v1/orders/{number}").json()["order"]
    for method, path, body in AMOUNTS:
        if body is not None and "items" in body:
            body = {"items": [{**each, "order": number} for each in body["items"]]}
        answer = stage.call(method, path.format(order=number), "small", json=body)
        assert answer.status_code != 422, answer.text
        if body is not None and "items" in body:
            assert [each["code"] for each in answer.json()["items"]] == ["HOLD_NOT_YOURS"], path
        elif "holds" in path:
            assert answer.json()["code"] == "HOLD_NOT_YOURS", path
    after = stage.call("GET", f"/v1/orders/{number}").json()["order"]
    assert (after["holds"], after.get("credits")) == (before["holds"], before.get("credits"))


def test_an_operation_that_forgets_whose_it_is_is_found(theirs: Theirs, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(call: Any, found: tuple[OrderId, str] | None) -> OrderId | None:
        return found[0] if found is not None else None

    monkeypatch.setattr(scoping, "_seen", forgetful)
    told = [fault for each in reads() for fault in read_faults(theirs, each, "channel all")]
    assert any(" tells " in fault for fault in told)
    assert any("changed" in fault for each in writes() for fault in write_faults(theirs, each, "channel all"))


def test_a_location_that_is_not_asked_for_is_found(theirs: Theirs, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        theirs.stage.call("PUT", f"/v1/counts/{PLACE}-2", json={"location": "lyon", "lines": ["TEE-L"]}).status_code
        == 200
    )
    monkeypatch.setitem(theirs.ids, "/v1/counts/", f"{PLACE}-2")
    monkeypatch.setattr(Records, "_check_seen", lambda *_: None)
    assert any("tells" in fault for fault in read_faults(theirs, BY_NAME["read_count"], "location all"))
    assert any("changed" in fault for fault in write_faults(theirs, BY_NAME["open_count"], "location all"))
