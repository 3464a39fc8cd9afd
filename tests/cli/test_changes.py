"""Changes from the command line: shown first, made with --yes, by the same operations as over HTTP."""

from pathlib import Path

import pytest

from cli.conftest import Run, place
from orderline.engine.engine import Engine


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("cancel", "SO-1001", "--reason", "customer", "--line", "1:1"), "1 unit of line 1 canceled"),
        (("hold", "SO-1001", "address", "--reason", "no number"), "hold"),
        (("annotate", "SO-1001", "--note", "called twice", "--priority", "5"), "note: called twice"),
    ],
)
def test_a_change_of_an_order_is_shown_and_made_when_agreed(
    run: Run, merchant: Engine, command: tuple[str, ...], told: str
) -> None:
    place(merchant)
    before = run("order", "show", "SO-1001", "--json").json["order"]["version"]
    shown = run("order", *command)
    assert shown.status == 0, shown.err
    assert told in shown.err
    assert "Nothing was done" in shown.err
    assert run("order", *command, "--json").json["applied"] is False
    assert run("order", "show", "SO-1001", "--json").json["order"]["version"] == before
    made = run("order", *command, "--yes", "--json").json
    assert made["applied"] is True
    after = run("order", "show", "SO-1001", "--json").json
    assert after["order"]["version"] == before + 1
    assert "cli" in str(after["timeline"][-1])


def test_a_hold_is_released_by_its_number(run: Run, merchant: Engine) -> None:
    place(merchant)
    assert run("order", "hold", "SO-1001", "fraud", "--yes").status == 0
    assert run("order", "release", "SO-1001", "1", "--yes").status == 0
    refused = run("order", "release", "SO-1001", "1", "--yes")
    assert (refused.status, "HOLD_UNKNOWN" in refused.err) == (1, True)


def test_what_is_refused_is_refused_in_the_preview(run: Run, merchant: Engine) -> None:
    place(merchant)
    refused = run("order", "cancel", "SO-1001", "--reason", "x", "--line", "9:1")
    assert (refused.status, "LINE_UNKNOWN" in refused.err) == (1, True)
    assert run("order", "cancel", "SO-1001", "--reason", "x", "--line", "one").status == 2


def test_stock_is_put_and_adjusted(run: Run, merchant: Engine) -> None:
    def sellable() -> int:
        return run("stock", "show", "TEE", "--json").json["levels"][0]["sellable"]

    shown = run("stock", "put", "TEE", "lyon", "1200")
    assert "10 sellable before, 1,200 after" in shown.err
    assert sellable() == 10
    assert run("stock", "put", "TEE", "lyon", "1200", "--yes").status == 0
    assert sellable() == 1200
    shown = run("stock", "adjust", "TEE", "lyon", "2", "--reason", "damaged", "--yes")
    assert "sellable 1,200 before, 1,198 after; damaged 0 before, 2 after" in shown.err
    assert sellable() == 1198
    assert "QUANTITY_NOT_AVAILABLE" in run("stock", "adjust", "TEE", "lyon", "9999", "--reason", "damaged", "--yes").err
    for arguments in (("NOPE", "lyon"), ("TEE", "moon")):
        assert run("stock", "put", *arguments, "1", "--yes").status == 1
    assert run("verify").status == 0


CSV = """\
code,name,kind,pool,place.country,place.postal_code,place.city,pickup
lille,Lille,warehouse,eu,FR,59000,Lille,false
shop,Shop,store,eu,FR,69003,Lyon,true
"""


def test_settings_are_put_from_files_and_listed(run: Run, merchant: Engine, tmp_path: Path) -> None:
    file = tmp_path / "locations.csv"
    file.write_text(CSV)
    assert "2 changes in 2 locations" in run("location", "put", str(file)).err
    assert run("location", "put", str(file), "--yes").status == 0
    listed = {each["code"]: each for each in run("location", "list", "--json").json["items"]}
    assert listed["shop"]["place"]["city"] == "Lyon"
    assert listed["shop"]["pickup"] is True
    assert "0 changes in 2 locations" in run("location", "put", str(file), "--yes").err
    (tmp_path / "channels.csv").write_text("code,name,pools,currencies\nfax,Fax,eu,EUR;GBP\n")
    assert run("channel", "put", str(tmp_path / "channels.csv"), "--yes").status == 0
    assert "EUR GBP" in run("channel", "list").out
    (tmp_path / "pools.json").write_text('{"code": "us", "name": "America"}')
    assert run("pool", "put", str(tmp_path / "pools.json"), "--yes").status == 0
    assert "America" in run("pool", "list").out


@pytest.mark.parametrize(
    "text",
    [
        '{"skus": [{"code": "SET", "kind": "bundle", "components": [{"sku": "HAT", "quantity": 2}]}, {"code": "HAT"}]}',
        '[{"code": "SET", "kind": "bundle", "components": [{"sku": "HAT", "quantity": 2}]}, {"code": "HAT"}]',
        '{"code": "HAT"}\n{"code": "SET", "kind": "bundle", "components": [{"sku": "HAT", "quantity": 2}]}\n',
    ],
)
def test_skus_are_put_as_they_come(run: Run, merchant: Engine, tmp_path: Path, text: str) -> None:
    file = tmp_path / "skus.json"
    file.write_text(text)
    made = run("sku", "put", str(file), "--yes", "--json")
    assert made.json["applied"] is True, made.err
    assert [each["code"] for each in run("sku", "list", "--json").json["items"]] == ["HAT", "MUG", "SET", "TEE"]
    file.write_text('{"code": "HAT", "description": "A hat"}')
    assert "description - -> A hat" in run("sku", "put", str(file)).err


@pytest.mark.parametrize("text", ['{"code": 7', "[1]", '{"code": "A", "weight_g": "heavy"}', "a,b\n1,2\n", "\xff"])
def test_a_file_of_another_form_is_told_in_a_sentence(run: Run, merchant: Engine, tmp_path: Path, text: str) -> None:
    file = tmp_path / "skus.json"
    file.write_bytes(text.encode("latin-1"))
    refused = run("sku", "put", str(file), "--yes")
    assert refused.status == 1
    assert str(file) in refused.err
