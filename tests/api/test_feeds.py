"""Stock feeds: CSV or JSON Lines, applied in parts as they come, once each."""

import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from api.stage import Stage
from orderline.api import feeds
from orderline.core.stock.commands import AdjustStock

HEADER = "sku,location,quantity\n"
names = (f"feed-{number}" for number in itertools.count())


def feed(stage: Stage, name: str, sequence: int, content: Any, media: str = "text/csv", **query: Any) -> dict[str, Any]:
    told = "&".join(f"{key}={value}" for key, value in {"sequence": sequence, **query}.items())
    answer = stage.call("POST", f"/v1/stock/feeds/{name}?{told}", content=content, headers={"content-type": media})
    assert answer.status_code == 200, answer.text
    return answer.json()


def sellable(stage: Stage, sku: str, location: str) -> int:
    rows = stage.database.rows(
        "SELECT sellable FROM stock WHERE cell = %(cell)s AND sku = %(sku)s AND location = %(location)s",
        {"sku": sku, "location": location},
    )
    return rows[0][0] if rows else 0


def counts(told: dict[str, Any]) -> tuple[int, int, int, int]:
    return told["rows"], told["changed"], told["unchanged"], told["refused"]


def test_a_snapshot_says_how_many_are_there(stage: Stage) -> None:
    name = next(names)
    assert counts(feed(stage, name, 1, f"{HEADER}TEE-L,lyon,7\nTEE-L,lille,3\n")) == (2, 2, 0, 0)
    assert counts(feed(stage, name, 2, f"{HEADER}TEE-L,lyon,7\nTEE-L,lille,4\n")) == (2, 1, 1, 0)
    assert (sellable(stage, "TEE-L", "lyon"), sellable(stage, "TEE-L", "lille")) == (7, 4)


def test_a_delta_says_how_many_have_come_or_gone(stage: Stage) -> None:
    name, before = next(names), sellable(stage, "TEE-L", "paris")
    lines = b'{"sku":"TEE-L","location":"paris","quantity":5}\n{"sku":"TEE-L","location":"paris","quantity":-2}\n'
    assert counts(feed(stage, name, 1, lines, "application/x-ndjson", mode="delta")) == (2, 2, 0, 0)
    assert sellable(stage, "TEE-L", "paris") == before + 3


def test_a_feed_sent_again_has_no_further_effect(stage: Stage) -> None:
    name, before = next(names), sellable(stage, "TEE-L", "paris")
    first = feed(stage, name, 1, f"{HEADER}TEE-L,paris,5\n", mode="delta")
    assert feed(stage, name, 1, f"{HEADER}TEE-L,paris,5\n", mode="delta") == first
    assert sellable(stage, "TEE-L", "paris") == before + 5


def test_other_rows_under_the_same_sequence_are_refused(stage: Stage) -> None:
    name = next(names)
    feed(stage, name, 1, f"{HEADER}TEE-L,lyon,7\n")
    answer = stage.call("POST", f"/v1/stock/feeds/{name}?sequence=1", content=f"{HEADER}TEE-L,lyon,8\n")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert (problem["field"], problem["value"]) == ("sequence", 1)


def test_what_feeds_have_said_of_a_sku_is_told_with_how_they_came_last(stage: Stage) -> None:
    name, sku = next(names), "FED"
    put = stage.call("PUT", "/v1/skus", json={"skus": [{"code": sku, "description": "Fed"}]})
    assert put.status_code == 200, put.text

    def told(key: str = "admin") -> list[dict[str, Any]]:
        return stage.call("GET", f"/v1/stock/{sku}/feeds", key).json()["items"]

    assert told() == []
    feed(stage, name, 1, f"{HEADER}{sku},lyon,7\n{sku},paris,2\n")
    feed(stage, name, 2, f"{HEADER}{sku},lyon,4\n")
    before = told()
    feed(stage, name, 3, f"{HEADER}{sku},lyon,4\n")
    stage.make_key("fed in paris", "stock:write", "stock:read", locations=["paris"])
    answer = stage.call(
        "POST", f"/v1/stock/feeds/{name}?sequence=90", "fed in paris", content=f"{HEADER}{sku},paris,9\n"
    )
    assert answer.status_code == 200
    lyon, *paris = told()
    assert (lyon["location"], lyon["feed"], lyon["change"], lyon["sequence"]) == ("lyon", name, -3, 3)
    assert lyon["changed_at"] == before[0]["changed_at"] < lyon["applied_at"], "what it said last has changed nothing"
    assert [(each["feed"], each["change"], each["sequence"]) for each in paris] == [(name, 2, 3), (name, 7, 90)]
    theirs, ours = told("fed in paris")
    assert (theirs | {"sequence": 3}, ours) == tuple(paris)
    assert "sequence" not in theirs, "what others send under the same name is theirs"
    assert not any("stale" in each or "holds_until" in each for each in told())
    place = stage.call("GET", "/v1/locations/lyon").json()
    del place["code"]
    assert stage.call("PUT", "/v1/locations/lyon", json=place | {"feed_max_age_s": 3600}).is_success
    feed(stage, name, 4, f"{HEADER}{sku},lyon,5\n")
    assert told()[0]["holds_until"] > told()[0]["applied_at"]
    assert stage.call("PUT", "/v1/locations/lyon", json=place).is_success


