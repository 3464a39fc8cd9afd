"""Files of orders on a real PostgreSQL: verdicts that add up, files to fix and retry."""

import csv
import gzip
import io
import json
import lzma
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.importing import ORDERS, UCI, count, retail, sold, stocked
from orderline.core.imports.report import ImportProgress
from orderline.engine import import_files
from orderline.engine.engine import Engine
from orderline.engine.exporting import ExportFilters, export_orders
from orderline.engine.importing import import_orders
from orderline.store.database import Database
from orderline.values.failures import Refused
from support.skipping import skip_loudly

RETAIL = Path(__file__).parents[2] / "../shared/data/online-retail-uci/online-retail.csv.xz"
SHOPIFY = Path(__file__).parents[2] / "../shared/vendors/shopify/samples"
UNITS = "SELECT coalesce(sum(delivered), 0) FROM order_lines"
CANCELED = "SELECT coalesce(sum(canceled), 0) FROM order_lines"


def test_a_dirty_file_is_taken_in_with_a_verdict_for_every_row(
    engine: Engine, database: Database, tmp_path: Path
) -> None:
    rows = [
        sold(1, quantity=5),
        sold(1, "POST"),
        sold(2, "E"),
        sold(2, "F"),
        sold("C9", "A", -2),
        sold("C10", "F", -1),
        "3,A,Thing",
    ]
    report = import_orders(engine, database, retail(tmp_path / "file.csv", rows))
    assert report.verdicts == {"cancellation": 2, "charge": 1, "imported": 3, "malformed:COLUMNS": 1}
    assert report.adds_up
    assert (report.orders, report.skus_created) == (2, 3)
    assert (count(database, ORDERS), count(database, UNITS), count(database, CANCELED)) == (2, 4, 3)
    assert report.examples["malformed:COLUMNS"][0].row == 7


def test_the_same_file_again_finds_its_orders_there(engine: Engine, database: Database, tmp_path: Path) -> None:
    path = retail(tmp_path / "file.csv", [sold(1), sold(2), sold("C1", "A", -1, "8"), sold("C2", "A", -1)])
    first = import_orders(engine, database, path)
    again = import_orders(engine, database, path)
    assert first.verdicts == {"cancellation_unmatched": 2, "imported": 2}
    assert again.verdicts == {"cancellation_unmatched": 2, "duplicate_order": 2}
    assert (again.orders, again.orders_known, count(database, ORDERS)) == (0, 2, 2)


def test_a_known_order_with_other_content_is_refused_and_its_cancellation_with_it(
    engine: Engine, database: Database, tmp_path: Path
) -> None:
    import_orders(engine, database, retail(tmp_path / "one.csv", [sold(1, quantity=3)]))
    report = import_orders(
        engine, database, retail(tmp_path / "two.csv", [sold(1, quantity=4), sold("C2", quantity=-4)])
    )
    assert report.verdicts == {"refused:EXTERNAL_ID_TAKEN": 1, "refused:OTHER_ROW": 1}
    assert report.examples["refused:EXTERNAL_ID_TAKEN"][0].value == "1"
    assert count(database, UNITS) == 3


def test_refused_rows_can_be_fixed_and_imported_again(engine: Engine, database: Database, tmp_path: Path) -> None:
    rows = [sold(1), sold(2), sold(2, "E").replace("2.50", "2.505"), sold(3), "4,A"]
    path, fixes = retail(tmp_path / "file.csv", rows), tmp_path / "fix.csv"
    report = import_orders(engine, database, path, fix_file=fixes)
    assert (report.orders, report.fix_rows) == (2, 3)
    with fixes.open(newline="") as file:
        written = list(csv.DictReader(file))
    assert [row["orderline_verdict"] for row in written] == [
        "refused:OTHER_ROW",
        "refused:AMOUNT_TOO_PRECISE",
        "malformed:COLUMNS",
    ]
    assert [row["orderline_row"] for row in written] == ["2", "3", "5"]
    fixes.write_text(fixes.read_text().replace("2.505", "2.51"))
    again = import_orders(engine, database, fixes, fix_file=tmp_path / "rest.csv")
    assert again.verdicts == {"imported": 2, "malformed:NUMBER": 1}
    assert (again.fix_rows, count(database, ORDERS)) == (1, 3)


