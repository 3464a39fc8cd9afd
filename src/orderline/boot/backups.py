"""Backup and restore by PostgreSQL's own tools: the wheel's for a private server, those on the PATH for another."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from orderline.cli.ports import Failure
from orderline.store.embedded import ROLE, EmbeddedServer
from orderline.store.embedded_host import wheel_binaries
from orderline.store.restoring import NotEmpty, clear_for_restore, continue_positions
from orderline.values.failures import Trouble

_PARTIAL: Final = ".unfinished"


def dump(dsn: str, server: EmbeddedServer | None, file: Path) -> None:
    """Write a backup; the file is there only when it is whole, and readable for its owner alone."""
    unfinished = file.with_name(file.name + _PARTIAL)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as target:
            arguments = ("--format=custom", "--no-owner", "--no-privileges")
            if server is not None:
                server.run_tool("pg_dump", *arguments, stdout=target)
            else:
                _run("pg_dump", *arguments, f"--dbname={dsn}", stdout=target.fileno())
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
        if server is not None:
            server.run_tool("pg_restore", *arguments, f"--role={ROLE}", "--dbname=orderline", stdin=source)
        else:
            _run("pg_restore", *arguments, f"--dbname={dsn}", stdin=source.fileno())
    continue_positions(dsn)


def _run(name: str, *arguments: str, stdin: int | None = None, stdout: int | None = None) -> None:
    # A pg_restore of a later release than the server writes settings that the server does not know: the operator's own
    # tools come first.
    program = shutil.which(name) or wheel_binaries() / name
    with tempfile.TemporaryFile() as told:
        done = subprocess.run(
            [program, *arguments], stdin=stdin or subprocess.DEVNULL, stdout=stdout or told, stderr=told, check=False
        )
        told.seek(0)
        if done.returncode:
            raise Trouble("postgresql", f"{name}: {told.read().decode(errors='replace').strip()}")