def test_an_old_feed_is_refused(stage: Stage) -> None:
    name = next(names)
    feed(stage, name, 5, f"{HEADER}TEE-L,lyon,7\n")
    answer = stage.call("POST", f"/v1/stock/feeds/{name}?sequence=4", content=f"{HEADER}TEE-L,lyon,1\n")
    assert (answer.status_code, answer.json()["code"]) == (409, "FEED_SEQUENCE_OLD")


def test_a_key_of_some_locations_has_feeds_of_its_own(stage: Stage) -> None:
    name = next(names)
    many = tuple(f"store-{number}" for number in range(30))
    for key, locations in (("paris desk", ("paris",)), ("paris too", ("paris",)), ("stores", ("paris", *many))):
        stage.make_key(key, "stock:write", locations=locations)

    def status(key: str, sequence: int, quantity: int) -> int:
        path = f"/v1/stock/feeds/{name}?sequence={sequence}"
        answer = stage.call("POST", path, key, content=f"{HEADER}TEE-L,paris,{quantity}\n")
        assert answer.status_code != 200 or answer.json()["feed"] == name
        return answer.status_code

    assert [status("paris desk", 2**53, 1), status("admin", 1, 2), status("stores", 1, 3)] == [200] * 3
    assert sellable(stage, "TEE-L", "paris") == 3
    assert status("paris too", 5, 4) == 409  # the sequence goes on with another key of the same locations
    causes = stage.database.rows(
        "SELECT DISTINCT cause FROM stock_entries WHERE cell = %(cell)s AND cause LIKE %(like)s",
        {"like": f"feed:{name}%"},
    )
    assert sorted(row[0].partition("@")[0] for row in causes) == [f"feed:{name}"] * 3
    assert f"feed:{name}@paris" in {row[0] for row in causes}


def test_nobody_names_a_feed_of_others(stage: Stage) -> None:
    answer = stage.call("POST", "/v1/stock/feeds/stock@paris?sequence=1", content=HEADER)
    assert (answer.status_code, answer.json()["code"]) == (422, "CODE_NOT_ACCEPTABLE")


def test_rows_that_can_not_be_used_are_named_and_stop_no_other(stage: Stage) -> None:
    rows = [
        "NOPE,lyon,1",
        "TEE-L,moon,1",
        "TEE-L,lyon,-1",
        "TEE-L,lyon,many",
        "TEE-L",
        "CARD,lyon,1",
        "TEE-L,lille,9",
        "",
    ]
    told = feed(stage, next(names), 1, HEADER + "\n".join(rows))
    assert counts(told) == (7, 1, 0, 6)
    assert [(each["row"], each["code"]) for each in sorted(told["refusals"], key=lambda each: each["row"])] == [
        (1, "SKU_UNKNOWN"), (2, "LOCATION_UNKNOWN"), (3, "QUANTITY_NEGATIVE"), (4, "ROW_MALFORMED"),
        (5, "ROW_MALFORMED"), (6, "SKU_NOT_STOCKED"),
    ]  # fmt: skip