PACKED = [("plain.csv", bytes), ("packed.csv.gz", gzip.compress), ("packed.csv.xz", lzma.compress)]


@pytest.mark.parametrize(("name", "pack"), PACKED)
def test_files_may_be_packed(engine: Engine, database: Database, tmp_path: Path, name: str, pack: Any) -> None:
    path = tmp_path / name
    path.write_bytes(pack(f"\ufeff{UCI}\r\n{sold(1)}\r\n".encode()))
    assert import_orders(engine, database, path).verdicts == {"imported": 1}


def test_orders_may_come_on_the_standard_input(engine: Engine, database: Database) -> None:
    report = import_orders(engine, database, io.BytesIO(f"{UCI}\n{sold(1)}\n".encode()))
    assert (report.source, report.verdicts) == ("standard input", {"imported": 1})


UNREADABLE = [
    (b"", "FILE_EMPTY"),
    (b"\n \n", "FILE_EMPTY"),
    (lzma.compress(f"{UCI}\n{sold(1)}\n".encode())[:-20], "FILE_UNREADABLE"),
    (gzip.compress(os.urandom(9000))[:4000], "FILE_UNREADABLE"),
    (b"a,b\n1,2\n", "LAYOUT_NOT_RECOGNIZED"),
]


@pytest.mark.parametrize(("content", "code"), UNREADABLE)
def test_a_file_that_is_none_is_refused_before_anything_is_taken_in(
    engine: Engine, database: Database, tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(Refused) as caught:
        import_orders(engine, database, path)
    assert caught.value.code == code
    assert count(database, ORDERS) == 0


def test_a_live_import_claims_stock_and_refuses_what_there_is_not(
    engine: Engine, database: Database, tmp_path: Path
) -> None:
    stocked(engine)
    head = "order,sku,quantity,unit_price,canceled,ship_name,ship_line_1,ship_city,ship_postal_code,ship_country"
    to = "Ann Lee,1 Rue X,Lyon,69001,France"
    path = tmp_path / "live.csv"
    path.write_text(f"{head}\n1,TEE,4,10.00,1,{to}\n2,TEE,3,10.00,,{to}\n3,TEE,1,10.00,,,,,,\n")
    report = import_orders(engine, database, path, channel="web", currency="EUR")
    assert report.verdicts == {
        "imported": 1,
        "refused:ADDRESS_MISSING": 1,
        "refused:STOCK_NOT_AVAILABLE": 1,
    }
    assert count(database, "SELECT claims FROM pool_levels WHERE sku = 'TEE' AND pool = 'eu'") == 3
    assert count(database, "SELECT count(*) FROM outbox") > 0


def test_history_has_no_side_effects(engine: Engine, database: Database, tmp_path: Path) -> None:
    import_orders(engine, database, retail(tmp_path / "file.csv", [sold(1)]))
    assert count(database, "SELECT count(*) FROM outbox") == 0
    assert count(database, "SELECT count(*) FROM pool_levels") == 0


def test_a_live_import_needs_a_channel_that_exists(engine: Engine, database: Database, tmp_path: Path) -> None:
    path = tmp_path / "live.csv"
    path.write_text("order,sku,quantity,unit_price\n1,A,1,1.00\n")
    with pytest.raises(Refused, match="CHANNEL_UNKNOWN"):
        import_orders(engine, database, path, currency="EUR")


def test_lines_of_json_are_taken_in_and_the_bad_ones_kept_for_repair(
    engine: Engine, database: Database, tmp_path: Path
) -> None:
    order = {"external_id": "1", "total_minor": 100, "lines": [{"sku": "A", "quantity": 1, "unit_price_minor": 100}]}
    wrong = {**order, "external_id": "2", "total_minor": 99}
    path, fixes = tmp_path / "file.jsonl", tmp_path / "fix.jsonl"
    lines = [json.dumps(order), json.dumps(order), json.dumps({**order, "note": "other"}), json.dumps(wrong), "{bad"]
    path.write_text("\n".join(lines) + "\n")
    report = import_orders(engine, database, path, history=True, currency="EUR", fix_file=fixes)
    assert report.verdicts == {
        "duplicate_order": 1,
        "imported": 1,
        "malformed:JSON": 1,
        "refused:EXTERNAL_ID_TAKEN": 1,
        "refused:TOTALS_DO_NOT_ADD_UP": 1,
    }
    written = [json.loads(line) for line in fixes.read_text().splitlines()]
    assert [each["orderline"]["row"] for each in written] == [3, 4, 5]
    assert written[1]["total_minor"] == 99
    assert written[2]["orderline"]["line"] == "{bad\n"


def test_a_line_of_json_beyond_all_measure_is_passed_over(
    engine: Engine, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_files, "_LONGEST_LINE", 200)
    order = {"external_id": "1", "total_minor": 100, "lines": [{"sku": "A", "quantity": 1, "unit_price_minor": 100}]}
    path = tmp_path / "file.jsonl"
    path.write_text(json.dumps({**order, "note": "x" * 900}) + "\n\n" + json.dumps(order))
    report = import_orders(engine, database, path, history=True, currency="EUR")
    assert report.verdicts == {"imported": 1, "malformed:LENGTH": 1}


def test_progress_goes_up_to_the_whole_file(engine: Engine, database: Database, tmp_path: Path) -> None:
    told: list[ImportProgress] = []
    import_orders(engine, database, retail(tmp_path / "file.csv", [sold(n) for n in range(9)]), on_progress=told.append)
    assert (told[-1].phase, told[-1].rows, told[-1].rows_total, told[-1].orders) == ("importing", 9, 9, 9)


# -------------------------------------------------------------------------------------- there and back


def test_an_export_can_be_imported_again_in_both_layouts(
    engine: Engine, database: Database, tmp_path: Path, databases: Any
) -> None:
    import_orders(
        engine, database, retail(tmp_path / "a.csv", [sold(1, quantity=5), sold(1, "POST"), sold("C2", quantity=-2)])
    )
    orders = tmp_path / "b.jsonl"
    address = {"name": "Ann Lee", "lines": ["1 Rue X"], "city": "Lyon", "postal_code": "69001", "country": "FR"}
    body = {
        "external_id": "é-1",
        "currency": "EUR",
        "lines": [
            {
                "sku": "A",
                "quantity": 3,
                "unit_price_minor": 1000,
                "discount_minor": 300,
                "taxes": [{"name": "VAT", "amount_minor": 540}],
                "description": 'Shirt, "blue"\nlong',
                "canceled": 1,
            }
        ],
        "charges": [{"kind": "shipping", "amount_minor": 500}, {"kind": "discount", "amount_minor": -100}],
        "total_minor": 3640,
        "customer": {"name": "Ann", "email": "ann@example.com", "phone": "1"},
        "groups": [{"address": address, "method": "express"}],
        "tenders": [{"provider": "paypal", "amount_minor": 3640, "state": "captured", "refunded_minor": 1000}],
        "placed_at": "2026-01-02T03:04:05.678Z",
        "tags": ["vip", "gift"],
        "note": "Ring twice",
        "history": True,
        "priority": 3,
    }
    orders.write_text(json.dumps(body) + "\n")
    assert import_orders(engine, database, orders).verdicts == {"imported": 1}
    whole = exported(database, "jsonl")
    for layout, name in (("jsonl", "x.jsonl"), ("csv", "x.csv")):
        (tmp_path / name).write_bytes(exported(database, layout))
        with databases.migrated() as dsn:
            other = Database(dsn)
            there = Engine(other)
            report = import_orders(there, other, tmp_path / name)
            assert set(report.verdicts) <= {"imported", "charge"}
            assert exported(other, "jsonl") == whole
            there.close()
            other.close()


def exported(database: Database, layout: Any, **filters: Any) -> bytes:
    target = io.BytesIO()
    export_orders(database, target, layout, ExportFilters(**filters))
    return target.getvalue()


def test_an_export_may_be_of_some_orders_only(engine: Engine, database: Database, tmp_path: Path) -> None:
    import_orders(engine, database, retail(tmp_path / "a.csv", [sold(n) for n in range(5)]), channel="one")
    import_orders(engine, database, retail(tmp_path / "b.csv", [sold(n) for n in range(3)]), channel="two")
    assert len(exported(database, "jsonl", channel="two").splitlines()) == 3
    assert exported(database, "jsonl", phase="held") == b""


# ------------------------------------------------------------------------------------------- any file

CELL = st.text(alphabet='a1C-,."\n\x00é', max_size=6) | st.sampled_from(["1", "2.50", "2011-01-01", "POST", "-3"])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELL, min_size=7, max_size=9), max_size=12), end=st.binary(max_size=12))
def test_the_verdicts_of_any_file_add_up(
    engine: Engine, database: Database, tmp_path: Path, rows: list[list[str]], end: bytes
) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([UCI.split(","), *rows])
    path = tmp_path / "any.csv"
    path.write_bytes(text.getvalue().encode() + end)
    report = import_orders(engine, database, path, fix_file=tmp_path / "fix.csv")
    assert report.adds_up
    assert report.fix_rows == sum(n for key, n in report.verdicts.items() if key.startswith(("refused:", "malformed:")))


