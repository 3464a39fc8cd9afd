"""`orderline people`: what is known of somebody is written to a file, and erased."""

from pathlib import Path

from cli.conftest import Run, place
from orderline.core.orders.commands import CancelUnits
from orderline.engine.engine import Engine


def test_a_person_is_exported_and_erased(run: Run, merchant: Engine, tmp_path: Path) -> None:
    first = place(merchant)
    place(merchant, "web-2", tees=1, mugs=1)
    merchant.run(CancelUnits(order=first, reason="changed my mind"))
    file = tmp_path / "ann.json"
    assert "2 orders of ann@example.com" in run("people", "export", "ann@example.com", str(file)).err
    assert "1 Rue X" in file.read_text()
    assert "1 Rue X" in run("people", "export", "Ann@Example.com").out
    assert "--yes does it" in run("people", "erase", "ann@example.com").err
    told = run("people", "erase", "ann@example.com", "--yes").err
    assert "SO-1002 stays: ORDER_NOT_DONE" in told
    assert "Erased from 1 order." in told
    assert "1 person erased" in run("order", "show", "SO-1001").out
    assert "Ann Lee" not in run("order", "show", "SO-1001").out
    assert run("people", "erase", "nobody@example.com", "--yes").err.startswith("0 orders")
    assert "make its folder first" in run("people", "export", "ann@example.com", str(tmp_path / "no" / "ann.json")).err
