"""Words of partners over HTTP, and in the console: listed, given a meaning, dismissed."""

from api.stage import Stage
from orderline.core.mappings.commands import SeeValue
from orderline.core.mappings.state import MappingKind, id_of


def see(stage: Stage, kind: MappingKind, value: str, channel: str = "web") -> str:
    """A word has come."""
    name = id_of("shopware", kind, value)
    stage.engine.run(SeeValue(mapping=name, partner="shopware", kind=kind, value=value, sample="A-7", channel=channel))
    return name


def test_words_are_listed_counted_and_given_a_meaning(stage: Stage) -> None:
    shirt = see(stage, MappingKind.SKU, "shirt/m <b>")
    see(stage, MappingKind.SKU, "shirt/m <b>")
    other = see(stage, MappingKind.SHIPPING_METHOD, "J+2", channel="shop")
    rows = {each["value"]: each for each in stage.call("GET", "/v1/mappings?state=unmapped").json()["items"]}
    assert {value: (row.get("seen", 1), row["sample"]) for value, row in rows.items()} == {
        "shirt/m <b>": (2, "A-7"),
        "J+2": (1, "A-7"),
    }
    stage.make_key("web words", "settings:read", "orders:read", channels=("web",))
    assert [row["id"] for row in stage.call("GET", "/v1/mappings", "web words").json()["items"]] == [shirt]
    queue = next(each for each in stage.call("GET", "/v1/queues").json()["items"] if each["queue"] == "unmapped")
    assert (queue["count"], queue["owner"], queue["rows"]) == (
        2,
        "operations",
        "/v1/mappings?state=unmapped&owner=operations",
    )
    wrong = stage.call("POST", f"/v1/mappings/{shirt}/meanings", json={"target": "NONE-SUCH"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "MAPPING_TARGET")
    mapped = stage.call("POST", f"/v1/mappings/{shirt}/meanings", json={"target": "TEE-M"}).json()
    assert (mapped["state"], mapped["target"]) == ("mapped", "TEE-M")
    assert (
        stage.call("POST", f"/v1/mappings/{shirt}/meanings", json={"target": "TEE-M"}).json()["code"] == "NOTHING_TO_DO"
    )
    assert stage.call("POST", f"/v1/mappings/{other}/dismissals", json={"note": "free"}).json()["state"] == "ignored"
    assert stage.call("POST", "/v1/mappings/none/meanings", json={"target": "x"}).json()["code"] == "MAPPING_UNKNOWN"
    assert stage.call("GET", "/v1/mappings?state=unmapped").json()["items"] == []
