"""Backup and restore: what comes back is what was there, verified, and positions go on."""

from pathlib import Path
from time import monotonic

import psycopg
import pytest

from boot.served import place as place_of
from cli.conftest import Run, place
from orderline.boot.installation import LocalInstallation
from orderline.boot.settings import read_settings
from orderline.cli.main import run_cli
from orderline.core.counts.commands import PlanCount
from orderline.engine.engine import Engine
from orderline.store.database import Database

__all__ = ["place_of"]


@pytest.mark.slow
def test_a_restored_database_is_what_was_backed_up(
    run: Run, merchant: Engine, empty_database: str, tmp_path: Path
) -> None:
    place(merchant)
    file = tmp_path / "orderline.backup"
    assert run("backup", str(file)).status == 0
    assert file.stat().st_mode & 0o777 == 0o600
    restored = run("restore", str(file), "--json", database=empty_database)
    assert (restored.status, restored.json["clean"]) == (0, True)
    before = run("order", "show", "SO-1001", "--json").out
    after = run("order", "show", "SO-1001", "--json", database=empty_database).out
    assert before == after


@pytest.mark.slow
def test_positions_go_on_above_those_restored(
    run: Run, merchant: Engine, fresh_database: str, empty_database: str, tmp_path: Path
) -> None:
    place(merchant)
    ahead = 10**12
    with psycopg.connect(fresh_database, autocommit=True) as connection:
        connection.execute("UPDATE journal SET position = %s", [ahead])
    file = tmp_path / "orderline.backup"
    run("backup", str(file))
    assert run("restore", str(file), database=empty_database).status == 0
    database = Database(empty_database)
    engine = Engine(database, threads=1)
    try:
        place(engine, "after")
        engine.run(PlanCount(count="after", location="lyon", lines=("TEE",)))
        positions = sorted(row[0] for row in database.rows("SELECT position FROM journal"))
        assert positions[0] == ahead
        assert ahead < positions[1] < ahead + 10_000
        [(counted,)] = database.rows("SELECT position FROM record_journal")
        assert ahead < counted < ahead + 10_000
        # An event is told when no older transaction runs any more, on the whole server: other tests have some.
        give_up_at = monotonic() + 30
        while seen_by_the_feed(database) < 2 and monotonic() < give_up_at:
            pass
        assert seen_by_the_feed(database) == 2
    finally:
        engine.close()
        database.close()


def seen_by_the_feed(database: Database) -> int:
    from orderline.store.reading.events import START, load_events
    from orderline.store.reading.source import open_source

    source = open_source(database)
    try:
        return len(load_events(source, START, most=100, types=frozenset({"order_placed"})).items)
    finally:
        source.connection.close()


def test_a_restore_never_writes_over_orders(run: Run, merchant: Engine, tmp_path: Path) -> None:
    place(merchant)
    file = tmp_path / "orderline.backup"
    run("backup", str(file))
    refused = run("restore", str(file))
    assert refused.status == 1
    assert "never writes over it" in refused.err
    assert run("order", "show", "SO-1001").status == 0


def test_a_file_that_is_no_backup_is_refused(run: Run, empty_database: str, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("hello")
    assert "is no backup" in run("restore", str(file), database=empty_database).err


def test_a_backup_is_not_written_over_a_file(run: Run, merchant: Engine, tmp_path: Path) -> None:
    file = tmp_path / "orderline.backup"
    file.write_text("mine")
    assert run("backup", str(file)).status == 1
    assert file.read_text() == "mine"


@pytest.mark.slow
@pytest.mark.crash
def test_a_private_database_is_restored_into_another(
    place_of: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def run_in(folder: str, *arguments: str) -> tuple[int, str]:
        settings = read_settings({"ORDERLINE_DATA_DIR": str(place_of / folder)})
        status = run_cli(LocalInstallation(settings), arguments)
        return status, capfd.readouterr().out

    assert run_in("first", "migrate")[0] == 0
    assert run_in("first", "keys", "create", "shop", "--scope", "admin")[0] == 0
    assert run_in("first", "backup", str(tmp_path / "backup"))[0] == 0
    assert run_in("second", "migrate")[0] == 0
    (place_of / "second" / "admin.key").write_text("ol_of_before\n")
    status, told = run_in("second", "restore", str(tmp_path / "backup"))
    assert (status, "clean" in told) == (0, True)
    assert "shop" in run_in("second", "keys", "list")[1]
    assert not (place_of / "second" / "admin.key").exists()


def test_a_backup_cut_short_is_said_and_leaves_nothing(
    run: Run, merchant: Engine, empty_database: str, tmp_path: Path
) -> None:
    whole, cut = tmp_path / "whole.dump", tmp_path / "cut.dump"
    assert run("backup", str(whole)).status == 0
    cut.write_bytes(whole.read_bytes()[:1000])
    refused = run("restore", str(cut), database=empty_database)
    assert refused.status == 1
    assert refused.err.startswith(f"{cut} could not be restored: pg_restore")
    assert run("restore", str(whole), database=empty_database).status == 0
