"""What is read over HTTP: every operation answers in the form it describes, and scoped keys see their part."""

import re
from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from api.stage import Stage
from orderline.api.calls import Operation
from orderline.api.reading import OPERATIONS
from orderline.core.stock.commands import CartLineInput, HoldCart
from orderline.values.ids import CartHoldId

BY_NAME = {operation.name: operation for operation in OPERATIONS}


def read(stage: Stage, name: str, path: str, key: str = "admin") -> Any:
    """The answer, which has the form that its operation describes."""
    answer = stage.call("GET", path, key)
    assert answer.status_code == 200, answer.text
    operation: Operation = BY_NAME[name]
    if operation.page:
        page = msgspec.json.decode(answer.content, type=dict[str, msgspec.Raw])
        assert set(page) == {"items", "next"}
        msgspec.json.decode(page["items"], type=list[operation.output])
    else:
        msgspec.json.decode(answer.content, type=operation.output)
    return answer.json()


@pytest.fixture(scope="module")
def placed(stage: Stage) -> dict[str, Any]:
    answer = stage.place("read-1", 3, tags=["vip"])
    stage.allocate(answer["id"], 2)
    return answer


def test_an_order_is_read_by_id_and_by_number_with_all_its_parts(stage: Stage, placed: dict[str, Any]) -> None:
    by_id = read(stage, "read_order", f"/v1/orders/{placed['id']}")
    assert by_id == read(stage, "read_order", f"/v1/orders/{placed['number']}")
    assert by_id["order"]["number"] == placed["number"]
    assert [entry["command"] for entry in by_id["timeline"]] == ["place_order", "allocate_units"]
    assert by_id["people"][0]["name"] == "Ann Lee"
    assert by_id["people"][0]["address"]["lines"] == ["1 Rue de la Paix"]
    assert by_id["explain"]["phase"]["value"] == by_id["status"]["phase"]
    assert {action["name"] for action in by_id["actions"]} >= {"cancel_units", "place_hold"}
    assert by_id["decisions"] == []


def test_parts_of_an_order_can_be_chosen(stage: Stage, placed: dict[str, Any]) -> None:
    answer = read(stage, "read_order", f"/v1/orders/{placed['id']}?parts=timeline,people")
    assert set(answer) == {"order", "status", "next_step", "timeline", "people"}
    assert set(stage.call("GET", f"/v1/orders/{placed['id']}?parts=").json()) == {"order", "status", "next_step"}
    refused = stage.call("GET", f"/v1/orders/{placed['id']}?parts=secrets")
    assert (refused.status_code, refused.json()["code"]) == (422, "INPUT_INVALID")


