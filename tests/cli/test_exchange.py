"""`orderline import` and `export`: a verdict for every row, and what is written can be read again."""

from pathlib import Path

import psycopg
import pytest

from cli.conftest import Run, place
from orderline.engine.engine import Engine

ROWS = """\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HANGING HEART,6,12/1/2010 8:26,2.55,17850,United Kingdom
536365,71053,WHITE METAL LANTERN,6,12/1/2010 8:26,3.39,17850,United Kingdom
C536379,D,Discount,-1,12/1/2010 9:41,27.50,14527,United Kingdom
536370,POST,POSTAGE,3,12/1/2010 8:45,18.00,12583,France
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(ROWS)
    return path


def test_every_row_gets_a_verdict(run: Run, file: Path) -> None:
    report = run("import", str(file), "--json")
    assert report.status == 0, report.err
    assert report.json["adds_up"] is True
    assert sum(report.json["verdicts"].values()) == report.json["rows"] == 4
    assert run("verify").status == 0


def test_the_verdicts_are_shown_as_a_table(run: Run, file: Path) -> None:
    shown = run("import", str(file))
    assert "verdict" in shown.out
    assert "all" in shown.out
    assert "rows/s" in shown.err


def test_what_is_exported_can_be_imported(run: Run, merchant: Engine, empty_database: str, tmp_path: Path) -> None:
    place(merchant)
    written = tmp_path / "orders.jsonl"
    assert run("export", str(written), "--json").json["orders"] == 1
    run("migrate", database=empty_database)
    assert run("import", str(written), "--history", "--json", database=empty_database).json["orders"] == 1
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT external_id FROM orders").fetchone() == ("web-1",)


def test_a_file_that_is_no_table_of_orders_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "letter.csv").write_text("Dear,Sir\nor,Madam\n")
    refused = run("import", str(tmp_path / "letter.csv"))
    assert refused.status == 1
    assert refused.err.startswith("LAYOUT_NOT_RECOGNIZED: The file has none of the layouts that are known")
    assert "generic (with order, quantity, unit_price)" in refused.err


def test_what_can_not_be_read_is_told_in_a_sentence(run: Run) -> None:
    refused = run("import", "/proc/self/mem")
    assert refused.status == 1
    assert refused.err.startswith("FILE_UNREADABLE")


def test_a_picture_is_not_told_back(run: Run, tmp_path: Path) -> None:
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00,\xff\xd8")
    refused = run("import", str(tmp_path / "picture.csv"))
    assert refused.status == 1
    assert refused.err.startswith("LAYOUT_NOT_RECOGNIZED")
    assert "PNG" not in refused.err
    assert "does not look like a table" in refused.err


@pytest.mark.parametrize("command", [("export",), ("backup",)])
def test_a_place_that_cannot_be_written_to_is_named(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    refused = run(*command, str(tmp_path / "nowhere" / "orders"))
    assert refused.status == 1
    assert refused.err.startswith(f"{tmp_path / 'nowhere' / 'orders'} can't be written: No such file or directory.")


def test_verdicts_are_printed_as_they_are_documented(run: Run, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("order,sku,quantity,unit_price\nA,TEE,1,0.001\n")
    shown = run("import", str(tmp_path / "orders.csv"), "--currency", "EUR", "--history")
    assert "refused:AMOUNT_TOO_PRECISE" in shown.out


def test_a_column_can_be_left_out_by_the_mapping(run: Run, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("order,sku,quantity,unit_price,Discount\nA,TEE,2,5.00,0.2\n")
    (tmp_path / "map.toml").write_text('[columns]\ndiscount = ""\n[defaults]\ncurrency = "EUR"\n')
    run("import", str(tmp_path / "orders.csv"), "--mapping", str(tmp_path / "map.toml"), "--history")
    assert run("order", "list", "--json").json["items"][0]["total_minor"] == 1000
