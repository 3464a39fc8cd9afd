"""How partners and channels are: told with what they serve, to each key what is its own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.stage import Stage, staged
from orderline.core.stock.commands import PutChannel, PutLocation
from orderline.core.stock.state import Channel, Location, LocationKind
from orderline.store.health import Noted, note_partners
from orderline.values.address import Place
from support.databases import Databases


@pytest.fixture(scope="module")
def stage(databases: Databases) -> Iterator[Stage]:
    """Two shops of one partner, one of them with a location of the same code; whoever takes their money fails."""
    now = datetime.now(UTC)
    with databases.migrated() as dsn, staged(dsn) as stage:
        for code, payments in (("lyon", "bank"), ("lille", "")):
            channel = Channel(code, code.title(), ("eu",), currencies=("EUR",), partner="shops", payments=payments)
            stage.engine.run(PutChannel(channel=channel))
        depot = Location("lyon", "Lyon", LocationKind.WAREHOUSE, "eu", Place(country="FR"), partner="depot")
        stage.engine.run(PutLocation(location=depot))
        well = Noted(partner="shops", day=now.date(), calls=4, last_success_at=now)
        ill = Noted(
            partner="bank", day=now.date(), calls=4, failed=1, last_success_at=now - timedelta(minutes=2),
            last_failure_at=now - timedelta(minutes=1), last_error="bank: it is closed", open=2,
        )  # fmt: skip
        note_partners(stage.database, "a worker", [well, ill], now)
        stage.make_key("lyon desk", "settings:read", "orders:read", channels=("lyon",))
        stage.make_key("lyon shelf", "settings:read", "orders:read", locations=("lyon",))
        yield stage


def told(stage: Stage, path: str, key: str = "admin", **query: Any) -> list[dict[str, Any]]:
    answer = stage.call("GET", path, key, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_each_partner_is_told_with_what_it_serves_and_how_it_is(stage: Stage) -> None:
    found = {each["partner"]: each for each in told(stage, "/v1/partners")}
    assert (found["shops"]["state"], found["bank"]["state"]) == ("well", "failing")
    assert found["shops"]["used_by"] == ["lille", "lyon"]
    assert (found["bank"]["error_ppm"], found["bank"]["open"]) == (250_000, 2)
    assert [each["partner"] for each in told(stage, "/v1/partners", state="failing")] == ["bank"]


def test_a_key_is_told_of_the_partners_of_its_own_channels_or_locations(stage: Stage) -> None:
    for key, expected in (("lyon desk", {"bank": ["lyon"], "shops": ["lyon"]}), ("lyon shelf", {"depot": ["lyon"]})):
        assert {each["partner"]: each["used_by"] for each in told(stage, "/v1/partners", key)} == expected


def test_channels_are_told_with_how_their_partner_is(stage: Stage) -> None:
    assert [
        (each["channel"], each["state"], each.get("late", False)) for each in told(stage, "/v1/channel-health")
    ] == [
        ("lille", "well", False),
        ("lyon", "well", False),
    ]
    assert [each["channel"] for each in told(stage, "/v1/channel-health", "lyon desk")] == ["lyon"]
    assert told(stage, "/v1/channel-health", late=True) == []
