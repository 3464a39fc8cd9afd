"""Listings that follow a purchase order, its preorders, and the window of sale."""

from datetime import UTC, datetime, timedelta
from typing import Any

from api.stage import ADDRESS, Stage
from orderline.core.stock.commands import AdjustStock, PutSkus
from orderline.core.stock.state import Sku
from orderline.store.pushing import ack_listings, note_failed_listings, waiting_listings
from orderline.store.reading.listings import load_changes
from orderline.store.reading.source import open_source
from support.engines import assert_clean

NOW = datetime.now(UTC).replace(microsecond=0)
OPENS, ENDS, DUE = (NOW + timedelta(days=days) for days in (-1, 60, 20))


def kept(stage: Stage, now: datetime | None = None) -> int:
    """What the clock does: tell of what has changed. Returns how many listings have."""
    source = open_source(stage.database)
    try:
        changes = load_changes(source, now or datetime.now(UTC))
    finally:
        source.connection.close()
    for change in changes:
        stage.engine.run(change)
    return len(changes)


def listing(stage: Stage) -> dict[str, Any]:
    return stage.call("GET", "/v1/listings/web:GAME").json()


def preorder(stage: Stage, name: str, quantity: int) -> int:
    body = {
        "channel": "web", "external_id": name, "currency": "EUR", "groups": [{"address": ADDRESS}],
        "lines": [{"sku": "GAME", "quantity": quantity, "unit_price_minor": 1000}], "total_minor": 1000 * quantity,
    }  # fmt: skip
    return stage.call("POST", "/v1/orders", json=body).status_code


def test_a_preorder_appears_and_disappears_with_its_purchase_order(stage: Stage) -> None:
    stage.engine.run(PutSkus(skus=(Sku("GAME", "A game", peg_days=90, sold_from=OPENS, sold_until=ENDS),)))
    assert kept(stage) == 3  # one for each channel
    assert listing(stage)["state"] == "sold_out"
    line = {"sku": "GAME", "quantity": 10, "due_at": DUE.isoformat(), "confidence_ppm": 500_000}
    stage.call("PUT", "/v1/purchase-orders/PO-G", json={"location": "lyon", "vendor": "Studio", "lines": [line]})
    for step in ("sending", "confirmation"):
        assert stage.call("POST", f"/v1/purchase-orders/PO-G/{step}", json={}).status_code == 200
    assert kept(stage) >= 1
    told = listing(stage)
    assert (told["state"], datetime.fromisoformat(told["offered"]["ready_at"])) == ("preorder", DUE)
    assert datetime.fromisoformat(told["offered"]["changes_at"]) == ENDS
    # Half of what was announced is counted on: that is the cap.
    assert preorder(stage, "G-1", 3) == 201
    assert kept(stage) == 0, "a listing does not change with each unit"
    assert preorder(stage, "G-2", 3) == 409
    assert preorder(stage, "G-3", 2) == 201
    assert kept(stage) >= 1
    assert listing(stage)["state"] == "sold_out"
    stage.engine.run(AdjustStock(sku="GAME", location="lyon", quantity=9, reason="received"))
    kept(stage)
    assert listing(stage)["state"] == "listed"
    kept(stage, ENDS)
    assert listing(stage)["state"] == "off"
    off = stage.call("GET", "/v1/listings?state=off").json()["items"]
    assert "web:GAME" in [each["id"] for each in off]
    history = stage.call("GET", "/v1/listings/web:GAME/history").json()["items"]
    assert len(history) == 5
    assert stage.call("GET", "/v1/listings/web:NONE").json()["code"] == "LISTING_UNKNOWN"
    check_told(stage)
    assert_clean(stage.database)


def check_told(stage: Stage) -> None:
    """Across channels it is told how each offers what, and which has taken it."""

    def told(query: str = "", key: str = "admin", limit: int = 50) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = stage.call("GET", f"/v1/channel-listings?limit={limit}&{query}&cursor={cursor}", key).json()
            found, cursor = [*found, *page["items"]], page["next"]
            if not cursor:
                return found

    now, database = datetime.now(UTC), stage.database
    ack_listings(database, "web", waiting_listings(database, "web", 9), (), now, now)
    note_failed_listings(database, "shop", waiting_listings(database, "shop", 9), now, "shop: it is shut")
    every = told()
    assert [(each["channel"], each.get("told"), each.get("error")) for each in every] == [
        ("closed", None, None), ("shop", "failed", "shop: it is shut"), ("web", "told", None),
    ]  # fmt: skip
    assert (every[2]["state"], every[2]["id"]) == ("off", "web:GAME")
    for query, wanted in (
        ("", every), ("state=off", [each for each in every if each["state"] == "off"]), ("channel=web", every[2:]),
        ("sku=GAME", every), ("sku=GAME&channel=shop&state=listed", []), ("sku=NONE", []), ("state=preorder", []),
    ):  # fmt: skip
        assert told(query, limit=1) == wanted, query
    stage.make_key("shop listings", "stock:read", channels=["shop"])
    stage.make_key("lyon listings", "stock:read", locations=["lyon"])
    assert told(key="shop listings") == every[1:2]
    assert told(key="lyon listings") == []