def test_rows_of_json_lines_that_can_not_be_read_are_named(stage: Stage) -> None:
    lines = b'{"sku":"TEE-L","location":"lyon","quantity":"x"}\nnonsense\n{"sku":"TEE-L"}\n\xff\n'
    told = feed(stage, next(names), 1, lines, "application/jsonl")
    assert [(each["row"], each["code"], each["field"]) for each in told["refusals"]] == [
        (1, "ROW_MALFORMED", "quantity"), (2, "ROW_MALFORMED", "row"), (3, "ROW_MALFORMED", "location"),
        (4, "ROW_MALFORMED", "row"),
    ]  # fmt: skip


def test_a_long_feed_is_applied_in_parts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "ROWS_IN_PART", 3)

    async def pieces() -> AsyncIterator[bytes]:
        text = (
            HEADER + "".join(f"TEE-L,{location},{n}\n" for n in range(1, 6) for location in ("lyon", "lille"))
        ).encode()
        for at in range(0, len(text), 7):
            yield text[at : at + 7]

    told = feed(stage, next(names), 1, pieces())
    assert told["rows"] == told["changed"] + told["unchanged"] == 10
    assert (sellable(stage, "TEE-L", "lyon"), sellable(stage, "TEE-L", "lille")) == (5, 5)


@pytest.mark.parametrize("content", ["", "sku,quantity\n", "\xff,\n", '"'])
def test_a_feed_without_a_header_is_refused(stage: Stage, content: str) -> None:
    answer = stage.call("POST", f"/v1/stock/feeds/{next(names)}?sequence=1", content=content.encode("latin-1"))
    if content:
        assert (answer.status_code, answer.json()["code"]) == (422, "ROW_MALFORMED")
    else:
        assert answer.json()["rows"] == 0


def test_a_feed_of_another_form_is_refused(stage: Stage) -> None:
    headers = {"content-type": "application/xml"}
    answer = stage.call("POST", f"/v1/stock/feeds/{next(names)}?sequence=1", content=b"<x/>", headers=headers)
    assert answer.status_code == 415


def test_a_line_without_end_is_refused_before_it_fills_the_memory(small_stage: Stage) -> None:
    answer = small_stage.call("POST", "/v1/stock/feeds/endless?sequence=1", content="x" * 15_000)
    assert (answer.status_code, answer.json()["code"]) == (422, "ROW_MALFORMED")


@pytest.mark.parametrize("quantity", ["--5", "-", "5-", "- 5", "+5", "1e3", "5.0", "\u0663", "123456789012"])
def test_a_row_whose_quantity_is_no_number_stops_no_other(stage: Stage, quantity: str) -> None:
    told = feed(stage, next(names), 1, f"{HEADER}TEE-L,lyon,{quantity}\nTEE-L,lille,9\n".encode())
    assert [(each["row"], each["code"]) for each in told["refusals"]] == [(1, "ROW_MALFORMED")]
    assert sellable(stage, "TEE-L", "lille") == 9


def test_a_complete_snapshot_brings_what_it_leaves_out_to_nought(stage: Stage) -> None:
    for sku, location, units in (("TEE-L", "lille", 7), ("TEE-M", "lille", 3), ("TEE-L", "paris", 2)):
        feed(stage, f"c-{sku}-{location}", 1, f"{HEADER}{sku},{location},{units}\n")
    before = datetime.now(UTC)
    stage.engine.run(AdjustStock(sku="TEE-L", location="lille", quantity=2, reason="received"))

    def send(rows: str, sequence: int, **query: object) -> httpx.Response:
        given = {"sequence": sequence, "complete": True, "as_of": before.isoformat(), **query}
        return stage.call("POST", "/v1/stock/feeds/whole", params=given, content=f"{HEADER}{rows}")

    assert send("TEE-M,lille,4\n", 1, mode="delta").json()["field"] == "complete"
    unread = send("TEE-M,lille,4\nTEE-L,lille,many\n", 1).json()
    assert (unread["changed"], unread["omitted"], unread["zeroed"]) == (1, 0, 0)
    told = send("TEE-M,lille,4\nNO-SUCH,lille,1\n", 2).json()
    assert (told["unchanged"], told["refused"], told["omitted"], told["zeroed"]) == (1, 1, 1, 1)
    assert send("TEE-M,lille,4\nNO-SUCH,lille,1\n", 2).json()["changed"] == told["changed"]
    # what came after the snapshot was taken stays, and so does a location that it does not name
    assert [sellable(stage, *each) for each in (("TEE-M", "lille"), ("TEE-L", "lille"), ("TEE-L", "paris"))] == [
        4,
        2,
        2,
    ]
