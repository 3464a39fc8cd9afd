"""Processes share the embedded server; any of them, and the server, may be killed."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from orderline.store.embedded import EmbeddedServer
from store.embedding import answer, ask, execute, finish, is_gone, popen, postmaster, wait_until

# --------------------------------------------------------------------------------------------- sharing


def test_processes_share_the_server_and_the_last_one_stops_it(
    folder: Path, hold: Callable[..., subprocess.Popen[str]]
) -> None:
    others = [hold() for _ in range(3)]
    assert len({answer(other) for other in others}) == 1
    with EmbeddedServer(folder / "data") as server:
        first = postmaster(folder)
        for other in others:
            other.communicate()
            assert other.returncode == 0
        assert server.running()
        assert postmaster(folder) == first
    assert not server.running()
    assert is_gone(first)


def test_two_users_in_one_process_count_as_two(folder: Path) -> None:
    one, two = EmbeddedServer(folder / "data"), EmbeddedServer(folder / "data")
    assert one.start() == two.start()
    one.stop()
    one.stop()
    assert two.running()
    two.stop()
    assert not two.running()


def test_a_killed_user_leaves_the_server_to_the_next(folder: Path, hold: Callable[..., subprocess.Popen[str]]) -> None:
    holder = hold()
    execute(answer(holder), "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")
    first = postmaster(folder)
    holder.kill()
    holder.wait()
    with EmbeddedServer(folder / "data") as server:
        assert postmaster(folder) == first
        assert ask(server.dsn, "SELECT n FROM kept") == 7
    assert is_gone(first)


def test_the_interrupt_key_does_not_reach_the_server(folder: Path, hold: Callable[..., subprocess.Popen[str]]) -> None:
    holder = hold()
    dsn = answer(holder)
    os.killpg(holder.pid, signal.SIGINT)
    holder.wait()
    assert os.getsid(postmaster(folder)) != holder.pid
    assert ask(dsn, "SELECT 1") == 1


# --------------------------------------------------------------------------------------------- crashes


def test_a_killed_postmaster_is_started_again_with_all_that_was_committed(server: EmbeddedServer, folder: Path) -> None:
    execute(server.dsn, "CREATE TABLE kept (n int)")
    for n in range(5):
        execute(server.dsn, f"INSERT INTO kept VALUES ({n})")
        killed = postmaster(folder)
        os.kill(killed, signal.SIGKILL)
        server.start()
        assert postmaster(folder) != killed
        assert ask(server.dsn, "SELECT count(*) FROM kept") == n + 1


def test_a_killed_postmaster_with_a_busy_backend_is_waited_for(server: EmbeddedServer, folder: Path) -> None:
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.commit()
        busy = popen(
            [str(server.bin("psql")), server.superuser_dsn, "-qc", "SELECT count(*) FROM generate_series(1, 5000000)"]
        )
        running = "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '%generate%' AND pid <> pg_backend_pid()"
        wait_until(lambda: bool(ask(server.superuser_dsn, running)))
        os.kill(postmaster(folder), signal.SIGKILL)
        server.start()
        finish(busy)
    assert ask(server.dsn, "SELECT count(*) FROM kept") == 0


def test_a_killed_backend_does_not_take_the_server_with_it(server: EmbeddedServer, folder: Path) -> None:
    execute(server.dsn, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")
    first = postmaster(folder)
    with psycopg.connect(server.dsn) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
        connection.close()

    def answers() -> bool:
        # The postmaster may learn of the death after a first connection; that one it ends too.
        try:
            return ask(server.dsn, "SELECT n FROM kept") == 7
        except psycopg.OperationalError:
            return False

    wait_until(answers)
    assert postmaster(folder) == first


def test_a_process_that_has_the_number_of_a_dead_postmaster_is_no_hindrance(folder: Path) -> None:
    server = EmbeddedServer(folder / "data")
    server.start()
    pid_file = folder / "data/cluster/postmaster.pid"
    left = pid_file.read_text().splitlines()
    os.kill(int(left[0]), signal.SIGKILL)
    # The same user, or PostgreSQL itself would know that it is not its own.
    owner = pid_file.stat().st_uid
    user = owner if owner != os.geteuid() else None
    with subprocess.Popen(["sleep", "60"], user=user, cwd="/") as stranger:
        pid_file.write_text("\n".join([str(stranger.pid), *left[1:]]) + "\n")
        with server:
            alive, used = stranger.poll() is None, postmaster(folder)
        stranger.kill()
    assert alive
    assert used != stranger.pid


def test_an_unfinished_first_start_is_begun_anew(folder: Path) -> None:
    with EmbeddedServer(folder / "data"):
        pass
    (folder / "data/cluster").rename(folder / "data/cluster.new")
    (folder / "data/cluster.new/PG_VERSION").unlink()
    with EmbeddedServer(folder / "data") as server:
        assert ask(server.dsn, "SELECT 1") == 1
