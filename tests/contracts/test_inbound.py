"""Calls of partners: verified first, decoded second, refused with a code."""

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from orderline.contracts.carriers import TrackingCode, TrackingFact
from orderline.contracts.inbound import InboundRefusal, parse_inbound
from orderline.contracts.warehouses import Accepted, Rejected, ShortLine, ShortReason, WarehouseFact
from orderline.values.failures import Refused

SECRET = "whsec_" + base64.b64encode(b"what only the two of us know").decode()
OTHER = "whsec_" + base64.b64encode(b"what somebody else knows").decode()
FULFILLMENT = "01a1fbce-9ead-715a-9dc4-3626d10cf12d"
TRACKING = {
    "fact": "tracking",
    "event_id": "e-1",
    "occurred_at": "2026-03-01T14:00:00+02:00",
    "tracking_number": "SBX1",
    "code": "DL",
    "normalized": "delivered",
}
ACCEPTED = {
    "fact": "accepted",
    "event_id": "e-2",
    "occurred_at": "2026-03-01T12:00:00Z",
    "fulfillment_id": FULFILLMENT,
    "sequence": 1,
}


def signed(body: bytes, secret: str = SECRET, at: datetime | None = None) -> dict[str, str]:
    at = at or datetime.now(UTC)
    signature = Webhook(secret).sign("msg_1", at, body.decode("utf-8", "replace"))
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": signature,
        "Content-Type": "application/json",
    }


