"""What channels are told of stock, across SKUs: what they have taken, what waits, what went wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Final

import pytest

from api.stage import Stage, staged
from orderline.core.stock.commands import AdjustStock, PutSkus
from orderline.core.stock.state import Sku
from orderline.store.loading import load_settings
from orderline.store.pushing import ack_levels, look_at_levels, note_failed_push, waiting_levels
from support.databases import Databases
from support.engines import assert_clean

START: Final = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def stage(databases: Databases) -> Iterator[Stage]:
    """Web has taken two of three figures, one of which has changed since; shop knows one of its SKUs, and fails."""
    with databases.migrated() as dsn, staged(dsn) as stage:
        stage.engine.run(PutSkus(skus=(Sku("TOLD", "Taken as it is"),)))
        for sku, location in (("TEE-L", "paris"), ("TOLD", "lyon")):
            stage.engine.run(AdjustStock(sku=sku, location=location, quantity=4, reason="received"))
        look(stage, START)
        for code in ("web", "shop"):
            levels = waiting_levels(stage.database, code, 9)
            unknown = {"TEE-L"} if code == "shop" else ()
            some = levels if code == "shop" else [each for each in levels if each.sku != "TEE-L"]
            ack_levels(stage.database, code, some, unknown, after(1), after(2))
        stage.engine.run(AdjustStock(sku="TEE-M", location="paris", quantity=1, reason="damaged"))
        look(stage, after(3))
        note_failed_push(
            stage.database, "shop", waiting_levels(stage.database, "shop", 9), after(4), "shop: it is shut"
        )
        stage.make_key("web desk", "stock:read", channels=("web",))
        yield stage


def after(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def look(stage: Stage, now: datetime) -> None:
    with stage.database.connection() as connection:
        settings = load_settings(connection, stage.database.cell)
    for code in ("web", "shop"):
        look_at_levels(stage.database, settings.channels[code], {}, now, now - timedelta(hours=1), 99)


def listed(stage: Stage, path: str, key: str = "admin", *, limit: int = 50) -> list[dict[str, Any]]:
    """All that is listed, page after page."""
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = stage.call("GET", f"/v1/{path}limit={limit}&cursor={cursor}", key)
        assert answer.status_code == 200, answer.text
        rows += answer.json()["items"]
        cursor = answer.json()["next"]
        if not cursor:
            return rows


def test_each_figure_is_told_with_what_the_channel_has_taken_of_it(stage: Stage) -> None:
    every = {(each["channel"], each["sku"]): each for each in listed(stage, "channel-stock?")}
    assert list(every) == [*product(("shop", "web"), ("TEE-L", "TEE-M")), ("web", "TOLD")]
    assert every["web", "TEE-L"] == {
        "channel": "web", "sku": "TEE-L", "state": "waiting", "quantity": 4, "since": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    assert (every["web", "TOLD"]["state"], every["web", "TOLD"]["told"]) == ("told", 4)
    web, shop, unknown = every["web", "TEE-M"], every["shop", "TEE-M"], every["shop", "TEE-L"]
    assert (web["state"], web["quantity"], web["told"]) == ("waiting", 1_000_004, 1_000_005)
    assert (web["told_at"], web["since"]) == ("2026-01-01T00:02:00Z", "2026-01-01T00:03:00Z")
    assert (shop["state"], shop["error"], shop["quantity"], shop["told"]) == ("failed", "shop: it is shut", 4, 5)
    assert (unknown["state"], unknown["told"]) == ("unknown", 4)
    assert "since" not in unknown


@pytest.mark.parametrize("state", ["", "told", "waiting", "failed", "unknown"])
def test_filters_find_the_same_page_by_page(stage: Stage, state: str) -> None:
    every = [each for each in listed(stage, "channel-stock?") if state in ("", each["state"])]
    assert every
    by_age = sorted(every, key=lambda each: (each["channel"], each.get("since", ""), each["sku"]))
    of_state = f"channel-stock?state={state}&" if state else "channel-stock?"
    assert listed(stage, of_state, limit=1) == (by_age if state in ("waiting", "failed") else every)
    for sku, channel in product(("TEE-L", "TEE-M", "NONE"), ("web", "shop")):
        here = [each for each in every if each["sku"] == sku and each["channel"] == channel]
        assert listed(stage, f"{of_state}sku={sku}&channel={channel}&", limit=1) == here
    assert listed(stage, f"{of_state}sku=TOLD&sku=TEE-L&sku=TEE-M&", limit=1) == every


def test_sets_are_told_with_how_they_went_the_last_first(stage: Stage) -> None:
    last, *others = listed(stage, "channel-sets?", limit=1)
    assert (last["channel"], last["what"], last["error"], last["figures"]) == ("shop", "stock", "shop: it is shut", 1)
    assert [(each["channel"], each["figures"], each["acked_at"]) for each in others] == [
        ("web", 2, "2026-01-01T00:02:00Z"),
        ("shop", 2, "2026-01-01T00:02:00Z"),
    ]
    assert listed(stage, "channel-sets?failed=true&") == [last]
    assert listed(stage, "channel-sets?failed=true&channel=web&") == []


def test_a_key_is_told_of_its_channels(stage: Stage) -> None:
    for path in ("channel-stock?", "channel-sets?"):
        assert {each["channel"] for each in listed(stage, path, "web desk")} == {"web"}
        assert listed(stage, f"{path}channel=shop&", "web desk") == []
        assert listed(stage, f"{path}channel=none&") == []
        assert stage.call("GET", f"/v1/{path}cursor=x").status_code == 422
    assert_clean(stage.database)