def test_an_order_that_has_not_changed_is_not_sent_again(stage: Stage) -> None:
    placed = stage.place("read-etag")
    first = stage.call("GET", f"/v1/orders/{placed['id']}")
    again = stage.call("GET", f"/v1/orders/{placed['id']}", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    stage.call("PATCH", f"/v1/orders/{placed['id']}", json={"priority": 5})
    changed = stage.call("GET", f"/v1/orders/{placed['id']}", headers={"if-none-match": first.headers["etag"]})
    assert (changed.status_code, changed.json()["order"]["priority"]) == (200, 5)
    assert changed.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize("reference", ["SO-0", "01890a5d-ac96-774b-bcce-b302099a8057", "x" * 300, "%20", "a%00b"])
def test_an_order_that_is_not_there_is_unknown(stage: Stage, reference: str) -> None:
    for path in ("", "/events", "/decisions"):
        answer = stage.call("GET", f"/v1/orders/{reference}{path}")
        assert answer.status_code in (404, 422), answer.text


def test_names_are_masked_for_keys_without_the_right_to_see_people(stage: Stage, placed: dict[str, Any]) -> None:
    person = read(stage, "read_order", f"/v1/orders/{placed['id']}", "orders:read")["people"][0]
    assert (person["name"], person["email"], person["masked"]) == ("A*** L***", "a***@example.com", True)
    assert "address" not in person
    assert "Ann Lee" not in stage.call("GET", "/v1/orders", "orders:read").text
    assert read(stage, "list_orders", "/v1/orders?q=ann", "orders:read")["items"] == []
    refused = stage.call("GET", "/v1/orders?email=ann@example.com", "orders:read")
    assert (refused.status_code, refused.json()["code"]) == (403, "RIGHT_MISSING")
    stage.make_key("both", "orders:read", "people:read")
    assert read(stage, "list_orders", "/v1/orders?email=ANN@example.com", "both")["items"]


@pytest.mark.parametrize(
    "query",
    [
        "number={number}",
        "external_id=read-1",
        "email=Ann@Example.com&tag=vip",
        "name=ann%20l&tag=vip",
        "sku=TEE-M&tag=vip",
        "tag=vip",
        "location=lyon&tag=vip",
        "phase=routing&tag=vip",
        "fulfillment=planned&tag=vip",
        "q={number}",
        "q=read-1",
        "q=ann&tag=vip",
        "q=TEE-M&tag=vip",
        "placed_from=2020-01-01T00:00:00Z&tag=vip",
        "due_before=2190-01-01T00:00:00Z&tag=vip",
        "channel=web&has_hold=false&is_test=false&tag=vip",
    ],
)
def test_an_order_is_found_by_each_filter(stage: Stage, placed: dict[str, Any], query: str) -> None:
    found = read(stage, "list_orders", f"/v1/orders?{query.format(number=placed['number'])}")
    assert [row["id"] for row in found["items"]] == [placed["id"]]


def test_a_cursor_is_taken_by_the_list_that_gave_it_only(stage: Stage) -> None:
    for number in range(3):
        stage.place(f"read-page-{number}")
    first = read(stage, "list_orders", "/v1/orders?limit=2")
    second = read(stage, "list_orders", f"/v1/orders?limit=2&cursor={first['next']}")
    assert not {row["id"] for row in first["items"]} & {row["id"] for row in second["items"]}
    for cursor in ("nonsense", first["next"][:-4], "W10"):
        assert stage.call("GET", f"/v1/orders?cursor={cursor}").status_code == 422
    assert stage.call("GET", f"/v1/orders?owner=routing&cursor={first['next']}").status_code == 422


def test_a_key_of_other_channels_or_locations_does_not_see_the_order(stage: Stage, placed: dict[str, Any]) -> None:
    stage.make_key("shop key", "admin", channels=("shop",))
    stage.make_key("lyon key", "admin", locations=("lyon",))
    stage.make_key("lille key", "admin", locations=("lille",))
    for key, sees in (("shop key", False), ("lyon key", True), ("lille key", False)):
        assert (stage.call("GET", f"/v1/orders/{placed['id']}", key).status_code == 200) is sees
        items = read(stage, "list_orders", "/v1/orders?tag=vip", key)["items"]
        assert bool(items) is sees
        work = read(stage, "list_fulfillments", "/v1/fulfillments", key)["items"]
        assert (placed["id"] in {row["order"] for row in work}) is sees
    assert {row["location"] for row in read(stage, "list_stock", "/v1/stock", "lyon key")["items"]} == {"lyon"}
    assert [row["code"] for row in read(stage, "list_locations", "/v1/locations", "lyon key")["items"]] == ["lyon"]
    assert [row["code"] for row in read(stage, "list_channels", "/v1/channels", "shop key")["items"]] == ["shop"]
    caught_up(stage, placed["id"])
    assert read(stage, "list_events", "/v1/events?limit=1000", "shop key")["items"] == []
    told = read(stage, "list_events", "/v1/events?limit=1000", "lyon key")["items"]
    assert {event["subject"] for event in told} == {placed["id"]}
    shelves = read(stage, "explain_atp", "/v1/stock/TEE-M/atp", "lille key")["pools"][0]["terms"][0]
    assert (shelves["amount"] > 0, "shelves" in shelves) == (True, False)
    claimed = read(stage, "explain_atp", "/v1/stock/TEE-M/atp", "shop key")["pools"][0]["terms"][1]
    assert (claimed["amount"] < 0, "orders" in claimed) == (True, False)


def caught_up(stage: Stage, order: str) -> None:
    """Wait until the feed has an order: transactions of other tests on the same server hold its end back."""
    give_up_at = monotonic() + 30
    cursor = ""
    while monotonic() < give_up_at:
        page = read(stage, "list_events", f"/v1/events?limit=1000&wait_s=5&cursor={cursor}")
        if order in {event["subject"] for event in page["items"]}:
            return
        cursor = page["next"]
    raise AssertionError(f"the feed did not tell of {order}")


def test_what_happened_is_told_by_order_and_as_a_feed(stage: Stage, placed: dict[str, Any]) -> None:
    mine = read(stage, "list_order_events", f"/v1/orders/{placed['id']}/events")
    assert mine["items"][0]["type"] == "orderline.order_placed"
    later = read(stage, "list_order_events", f"/v1/orders/{placed['id']}/events?after=1")
    assert {event["data"]["seq"] for event in later["items"]} == {2}
    caught_up(stage, placed["id"])
    events: list[dict[str, Any]] = []
    cursor, more = "", True
    while more:
        page = read(stage, "list_events", f"/v1/events?limit=2&cursor={cursor}")
        events += page["items"]
        cursor, more = page["next"], page["more"]
    assert [event["id"] for event in events if event["subject"] == placed["id"]] == [e["id"] for e in mine["items"]]
    assert len({event["id"] for event in events}) == len(events)
    opened = read(stage, "list_events", "/v1/events?type=orderline.fulfillment_opened&limit=1000")["items"]
    assert {event["type"] for event in opened} == {"orderline.fulfillment_opened"}


def test_the_feed_waits_for_what_happens_next(stage: Stage) -> None:
    now = read(stage, "list_events", "/v1/events?start=now")
    assert now["items"] == []
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(stage.call, "GET", f"/v1/events?wait_s=20&cursor={now['next']}")
        placed = stage.place("read-wait")
        page = waiting.result(30).json()
    while placed["id"] not in {event["subject"] for event in page["items"]}:
        page = read(stage, "list_events", f"/v1/events?wait_s=20&cursor={page['next']}")
        assert page["items"]


def test_stock_is_read_and_explained(stage: Stage, placed: dict[str, Any]) -> None:
    levels = read(stage, "list_stock", "/v1/stock?sku=TEE-M")["items"]
    assert {row["location"] for row in levels} == {"lyon", "paris"}
    first = read(stage, "list_stock", "/v1/stock?limit=1")
    assert read(stage, "list_stock", f"/v1/stock?limit=1&cursor={first['next']}")["items"] == levels[1:]
    assert read(stage, "read_sku_stock", "/v1/stock/TEE-M")["sku"]["code"] == "TEE-M"
    cart = CartHoldId(uuid4())
    stage.engine.run(HoldCart(cart=cart, channel="web", lines=(CartLineInput("TEE-M", 4),)))
    explained = read(stage, "explain_atp", "/v1/stock/TEE-M/atp?channel=web")
    assert explained["atp"] == sum(term["amount"] for pool in explained["pools"] for term in pool["terms"])
    terms = {term["name"]: term for term in explained["pools"][0]["terms"]}
    assert placed["id"] in {row["order"] for row in terms["pool_claims"]["orders"]}
    assert [row["cart"] for row in terms["cart_holds"]["carts"]] == [str(cart)]
    figures = read(stage, "read_atp", "/v1/atp?channel=web&sku=TEE-M&sku=SET&sku=CARD")
    assert [row["atp"] for row in figures["items"]] == [explained["atp"], explained["atp"] // 2, 0]
    assert figures["items"][2]["unlimited"] is True
    assert read(stage, "explain_atp", "/v1/stock/SET/atp?channel=web")["atp"] == figures["items"][1]["atp"]
    entries = read(stage, "list_stock_entries", "/v1/stock/TEE-M/entries?limit=1")
    assert entries["items"][0]["cause"] == "feed:opening"
    assert entries["next"]
    feeds = read(stage, "list_sku_feeds", "/v1/stock/TEE-M/feeds")["items"]
    told = [(row["location"], row["feed"], row["change"], row["sequence"]) for row in feeds]
    assert told == [("lyon", "opening", 1_000_000, 1), ("paris", "opening", 5, 1)]
    past = read(stage, "read_stock_as_of", "/v1/stock/TEE-M/as-of?at=2100-01-01T00:00:00Z")
    assert {"location": "paris", "bucket": "sellable", "quantity": 5} in past["levels"]
    assert read(stage, "list_oversold", "/v1/oversold")["items"] == []
    for path in ("/v1/stock/NO", "/v1/stock/NO/atp", "/v1/atp?channel=web&sku=NO", "/v1/skus/NO"):
        assert stage.call("GET", path).json()["code"] == "SKU_UNKNOWN"
    assert stage.call("GET", "/v1/atp?channel=no&sku=TEE-M").json()["code"] == "CHANNEL_UNKNOWN"


def test_settings_are_read(stage: Stage) -> None:
    for many, one, codes in (
        ("locations", "location", ["lille", "lyon", "paris"]),
        ("channels", "channel", ["closed", "shop", "web"]),
        ("pools", "pool", ["eu", "shops"]),
    ):
        assert [row["code"] for row in read(stage, f"list_{many}", f"/v1/{many}")["items"]] == codes
        assert read(stage, f"read_{one}", f"/v1/{many}/{codes[0]}")["code"] == codes[0]
        assert stage.call("GET", f"/v1/{many}/nowhere").status_code in (404, 422)
    assert [row["code"] for row in read(stage, "list_skus", "/v1/skus?prefix=TEE")["items"]] == ["TEE-L", "TEE-M"]
    first = read(stage, "list_skus", "/v1/skus?limit=2")
    assert [row["code"] for row in first["items"]] == ["CARD", "OLD"]
    assert read(stage, "list_skus", f"/v1/skus?limit=1&cursor={first['next']}")["items"][0]["code"] == "SET"
    assert read(stage, "read_sku", "/v1/skus/SET")["components"][0]["sku"] == "TEE-M"


def test_work_is_listed_with_what_is_to_be_picked(stage: Stage, placed: dict[str, Any]) -> None:
    stage.call("POST", f"/v1/orders/{placed['id']}/holds", json={"type": "address", "reason": "No such street"})
    holds = read(stage, "list_holds", "/v1/holds?type=address&owner=support")["items"]
    assert [(row["order"], row["reason"]) for row in holds] == [(placed["id"], "No such street")]
    assert read(stage, "list_holds", "/v1/holds?due_before=2020-01-01T00:00:00Z")["items"] == []
    assert read(stage, "list_orders", "/v1/orders?has_hold=true")["items"][0]["id"] == placed["id"]
    work = read(stage, "list_fulfillments", "/v1/fulfillments?location=lyon")["items"]
    mine = next(row for row in work if row["order"] == placed["id"])
    assert (mine["items"][0]["sku"], mine["items"][0]["units"], mine["blocked"]) == ("TEE-M", {"allocated": 2}, True)
    at = f"/v1/orders/{placed['number']}/fulfillments"
    one = read(stage, "read_fulfillment", f"{at}/1")
    assert (one["id"], one["items"]) == (mine["id"], mine["items"])
    assert stage.call("GET", f"{at}/2").json()["code"] == "FULFILLMENT_UNKNOWN"
    assert read(stage, "list_fulfillments", "/v1/fulfillments?execution=closed")["items"] == []
    assert read(stage, "list_fulfillments", "/v1/fulfillments?location=lille")["items"] == []


def test_shipments_and_parcels_are_found(stage: Stage) -> None:
    placed = stage.place("read-ship")
    stage.allocate(placed["id"])
    at = f"/v1/orders/{placed['id']}/fulfillments/1"
    for path, body in (
        (f"{at}/acceptances", {}),
        (f"{at}/picks", {"lines": [{"line": 1, "quantity": 1}]}),
        (f"{at}/packings", {"parcels": [{"items": [{"line": 1, "quantity": 1}]}]}),
    ):
        answer = stage.call("POST", path, json=body)
        assert answer.status_code < 300, answer.text
    label = {"carrier": "sandbox", "service": "standard", "tracking_number": "TRACK-READ-1"}
    assert stage.call("POST", f"/v1/orders/{placed['id']}/parcels/1/labels", json=label).status_code < 300
    assert stage.call("POST", f"{at}/shipments", json={"parcels": [1]}).status_code < 300
    shipment = read(stage, "list_shipments", "/v1/shipments?location=lyon")["items"][0]
    assert (shipment["order"], shipment["parcels"][0]["tracking_number"]) == (placed["id"], "TRACK-READ-1")
    parcel = read(stage, "find_parcels", "/v1/parcels?tracking_number=TRACK-READ-1")["items"][0]
    assert (parcel["order"], parcel["location"], parcel["state"]) == (placed["id"], "lyon", "handed_over")
    for query in ("tracking_number=TRACK-READ-1", "q=TRACK-READ-1", "phase=shipped"):
        assert read(stage, "list_orders", f"/v1/orders?{query}")["items"][0]["id"] == placed["id"]


def test_jobs_are_counted_and_dead_letters_brought_back(stage: Stage) -> None:
    counts = {row["kind"]: row for row in read(stage, "list_jobs", "/v1/jobs")["items"]}
    assert counts["route"]["due"] > 0
    assert read(stage, "list_dead_letters", "/v1/dead-letters")["items"] == []
    stage.database.rows("UPDATE outbox SET state = 'dead' WHERE cell = %(cell)s AND kind = 'notice' RETURNING id")
    dead = read(stage, "list_dead_letters", "/v1/dead-letters?kind=notice&limit=1")
    ids = [row["id"] for row in dead["items"]]
    [letter] = dead["items"]
    assert letter["what"] == "Tell the customer"
    assert letter["order_number"].startswith("SO-")
    assert letter["advice"]
    assert stage.call("POST", "/v1/dead-letters/replays", json={"ids": ids}).json()["ids"] == ids
    told = stage.call("POST", "/v1/dead-letters/removals", json={"ids": ids}).json()
    assert told == {"ids": [], "items": [{"id": ids[0], "done": False}]}
    after = read(stage, "list_dead_letters", f"/v1/dead-letters?limit=1&cursor={dead['next']}")
    assert ids[0] not in {row["id"] for row in after["items"]}


NASTY = [
    "",
    "%00",
    "%FF",
    "%F0%9F%98%80",
    "'; DROP TABLE orders",
    "x" * 190,
    "\\",
    "%25",
    "*",
    "{}",
    "-1",
    "99999999999999999999",
]
CURSORS = [
    ["newest", "x"], ["due", str(uuid4()), "0001-01-01T00:00:00"], ["a\x00", "b"], "\ud7ff", 5, [2**70, str(uuid4()), 1],
    ["9999-12-31T23:59:59Z", str(uuid4())], ["0001-01-01T00:00:00Z", str(uuid4()), 2**40], str(uuid4()), None,
]  # fmt: skip


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.method == "GET"], ids=lambda each: each.name)
def test_nonsense_is_refused_or_finds_nothing(stage: Stage, operation: Operation) -> None:
    fields = [field.encode_name for field in msgspec.structs.fields(operation.query)] if operation.query else []
    names = re.findall(r"{(\w+)}", operation.path)
    tried = [operation.path.replace(f"{{{name}}}", value) for name in names for value in NASTY if value]
    path = re.sub(r"{\w+}", "TEE-M", operation.path)
    tried += [f"{path}?{field}={value}" for field in fields if field != "wait_s" for value in NASTY]
    if "cursor" in fields:
        tried += [f"{path}?cursor={urlsafe_b64encode(msgspec.json.encode(each)).decode()}" for each in CURSORS]
    if "sku" in fields:
        tried += [f"{path}?channel=web&sku={value}" for value in NASTY]
    for each in tried:
        answer = stage.call("GET", each)
        assert answer.status_code < 500, (each, answer.text)
