"""Migrations: numbered files, forward only, each applied once, under a lock, in a transaction of its own."""

import hashlib
import re
from datetime import UTC, datetime
from importlib import resources
from typing import Final, LiteralString, cast

import psycopg

from orderline.store.partitions import make_partitions

_NAME: Final = re.compile(r"^(\d{4})_\w+\.sql$")
# Names that some databases know migrations by, since their numbers stood twice.
RENAMED: Final = {
    "0008_label_documents.sql": "0010_label_documents.sql",
    "0009_capacity.sql": "0013_capacity.sql",
    "0012_parcels_under_way.sql": "0014_parcels_under_way.sql",
    "0012_service_counts.sql": "0015_service_counts.sql",
}
# Any number will do, as long as everybody who migrates takes the same.
_LOCK: Final = 6_715_202_611


class MigrationError(RuntimeError):
    """The database and this release do not fit; the text says how, and what to do."""


def migrate(dsn: str, *, cell: int = 0) -> list[str]:
    """Bring the database to this release; returns the names of the migrations that were applied now.

    Waits for another process that is doing the same. Partitions of the coming months are made as well.
    MigrationError: a migration was changed after it was applied, or the database is ahead of this release.
    """
    applied_now: list[str] = []
    files = _files()
    with psycopg.connect(dsn, autocommit=True) as connection:
        # one transaction each: what one has locked stands still no longer than it takes, and not until the last is done
        while name := _apply_next(connection, files):
            applied_now.append(name)
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            make_partitions(connection, datetime.now(UTC).date())
            connection.execute("INSERT INTO cells (cell) VALUES (%s) ON CONFLICT DO NOTHING", [cell])
    return applied_now


def _apply_next(connection: psycopg.Connection, files: dict[str, str]) -> str:
    """Apply the first migration that the database lacks; its name, or "" when it has them all."""
    with connection.transaction():
        # of the transaction: it works through poolers too, and no crash can leave it behind
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations ("
            " cell integer NOT NULL, name text NOT NULL, hash text NOT NULL, applied_at timestamptz NOT NULL,"
            " PRIMARY KEY (cell, name))"
        )
        known = _known(connection)
        _check(known, files)
        name = next((each for each in files if each not in known), "")
        if name:
            connection.execute(cast(LiteralString, files[name]))
            connection.execute(
                "INSERT INTO migrations (cell, name, hash, applied_at) VALUES (%s, %s, %s, %s)",
                [0, name, _hash(files[name]), datetime.now(UTC)],
            )
        return name


def pending(dsn: str) -> list[str]:
    """The migrations that this release has and the database lacks."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        found = connection.execute("SELECT to_regclass('migrations')").fetchone()
        if found is None or found[0] is None:
            return list(_files())
        known = _known(connection)
    return [name for name in _files() if name not in known]


def _known(connection: psycopg.Connection) -> dict[str, str]:
    """The migrations that were applied, by the names they have now, with their hashes."""
    rows = connection.execute("SELECT name, hash FROM migrations WHERE cell = %s", [0])
    return {RENAMED.get(str(name), str(name)): str(hash_) for name, hash_ in rows}


def _files() -> dict[str, str]:
    folder = resources.files("orderline.store.migrations")
    names = sorted(file.name for file in folder.iterdir() if _NAME.match(file.name))
    return {name: folder.joinpath(name).read_text(encoding="utf-8") for name in names}


def _check(known: dict[str, str], files: dict[str, str]) -> None:
    for name, digest in known.items():
        if name not in files:
            raise MigrationError(
                f"the database has migration {name}, which this release does not know: it was migrated by a later"
                " release; run that one"
            )
        if digest != _hash(files[name]):
            raise MigrationError(
                f"migration {name} was changed after it was applied to this database; migrations are never edited:"
                " restore the file and put the change into a new one"
            )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
