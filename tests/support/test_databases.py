"""The databases that tests are given are clean, apart from one another, and on servers that differ."""

import os
from pathlib import Path

import psycopg
import pytest

from support import databases as servers
from support.databases import Databases, with_database
from support.installed import binaries
from support.skipping import untested

pytest_plugins = ["pytester"]


def version(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        return connection.info.server_version // 10000


def test_an_empty_database_has_no_tables_and_may_be_written_to(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        connection.execute("CREATE TABLE marks (mark int)")
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert tables == [("marks",)]


def test_two_databases_do_not_see_one_another(databases: Databases) -> None:
    with databases.empty() as first, databases.empty() as second:
        with psycopg.connect(first) as connection:
            connection.execute("CREATE TABLE marks (mark int)")
        with psycopg.connect(second) as connection:
            assert connection.execute("SELECT to_regclass('marks')").fetchone() == (None,)


def test_a_database_is_gone_after_its_test_even_with_a_connection_left(databases: Databases) -> None:
    with databases.empty() as dsn:
        connection = psycopg.connect(dsn)
    connection.close()
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(dsn)


def test_a_migrated_database_is_used_again_when_only_rows_were_written(databases: Databases) -> None:
    with databases.migrated() as first, psycopg.connect(first) as connection:
        connection.execute("INSERT INTO settings (cell, kind, code, body) SELECT cell, 'pool', 'x', '{}' FROM cells")
        connection.execute("UPDATE cells SET next_number = next_number + 7")
        connection.commit()
    with databases.migrated() as again, psycopg.connect(again) as connection:
        assert connection.execute("SELECT count(*) FROM settings").fetchone() == (0,)
        assert connection.execute("SELECT next_number FROM cells").fetchone() == (1001,)
        connection.execute("ALTER TABLE settings ADD COLUMN mark int")
        connection.commit()
    with databases.migrated() as other:
        assert (again, other) == (first, other)
        assert other != again


def test_what_a_run_leaves_can_be_dropped(databases: Databases) -> None:
    # a run of its own: the databases of this one are in use, by other processes, too
    another = Databases(admin=databases.admin, dsn=databases.dsn, name="another", run=f"another_{os.getpid()}")
    with another.empty() as dsn:
        another.drop_all()
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(dsn)


def test_the_other_server_is_another_one(databases: Databases, other_databases: Databases) -> None:
    with databases.empty() as ours, other_databases.empty() as others:
        assert version(ours) == 18
        assert version(others) >= 15
        assert ours.partition("?")[2] != others.partition("?")[2]


def test_the_oldest_usable_version_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.installed.LIBRARY", tmp_path)
    assert binaries() is None
    for number in (13, 16, 17):
        (tmp_path / str(number) / "bin").mkdir(parents=True)
        (tmp_path / str(number) / "bin" / "initdb").touch()
    assert binaries() == tmp_path / "16" / "bin"


@pytest.mark.parametrize(
    ("dsn", "changed"),
    [
        ("postgresql://u@/a?host=%2Frun%2Fx&port=1", "postgresql://u@/b?host=%2Frun%2Fx&port=1"),
        ("postgres://u:p@h:1/a", "postgres://u:p@h:1/b"),
        ("postgresql:///a?host=/run/x", "postgresql:///b?host=/run/x"),
        ("postgresql://h", "postgresql://h/b"),
        ("host=h dbname=a", "dbname=b host=h"),
    ],
)
def test_the_database_of_an_address_is_changed(dsn: str, changed: str) -> None:
    assert with_database(dsn, "b") == changed


def test_no_setting_of_the_caller_reaches_the_tests() -> None:
    ours = {name for name in os.environ if name.startswith("ORDERLINE_")}
    assert ours <= {servers.RUN, "ORDERLINE_TEST_DATABASE_URL", "ORDERLINE_TEST_CITUS_URL"}


def test_a_loud_skip_is_counted_apart_from_a_plain_one(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest
        from support.skipping import skip_loudly

        @pytest.mark.parametrize("n", [1, 2])
        def test_loud(n):
            skip_loudly("the moon", unless="there is a rocket")

        def test_quiet():
            pytest.skip("no matter")
    """)
    reports = pytester.inline_run("-p", "no:cacheprovider").getreports("pytest_runtest_logreport")
    assert untested([report for report in reports if isinstance(report, pytest.TestReport)]) == {
        "the moon, unless there is a rocket": 2
    }