# ------------------------------------------------------------------------------------------ real files


@pytest.mark.slow
def test_the_first_rows_of_the_real_retail_file(engine: Engine, database: Database, tmp_path: Path) -> None:
    if not RETAIL.exists():
        skip_loudly("import of the UCI Online Retail file", unless="it lies beside the checkout")
    path = tmp_path / "retail.csv"
    with lzma.open(RETAIL, "rt", newline="", encoding="utf-8") as source, path.open("w", newline="") as target:
        for _, line in zip(range(20_001), source, strict=False):
            target.write(line)
    report = import_orders(engine, database, path)
    assert (report.rows, report.adds_up) == (20_000, True)
    assert report.verdicts["imported"] > 19_000
    assert not [key for key in report.verdicts if key.startswith(("refused:", "malformed:"))]
    assert report.orders == count(database, ORDERS)


@pytest.mark.slow
def test_the_samples_of_shopify(engine: Engine, database: Database, tmp_path: Path) -> None:
    if not SHOPIFY.exists():
        skip_loudly("import of Shopify's samples", unless="they lie beside the checkout")
    stocked(engine)
    report = import_orders(engine, database, SHOPIFY / "orders-export.csv", channel="web")
    assert (report.layout, report.verdicts, report.remarks) == ("shopify", {"imported": 2}, {"as_history": 2})
    line = json.dumps(json.loads((SHOPIFY / "rest-fixtures/order.json").read_text()))
    path = tmp_path / "rest.jsonl"
    path.write_text(line + "\n")
    # Its lines cost 597.00, its total says 398.00 and tax: a merchant's mapping may have that made up.
    assert import_orders(engine, database, path, history=True).verdicts == {"refused:TOTALS_DO_NOT_ADD_UP": 1}
    mapping = tmp_path / "mapping.toml"
    mapping.write_text("rules.unexplained_totals = 'charge'\n")
    report = import_orders(engine, database, path, mapping=mapping, history=True)
    assert (report.verdicts, report.remarks) == ({"imported": 1}, {"unexplained": 1})