def refusal(headers: dict[str, str], body: bytes, **options: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        parse_inbound(headers, body, SECRET, **options)
    return refused.value


def body_of(*facts: dict[str, Any]) -> bytes:
    return json.dumps({"facts": facts}).encode()


def test_signed_facts_come_out_as_structs_in_utc() -> None:
    body = body_of(TRACKING, ACCEPTED)
    tracking, accepted = parse_inbound(signed(body), body, SECRET)
    assert isinstance(tracking, TrackingFact)
    assert tracking.normalized is TrackingCode.DELIVERED
    assert (tracking.occurred_at, tracking.occurred_at.tzinfo) == (datetime(2026, 3, 1, 12, tzinfo=UTC), UTC)
    assert isinstance(accepted, Accepted)
    assert str(accepted.fulfillment_id) == FULFILLMENT


def test_fields_a_partner_adds_are_passed_over() -> None:
    body = body_of({**TRACKING, "driver": "Ana"})
    [fact] = parse_inbound(signed(body), body, SECRET)
    assert fact.event_id == "e-1"


def test_while_a_secret_is_being_changed_both_are_good() -> None:
    body = body_of(TRACKING)
    for secret in (SECRET, OTHER):
        assert parse_inbound(signed(body, secret), body, (OTHER, SECRET))


def test_without_a_secret_nothing_is_good() -> None:
    body = body_of(TRACKING)
    with pytest.raises(Refused) as refused:
        parse_inbound(signed(body), body, ())
    assert refused.value.code is InboundRefusal.SIGNATURE_INVALID


def test_a_body_too_large_is_not_looked_into() -> None:
    assert refusal({}, b"x" * 11, limit_bytes=10).code is InboundRefusal.BODY_TOO_LARGE


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_a_missing_header_is_named(name: str) -> None:
    body = body_of(TRACKING)
    refused = refusal({key: value for key, value in signed(body).items() if key != name}, body)
    assert (refused.code, refused.facts) == (InboundRefusal.SIGNATURE_MISSING, {"missing": [name.lower()]})


def spoiled() -> list[tuple[str, dict[str, str], bytes]]:
    body = body_of(TRACKING)
    good = signed(body)
    return [
        ("another secret", signed(body, OTHER), body),
        ("another body", good, body_of(ACCEPTED)),
        ("too old", signed(body, at=datetime.now(UTC) - timedelta(minutes=6)), body),
        ("too new", signed(body, at=datetime.now(UTC) + timedelta(days=1)), body),
        ("another id", {**good, "Webhook-Id": "msg_2"}, body),
        ("a timestamp that is none", {**good, "Webhook-Timestamp": "yesterday"}, body),
        ("a timestamp beyond all calendars", {**good, "Webhook-Timestamp": "1e300"}, body),
        ("a signature without a version", {**good, "Webhook-Signature": "abc"}, body),
        ("a signature with commas", {**good, "Webhook-Signature": "v1,a,b"}, body),
        ("a signature that is not base64", {**good, "Webhook-Signature": "v1,é"}, body),
        ("a body that is not UTF-8", good, b"\xff\xfe"),
    ]


@pytest.mark.parametrize(
    ("what", "headers", "body"), spoiled(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_call_that_is_not_what_was_signed_is_refused(what: str, headers: dict[str, str], body: bytes) -> None:
    assert refusal(headers, body).code is InboundRefusal.SIGNATURE_INVALID


@pytest.mark.parametrize(
    ("body", "at"),
    [
        (b"{", "$"),
        (b"[]", "$"),
        (b'{"facts": 1}', "$.facts"),
        (b"{}", "$"),
        (b'{"facts": [], "x": ' + b"[" * 100_000, "$"),
        (body_of(TRACKING, {**TRACKING, "fact": "unheard_of"}), "$.facts[1].fact"),
        (body_of({**TRACKING, "occurred_at": "2026-03-01T12:00:00"}), "$.facts[0].occurred_at"),
        (body_of({**TRACKING, "occurred_at": "0001-01-01T00:00:00+14:00"}), "$.facts[0]"),
        (body_of({**TRACKING, "event_id": ""}), "$.facts[0].event_id"),
        (body_of({**TRACKING, "event_id": "a\nb"}), "$.facts[0].event_id"),
        (body_of({**TRACKING, "place": "a\x00b"}), "$.facts[0].place"),
        (body_of({**TRACKING, "normalized": "eaten"}), "$.facts[0].normalized"),
        (body_of({**ACCEPTED, "fulfillment_id": "FO-1"}), "$.facts[0].fulfillment_id"),
        (body_of({**ACCEPTED, "sequence": -1}), "$.facts[0].sequence"),
        (
            body_of({**ACCEPTED, "fact": "rejected", "lines": [{"line": 1, "quantity": 0, "reason": "missing"}]}),
            "$.facts[0].lines[0].quantity",
        ),
    ],
)
def test_what_is_malformed_is_refused_with_the_place(body: bytes, at: str) -> None:
    refused = refusal(signed(body), body)
    assert (refused.code, refused.facts["at"]) == (InboundRefusal.BODY_MALFORMED, at)


def test_a_partner_tells_facts_of_its_own_kind_only() -> None:
    body = body_of(TRACKING)
    assert refusal(signed(body), body, facts=WarehouseFact).code is InboundRefusal.BODY_MALFORMED


def test_a_rejection_says_how_many_units_of_which_line_and_why() -> None:
    body = body_of({**ACCEPTED, "fact": "rejected", "lines": [{"line": 2, "quantity": 3, "reason": "damaged"}]})
    [fact] = parse_inbound(signed(body), body, SECRET, facts=WarehouseFact)
    assert isinstance(fact, Rejected)
    assert fact.lines == (ShortLine(2, 3, ShortReason.DAMAGED),)


@given(st.binary(max_size=200))
def test_whatever_is_posted_is_taken_or_refused(body: bytes) -> None:
    with suppress(Refused):
        assert parse_inbound(signed(body), body, SECRET) == []


@given(st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text(max_size=40)))
def test_whatever_stands_in_the_headers_is_refused(headers: dict[str, str]) -> None:
    code = refusal(headers, body_of(TRACKING)).code
    assert code in (InboundRefusal.SIGNATURE_MISSING, InboundRefusal.SIGNATURE_INVALID)
