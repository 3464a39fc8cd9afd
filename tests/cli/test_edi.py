"""`orderline edi` at the terminal: files are checked, acknowledged, taken in and answered."""

from pathlib import Path

from cli.conftest import Run
from orderline.core.edi.reading import read_edi
from orderline.engine.engine import Engine
from support.edi_texts import edifact_orders, po_850, po_orders, x12_850

PROFILE = """
syntax = "x12"
ours = {id = "SHOP", qualifier = "ZZ"}
theirs = {id = "BUYER", qualifier = "ZZ"}
channel = "web"
"""


def test_a_file_is_checked_in_plain_words_and_acknowledged_without_a_database(run: Run, tmp_path: Path) -> None:
    good, bad, back = tmp_path / "good.edi", tmp_path / "bad.edi", tmp_path / "back.edi"
    good.write_bytes(edifact_orders("9", po_orders("J-1")))
    assert run("edi", "check", str(good)).status == 0
    bad.write_bytes(x12_850(1, po_850("J-1", "1*EA*20.00**VN*TEE")).replace(b"SE*10*", b"SE*11*"))
    checked = run("edi", "check", str(bad))
    assert checked.status == 1
    assert "COUNT_DIFFERS: segment 12 (SE), element 1: the trailer counts otherwise: '11'; expected 10." in checked.err
    assert run("edi", "check", str(bad), "--json").json["accepted"] is False
    assert run("edi", "acknowledge", str(bad), "--out", str(back), "--reference", "7").status == 0
    read = read_edi(back.read_bytes())
    assert (read.all_faults, read.interchanges[0].reference, read.interchanges[0].receiver.id) == (
        [],
        "000000007",
        "BUYER",
    )
    other = tmp_path / "other.edi"
    other.write_text("Dear Sirs")
    assert "NOT_EDI" in run("edi", "check", str(other)).err


def test_an_order_is_taken_from_a_file_and_answered(run: Run, merchant: Engine, tmp_path: Path) -> None:
    file, profile, back, said = (tmp_path / name for name in ("in.edi", "profile.toml", "back.edi", "855.edi"))
    file.write_bytes(x12_850(2, po_850("K-1", "1*EA*20.00**VN*TEE")))
    profile.write_text(PROFILE)
    assert "EDI_PARTNER_UNKNOWN" in run("edi", "take", str(file), "--json").err
    assert run("edi", "put-partner", "buyer", str(profile), "--yes").status == 0
    assert "BUYER" in run("edi", "partners").out
    taken = run("edi", "take", str(file), "--acknowledgement", str(back), "--json")
    assert (taken.status, taken.json["interchanges"][0]["documents"][0]["result"]) == (0, "taken")
    assert b"AK5*A~" in back.read_bytes()
    assert run("edi", "take", str(file)).status == 1
    assert run("edi", "write", "K-1", "--kind", "response", "--out", str(said)).status == 0
    assert b"ACK*IA*1*EA~" in said.read_bytes()
    assert "K-1" in run("edi", "purchases").out
    profile.write_text('syntax = "morse"')
    assert run("edi", "put-partner", "buyer", str(profile), "--yes").status != 0
