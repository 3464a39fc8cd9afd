"""An import that is broken off, taken over or killed is gone on with, and neither loses nor doubles."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from engine.importing import ORDERS, count, retail, sold
from orderline.core.imports.report import ImportProgress, ImportReport
from orderline.engine import import_intake
from orderline.engine.engine import Engine
from orderline.engine.importing import import_orders
from orderline.store.database import Database
from orderline.values.failures import Refused
from support.depth import deep


class BrokenOff(Exception):
    pass


def broken_off_after(windows: int) -> Any:
    left = iter(range(windows))

    def told(progress: ImportProgress) -> None:
        if progress.phase == "importing" and next(left, None) is None:
            raise BrokenOff

    return told


MIXED = [
    row
    for n in range(60)
    for row in (sold(n, "A", 3), sold(n, "POST"), sold(f"C{n}", "A", -1), sold(f"X{n}").replace("2.50", "2.505"))
]


@pytest.mark.parametrize("windows", [0, 1, 2, 5, 8])
def test_a_run_that_is_broken_off_is_gone_on_with_and_adds_up(
    engine: Engine, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, windows: int
) -> None:
    monkeypatch.setattr(import_intake, "ROWS_IN_WINDOW", 20)
    path, fixes = retail(tmp_path / "file.csv", MIXED), tmp_path / "fix.csv"
    for again in (windows, 1):
        with pytest.raises(BrokenOff):
            import_orders(engine, database, path, fix_file=fixes, on_progress=broken_off_after(again))
    report = import_orders(engine, database, path, fix_file=fixes)
    assert report.verdicts == whole_verdicts(report)
    assert report.rows_resumed > 0 or windows == 0
    assert report.orders == count(database, ORDERS) == 60
    assert len(fixes.read_text().splitlines()) == 1 + report.fix_rows == 61


def whole_verdicts(report: ImportReport) -> dict[str, int]:
    assert report.adds_up
    canceled = {key: n for key, n in report.verdicts.items() if key.startswith("cancellation")}
    assert sum(canceled.values()) == 60
    return {**canceled, "charge": 60, "imported": 60, "refused:AMOUNT_TOO_PRECISE": 60}


def test_what_was_there_before_stays_known_when_a_run_is_broken_off(
    engine: Engine, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_intake, "ROWS_IN_WINDOW", 10)
    import_orders(engine, database, retail(tmp_path / "some.csv", [sold(n) for n in range(0, 60, 2)]))
    path = retail(tmp_path / "all.csv", [sold(n) for n in range(60)])
    with pytest.raises(BrokenOff):
        import_orders(engine, database, path, on_progress=broken_off_after(1))
    report = import_orders(engine, database, path)
    assert report.verdicts == {"duplicate_order": 30, "imported": 30}


def test_another_run_of_the_same_import_takes_over(
    engine: Engine, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_intake, "ROWS_IN_WINDOW", 10)
    path = retail(tmp_path / "file.csv", [sold(n) for n in range(80)])
    second: list[ImportReport] = []

    def told(progress: ImportProgress) -> None:
        if not second and progress.phase == "importing":
            second.append(import_orders(engine, database, path))

    with pytest.raises(Refused, match="IMPORT_TAKEN_OVER"):
        import_orders(engine, database, path, on_progress=told)
    assert second[0].adds_up
    assert count(database, ORDERS) == 80


PROGRAM = """
import sys
from pathlib import Path
from orderline.engine import import_files, import_intake
from orderline.engine.engine import Engine
from orderline.engine.importing import import_orders
from orderline.store.database import Database

import_intake.ROWS_IN_WINDOW = 50
database = Database(sys.argv[1])
engine = Engine(database)
print("began", flush=True)
report = import_orders(engine, database, Path(sys.argv[2]), fix_file=Path(sys.argv[3]))
print(report.rows, report.orders, report.adds_up, report.rows_resumed > 0, flush=True)
engine.close()
"""


@pytest.mark.crash
@pytest.mark.slow
def test_an_import_killed_again_and_again_neither_loses_nor_doubles(
    fresh_database: str, database: Database, tmp_path: Path
) -> None:
    rows = [sold(n, code) for n in range(3000) for code in ("A", "E", "POST")]
    path = retail(tmp_path / "file.csv", [*rows, *(sold(f"C{n}", "A", -1) for n in range(50))])
    command = [sys.executable, "-c", PROGRAM, fresh_database, str(path), str(tmp_path / "fix.csv")]
    for kill in range(deep(3)):
        before = count(database, ORDERS)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "began\n"
        give_up_at = time.monotonic() + 60
        while count(database, ORDERS) < before + 150 + 40 * kill and process.poll() is None:
            assert time.monotonic() < give_up_at
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "9050 3000 True True"
    assert count(database, ORDERS) == 3000
    assert count(database, "SELECT count(*) FROM order_lines") == 6000
