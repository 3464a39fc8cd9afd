"""API keys and webhook subscriptions: secrets are shown once, and what is revoked stops at once or in seconds."""

import base64
import logging
from typing import Any

import pytest

from api.stage import Stage, order
from orderline.api import keyring
from orderline.api.subscriptions import check_url
from orderline.store.access import hash_secret


def test_a_key_is_made_shown_once_listed_and_revoked(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"name": "shop", "scopes": ["orders:write"], "channels": ["web"], "per_minute": 600}
    answer = stage.call("POST", "/v1/keys", json=asked)
    made = answer.json()
    assert answer.status_code == 201
    assert made["secret"].startswith(f"ol_{made['id']}_")
    assert len(made["secret"].rpartition("_")[2]) <= 43
    stage.secrets["made"] = made["secret"]
    assert stage.call("POST", "/v1/orders", "made", json=order("by-key")).status_code == 201

    listed = stage.call("GET", "/v1/keys")
    record = next(each for each in listed.json()["items"] if each["id"] == made["id"])
    assert record["scopes"] == ["orders:write"]
    assert record["last_used_at"]
    assert made["secret"] not in listed.text

    monkeypatch.setattr(keyring, "FRESH_FOR_S", 0.0)
    assert stage.call("DELETE", f"/v1/keys/{made['id']}").json()["revoked_at"]
    assert stage.call("POST", "/v1/orders", "made", json=order("by-key-2")).status_code == 401


def test_a_key_is_revoked_however_many_were_made_since(stage: Stage) -> None:
    made = stage.call("POST", "/v1/keys", json={"name": "old", "scopes": ["orders:read"]}).json()
    many = (
        "INSERT INTO api_keys SELECT cell, 'many-' || n, name, hash, scopes, channels, locations, per_minute, now() + interval '1 s'"
        " FROM api_keys, generate_series(1, 1000) AS n WHERE cell = %(cell)s AND id = %(id)s RETURNING id"
    )
    stage.database.rows(many, {"id": made["id"]})
    assert stage.call("DELETE", f"/v1/keys/{made['id']}").json()["revoked_at"]
    stage.database.rows("DELETE FROM api_keys WHERE cell = %(cell)s AND id LIKE 'many-%%' RETURNING id")


def test_the_database_keeps_a_hash_and_no_secret(stage: Stage) -> None:
    key_id = stage.make_key("hashed", "orders:read")
    ((stored,),) = stage.database.rows(
        "SELECT hash FROM api_keys WHERE cell = %(cell)s AND id = %(id)s", {"id": key_id}
    )
    assert bytes(stored) == hash_secret(stage.secrets["hashed"])


def test_another_secret_of_the_same_id_is_refused(stage: Stage) -> None:
    secret = stage.secrets["orders:read"]
    stage.secrets["forged"] = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    assert stage.call("GET", "/v1/keys", "forged").status_code == 401


def test_secrets_stand_in_no_problem_and_no_log(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = stage.secrets["orders:read"]
    texts = [
        stage.call("GET", "/v1/keys", "orders:read").text,
        stage.call("GET", "/v1/nothing", "orders:read").text,
        stage.call("POST", "/v1/orders", "orders:read", content=b"{").text,
    ]
    assert not any(secret in text for text in [*texts, caplog.text])


URLS: list[tuple[Any, int]] = [
    ("https://example.com/hook?x=1", 201),
    ("http://93.184.216.34:8080/hook", 201),
    ("http://[2606:2800:220:1::1]/hook", 201),
    ("http://10.0.0.7:8080/hook", 422),
    ("http://127.1/", 422),
    ("http://2130706433/", 422),
    ("http://[::1]:8080/", 422),
    ("http://[::ffff:10.0.0.7]/", 422),
    ("http://169.254.169.254/latest/meta-data", 422),
    ("http://localhost:8787/", 422),
    ("http://Shop.LOCALHOST./", 422),
    ("http://db.internal/", 422),
    ("ftp://example.com", 422),
    ("https://", 422),
    ("https://name:word@example.com", 422),
    ("https://example.com/a b", 422),
    ("https://example.com:99999/", 422),
    ("https://example.com/#part", 422),
    ("javascript:alert(1)", 422),
    ("https://[::1", 422),
    ("https://example.com/" + "x" * 2_000, 422),
]


@pytest.mark.parametrize(("url", "status"), URLS, ids=[row[0][:30] for row in URLS])
def test_webhooks_go_to_http_addresses(stage: Stage, url: str, status: int) -> None:
    answer = stage.call("POST", "/v1/subscriptions", json={"url": url, "events": ["order_placed"]})
    assert answer.status_code == status, answer.text


def test_private_addresses_are_refused_by_name_unless_they_are_allowed(stage: Stage) -> None:
    body = {"url": "http://10.0.0.7:8080/hook"}
    problem = stage.call("POST", "/v1/subscriptions", json=body).json()
    assert (problem["code"], problem["field"]) == ("URL_NOT_ACCEPTABLE", "url")
    assert "ORDERLINE_WEBHOOK_PRIVATE" in problem["facts"]["reason"]
    assert check_url(body["url"], allow_private=True) == body["url"]


@pytest.mark.parametrize(
    ("limits", "code", "field"),
    [
        ({"channels": ["web", "wep"]}, "CHANNEL_UNKNOWN", "channels[1]"),
        ({"locations": ["moon"]}, "LOCATION_UNKNOWN", "locations[0]"),
    ],
)
def test_a_key_is_limited_to_what_there_is(stage: Stage, limits: dict[str, Any], code: str, field: str) -> None:
    answer = stage.call("POST", "/v1/keys", json={"name": "x", "scopes": ["orders:read"], **limits})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (422, code, field)
    assert {"web", "lyon"} & set(problem["facts"]["allowed"])


def test_a_subscription_is_made_listed_and_ended(stage: Stage) -> None:
    made = stage.call("POST", "/v1/subscriptions", json={"url": "https://example.com/all"}).json()
    assert len(base64.b64decode(made["secret"].removeprefix("whsec_"))) == 32
    listed = stage.call("GET", "/v1/subscriptions")
    record = next(each for each in listed.json()["items"] if each["id"] == made["id"])
    assert (record["url"], record["events"], record["active"]) == ("https://example.com/all", ["*"], True)
    assert made["secret"] not in listed.text
    assert stage.call("DELETE", f"/v1/subscriptions/{made['id']}").status_code == 204
    assert stage.call("DELETE", f"/v1/subscriptions/{made['id']}").status_code == 404


def test_events_that_do_not_exist_can_not_be_asked_for(stage: Stage) -> None:
    answer = stage.call("POST", "/v1/subscriptions", json={"url": "https://example.com", "events": ["order_eaten"]})
    assert (answer.status_code, answer.json()["field"]) == (422, "events[0]")
    assert "order_placed" in answer.json()["facts"]["allowed"]
