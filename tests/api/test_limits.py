"""How much, how often, and in what form: limits of requests."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from api.stage import SMALL, Stage, order
from orderline.api import keyring

PIECE = b"x" * 4_000


async def pieces(most: int) -> AsyncIterator[bytes]:
    for _ in range(0, most, len(PIECE)):
        yield PIECE


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/v1/orders", SMALL.body_bytes),
        ("/v1/orders/bulk", SMALL.bulk_bytes),
        ("/v1/stock/feeds/f?sequence=1", SMALL.feed_bytes),
        ("/v1/inbound/anybody", SMALL.inbound_bytes),
    ],
)
def test_a_body_that_is_too_large_is_refused(small_stage: Stage, path: str, most: int) -> None:
    for content in (b"x" * (most + 1), pieces(most + 10_000) if "feeds" not in path else b"x" * (most + 1)):
        answer = small_stage.call("POST", path, content=content)
        assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")
        assert answer.headers["connection"] == "close"


def test_a_feed_that_turns_out_too_large_is_refused(small_stage: Stage) -> None:
    async def rows() -> AsyncIterator[bytes]:
        yield b"sku,location,quantity\n"
        for _ in range(SMALL.feed_bytes // 1_000 + 1):
            yield b"TEE-M,lyon,1\n" * 77

    answer = small_stage.call("POST", "/v1/stock/feeds/large?sequence=1", content=rows())
    assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")


HEADERS: list[tuple[dict[str, str], int, str]] = [
    ({"content-type": "text/xml"},                  415, "MEDIA_TYPE_NOT_SUPPORTED"),
    ({"content-type": "application/x-www-form-urlencoded"}, 415, "MEDIA_TYPE_NOT_SUPPORTED"),
    ({"content-encoding": "gzip"},                  415, "MEDIA_TYPE_NOT_SUPPORTED"),
    ({"accept": "text/html"},                       406, "NOT_ACCEPTABLE"),
    ({"x-long": "x" * 40_000},                      431, "HEADERS_TOO_LARGE"),
    ({f"x-{n}": "x" for n in range(120)},           431, "HEADERS_TOO_LARGE"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "status", "code"), HEADERS)
def test_a_request_of_another_form_is_refused(stage: Stage, headers: Mapping[str, str], status: int, code: str) -> None:
    answer = stage.call("POST", "/v1/orders", json=order("form"), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/*", "text/html, application/json;q=0.5"])
def test_json_is_given_to_who_accepts_it(stage: Stage, accept: str) -> None:
    assert stage.call("GET", "/v1/keys", headers={"accept": accept}).status_code == 200


@pytest.mark.parametrize(
    "media", ["application/json; charset=utf-8", "application/vnd.orderline+json", "Application/JSON"]
)
def test_json_is_taken_under_its_other_names(stage: Stage, media: str) -> None:
    answer = stage.call("POST", "/v1/orders", json=order(f"named {media}"), headers={"content-type": media})
    assert answer.status_code == 201


def test_a_path_that_is_too_long_is_refused(stage: Stage) -> None:
    assert stage.call("GET", f"/v1/{'x' * 9_000}").status_code == 414


def test_a_key_has_so_many_requests_a_minute(stage: Stage) -> None:
    stage.make_key("slow", "orders:write", per_minute=3)
    answers = [stage.call("PATCH", "/v1/orders/SO-0", "slow", json={"note": "x"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
    assert answers[3].json()["code"] == "RATE_EXCEEDED"
    assert 1 <= int(answers[3].headers["retry-after"]) <= 60


def test_a_key_written_in_another_way_has_no_other_rate(stage: Stage) -> None:
    stage.make_key("sly", "orders:write", per_minute=2)
    ways = (f"{scheme} {' ' * spaces}{stage.secrets['sly']}" for scheme in ("Bearer", "bearer") for spaces in range(2))
    answers = [
        stage.call("PATCH", "/v1/orders/SO-0", "", json={"note": "x"}, headers={"authorization": way}) for way in ways
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 429, 429]


def test_guessing_keys_is_slowed_down_before_the_database_is_asked(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring.Keyring, "_find", lambda *_: None)
    app: Any = stage.app
    monkeypatch.setattr(keyring, "UNKNOWN_PER_S", 1e-6)  # however slow the machine guesses
    monkeypatch.setattr(app, "keyring", keyring.Keyring(stage.database))
    statuses: list[int] = []
    for number in range(int(keyring.UNKNOWN_AT_ONCE) + 2):
        stage.secrets["guess"] = f"ol_abcdefghijkm_{number:043}"
        statuses.append(stage.call("GET", "/v1/keys", "guess").status_code)
    assert statuses == [401] * int(keyring.UNKNOWN_AT_ONCE) + [429, 429]


def test_what_waits_too_long_is_not_taken_in(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orderline.api.deciding.MOST_WAITING", -1)
    answer = stage.call("POST", "/v1/orders", json=order("overload"))
    assert (answer.status_code, answer.json()["code"]) == (503, "OVERLOADED")
    assert answer.headers["retry-after"] == "2"


def test_the_word_null_is_no_value_of_a_parameter(stage: Stage) -> None:
    answer = stage.call("GET", "/v1/orders?is_test=null")
    assert (answer.status_code, answer.json()["field"]) == (422, "is_test")


@pytest.mark.parametrize("day", ["0001-01-01", "1989-12-31", "9999-12-31"])
def test_a_day_that_no_location_has_is_refused(stage: Stage, day: str) -> None:
    body = {"location": "lyon", "carrier": "x", "day": day}
    answer = stage.call("PUT", "/v1/manifests/FAR", json=body)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "TIME_OUT_OF_RANGE", "day")


@pytest.mark.parametrize("path", ["keep-rule-sets/preview", "keep-rule-sets/default", "replenish-rule-sets/default"])
def test_rules_name_so_many_skus_and_no_more(stage: Stage, path: str) -> None:
    rule = {"skus": [f"S{number}*" for number in range(10_001)]} | ({"units": 1} if "keep" in path else {})
    rules = [{"id": "many"} | rule]
    answer = stage.call("POST" if "preview" in path else "PUT", f"/v1/{path}", json={"rules": rules})
    told = answer.json()
    assert (answer.status_code, told["code"], told["field"]) == (422, "RULE_NOT_ACCEPTABLE", "rules.skus")
    assert told["value"] == 10_001


def test_what_is_out_of_bounds_is_told_in_words(stage: Stage) -> None:
    cart = {"channel": "web", "place": {"country": "FR"}, "lines": [{"sku": "TEE-M", "quantity": 0}]}
    told = stage.call("POST", "/v1/promises", json=cart).json()
    assert (told["field"], told["value"], told["facts"]["expected"]) == ("lines[0].quantity", 0, "a whole number >= 1")


@pytest.mark.parametrize("version", ["0", "2", "-1", "1.0", "9" * 400])
def test_a_version_that_there_is_not_is_named_as_it_was_asked_for(stage: Stage, version: str) -> None:
    text = "kind = 'routing'\n[[group]]\nname = 'g'\n[[group.rule]]\nname = 'r'\n"
    stage.call("PUT", "/v1/policies/one", json={"text": text})
    told = stage.call("GET", f"/v1/policies/one/versions/{version}").json()
    assert (told["code"], told["value"]) == ("POLICY_VERSION_UNKNOWN", version[:100])


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PUT", "waves/NAIVE", {"location": "lyon", "due_before": "2030-01-01T00:00:00"}, "due_before"),
        ("GET", "policies/one/shadow-report?since=2030-01-01T00:00:00", None, "since"),
        ("GET", "policies/one/shadow-report?until=2030-01-01T00:00:00", None, "until"),
    ],
)
def test_a_time_says_where_it_is(stage: Stage, method: str, path: str, body: Any, field: str) -> None:
    text = "kind = 'routing'\n[[group]]\nname = 'g'\n[[group.rule]]\nname = 'r'\n"
    stage.call("PUT", "/v1/policies/one", json={"text": text})
    told = stage.call(method, f"/v1/{path}", json=body).json()
    assert (told["code"], told["field"]) == ("TIME_NOT_AWARE", field)


@pytest.mark.parametrize(
    "code", ["A\nB", "A\tB", "A\N{RIGHT-TO-LEFT OVERRIDE}B", "A\N{LINE SEPARATOR}B", " A"], ids=repr
)
def test_the_code_of_a_sku_is_one_line_that_can_be_read(stage: Stage, code: str) -> None:
    told = stage.call("PUT", "/v1/skus", json={"skus": [{"code": code}]}).json()
    assert (told["code"], told["field"]) == ("CODE_NOT_ACCEPTABLE", "skus[0].code")
    assert stage.call("PUT", "/v1/skus", json={"skus": [{"code": "Blå T-shirt / M"}]}).status_code == 200


@pytest.mark.parametrize("name", ["region", "postal_code", "city"])
def test_a_place_is_no_longer_than_that_of_an_order(stage: Stage, name: str) -> None:
    place = {"country": "FR", name: "x" * 200}
    told = stage.call("POST", "/v1/promises", json={"channel": "web", "place": place, "lines": [{"sku": "TEE-M"}]})
    assert (told.json()["code"], told.json()["field"]) == ("TEXT_NOT_ACCEPTABLE", f"place.{name}")
