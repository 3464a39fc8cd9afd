"""Backup and restore by PostgreSQL's own tools, the wheel's or those on the PATH."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import psycopg

from orderline.cli.ports import Failure, not_writable
from orderline.store.embedded import ROLE, EmbeddedServer
from orderline.store.embedded_host import wheel_binaries
from orderline.store.restoring import NotEmpty, clear_for_restore, continue_positions
from orderline.values.failures import Trouble

OWN_TOOLS_BEFORE: Final = 17
_PARTIAL: Final = ".unfinished"


def dump(dsn: str, server: EmbeddedServer | None, file: Path) -> None:
    """Write a backup; the file is there only when it is whole, and readable for its owner alone."""
    unfinished = file.with_name(file.name + _PARTIAL)
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise not_writable(file, error) from error
    try:
        with os.fdopen(descriptor, "wb") as target:
            arguments = ("--format=custom", "--no-owner", "--no-privileges")
            if server is not None:
                server.run_tool("pg_dump", *arguments, stdout=target)
            else:
                _run(dsn, "pg_dump", *arguments, stdout=target.fileno())
            target.flush()
            os.fsync(target.fileno())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def restore(dsn: str, server: EmbeddedServer | None, file: Path) -> None:
    """Read a backup into a database that holds nothing yet.

    Failure: the database holds data, or the file is no backup.
    """
    # Unbuffered: the tool goes on where we have read to.
    with file.open("rb", buffering=0) as source:
        if source.read(5) != b"PGDMP":
            raise Failure(f"{file} is no backup of Orderline.", "Give a file that `orderline backup` has written.")
        try:
            clear_for_restore(dsn)
        except NotEmpty as found:
            raise Failure(
                f"The database holds data (there are rows in {found.table}); a restore never writes over it.",
                "Restore into an empty database: set ORDERLINE_DATA_DIR to a new folder, or make a new database.",
                table=found.table,
            ) from None
        source.seek(0)
        arguments = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
        try:
            if server is not None:
                server.run_tool("pg_restore", *arguments, f"--role={ROLE}", "--dbname=orderline", stdin=source)
            else:
                _run(dsn, "pg_restore", *arguments, stdin=source.fileno())
        except Trouble as trouble:
            raise Failure(
                f"{file} could not be restored: {trouble.message}.",
                "Nothing of it was kept. If the file is cut short or damaged, take another backup.",
            ) from trouble
    continue_positions(dsn)


def _run(dsn: str, name: str, *arguments: str, stdin: int = subprocess.DEVNULL, stdout: int | None = None) -> None:
    """Run a tool on another server than ours. Trouble: it says why it could not."""
    with tempfile.TemporaryFile() as told:
        done = subprocess.run(
            [_tool(dsn, name), *arguments, f"--dbname={dsn}"],
            stdin=stdin,
            stdout=told if stdout is None else stdout,
            stderr=told,
            check=False,
        )
        told.seek(0)
        if done.returncode:
            raise Trouble("postgresql", f"{name}: {told.read().decode(errors='replace').strip()}")


def _tool(dsn: str, name: str) -> Path | str:
    """The wheel's program, unless the server is too old for it and the operator has one of its own.

    Since release 17 pg_restore writes a setting that earlier servers do not know.
    """
    try:
        with psycopg.connect(dsn, connect_timeout=5) as connection:
            release = connection.info.server_version // 10_000
    except psycopg.OperationalError as error:
        raise Trouble("postgresql", f"no connection: {str(error).strip()}") from error
    own = shutil.which(name) if release < OWN_TOOLS_BEFORE else None
    return own or wheel_binaries() / name
