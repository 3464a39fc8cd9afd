"""Databases to test on: clean, migrated, and cheap enough to give one to each test.

One server runs for all processes of a test run. Whoever needs it first starts it, and migrates one database that
the others are copies of. What is to be known by all processes stands in the directory of the run.
"""

import fcntl
import itertools
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import LiteralString, cast

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

RUN = "ORDERLINE_TEST_RUN"
TEMPLATE = "orderline_migrated"
# What stands in a migrated database that nobody has used; all other tables are empty. Cells count what is done in them.
KEPT = ("cells", "migrations")
COUNTED = "SELECT json_agg(c)::text FROM cells AS c"
COUNT_ANEW = "INSERT INTO cells SELECT * FROM json_populate_recordset(NULL::cells, %s::json)"
# Has anything been changed but rows: the shape of tables, functions, migrations, settings, statistics?
SHAPE = """
SELECT md5(concat(
    (SELECT string_agg(concat_ws(' ', oid, relname, relkind, relnatts, relchecks, relhastriggers, reloptions, relacl), ',' ORDER BY oid)
       FROM pg_class WHERE relnamespace = 'public'::regnamespace),
    (SELECT string_agg(concat_ws(' ', attrelid, attname, attnotnull, atthasdef, attisdropped, attstorage), ',' ORDER BY attrelid, attnum)
       FROM pg_attribute WHERE attnum > 0 AND attrelid >= 16384),
    (SELECT string_agg(concat_ws(' ', oid, prosrc), ',' ORDER BY oid) FROM pg_proc WHERE oid >= 16384),
    (SELECT string_agg(concat_ws(' ', oid, tgenabled), ',' ORDER BY oid) FROM pg_trigger),
    (SELECT string_agg(concat_ws(' ', oid, convalidated), ',' ORDER BY oid) FROM pg_constraint WHERE oid >= 16384),
    (SELECT count(*) FROM pg_stats WHERE schemaname = 'public'),
    (SELECT count(*) FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())),
    (SELECT string_agg(m::text, ',' ORDER BY m::text) FROM migrations AS m)))
"""
USED = """
SELECT coalesce(string_agg(oid::regclass::text, ', '), '') FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> ALL (%s) AND pg_relation_size(oid) > 0
"""
# A test has a handful of connections at a time, and the machine runs the tests as well. Only a loss of power asks for what
# has been written to the disk: whatever else dies, the kernel still has it. Servers that a test starts for itself wait for
# the disk as a user's do.
MODEST = {
    "shared_buffers": "64MB",
    "max_wal_size": "1GB",
    "log_lock_waits": "off",
    "fsync": "off",
    "full_page_writes": "off",
}


def run_directory() -> Path:
    """The directory of this test run, the same one in all its processes."""
    return Path(os.environ[RUN])


def with_database(dsn: str, name: str) -> str:
    """`dsn` with another database; a URL stays a URL."""
    if "://" in dsn:
        return re.sub(r"(://[^/?]*)(/[^?]*)?", rf"\1/{name}", dsn, count=1)
    return make_conninfo(dsn, dbname=name)


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Hold the lock `name` of this test run, against its other processes."""
    with (run_directory() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Databases:
    """Databases made to order on one server.

    admin: the address of a database of the server, as a role that may create others.
    dsn: the address of one as the role that Orderline has there; it owns what is made.
    run: what the names of its databases begin with; this test run, when empty.
    """

    def __init__(self, *, admin: str, dsn: str, name: str, run: str = "") -> None:
        self.admin = admin
        self.dsn = dsn
        self._owner = str(conninfo_to_dict(dsn).get("user") or "")
        # One server may serve several runs at once.
        self._prefix = f"orderline_{run or run_directory().name.rpartition('-')[2].lower()}_"
        self._name = name
        self._numbers = itertools.count()
        self._first: dict[str, tuple[str, str]] = {}
        self._clean: list[str] = []
        self._kept: dict[str, psycopg.Connection] = {}

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """A clean database with all tables: one that was emptied after its use, which is quicker than a new one."""
        if self._clean:
            name = self._clean.pop()
        else:
            name = self._new_name()
            self._create(name, self._migrated_template())
            connection = self._connection(name)
            self._first[name] = _value(connection, SHAPE), _value(connection, COUNTED)
        try:
            yield with_database(self.dsn, name)
        finally:
            if self._emptied(name):
                self._clean.append(name)
            else:
                self._drop(name)

    def _emptied(self, name: str) -> bool:
        """Make a database as clean as it was; false where rows are not all that was changed, or it is gone."""
        shape, counted = self._first[name]
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        try:
            connection = self._connection(name)
            connection.execute(others)
            if _value(connection, SHAPE) != shape:
                return False
            if used := _value(connection, USED, list(KEPT)):
                connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(cast(LiteralString, used))))
            with connection.transaction():
                connection.execute("DELETE FROM cells")
                connection.execute(COUNT_ANEW, [counted])
        except psycopg.Error:
            return False
        return True

    def _connection(self, name: str) -> psycopg.Connection:
        """One that is kept for as long as the database: a new one reads the whole catalog again."""
        kept = self._kept.get(name)
        if kept is None or kept.closed:
            kept = self._kept[name] = psycopg.connect(with_database(self.dsn, name), autocommit=True)
            kept.execute("SET lock_timeout = '5s'")
        return kept

    @contextmanager
    def empty(self, *, template: str = "template0") -> Iterator[str]:
        """A database with nothing in it, or with what is in `template`."""
        name = self._new_name()
        self._create(name, template)
        try:
            yield with_database(self.dsn, name)
        finally:
            self._drop(name)

    def _new_name(self) -> str:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        return f"{self._prefix}{worker}_{os.getpid()}_{next(self._numbers)}"

    def close(self) -> None:
        """Close the connections that are kept; the databases stay."""
        while self._kept:
            self._kept.popitem()[1].close()

    def drop_all(self) -> None:
        """Drop what this run has left, the template among it."""
        with psycopg.connect(self.admin, autocommit=True) as connection:
            like = self._prefix.replace("_", r"\_") + "%"
            rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [like]).fetchall()
        for (name,) in rows:
            self._drop(name)

    def _migrated_template(self) -> str:
        from orderline.store.migrations import migrate

        name = f"{self._prefix}{TEMPLATE}"
        done = run_directory() / f"{self._name}.migrated"
        with alone(f"{self._name}-template"):
            if not done.exists():
                self._drop(name)
                self._create(name, "template0")
                migrate(with_database(self.dsn, name))
                done.touch()
        return name

    def _create(self, name: str, template: str) -> None:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        self._run(create + sql.SQL(" OWNER {}").format(sql.Identifier(self._owner)) if self._owner else create)

    def _drop(self, name: str) -> None:
        if kept := self._kept.pop(name, None):
            kept.close()
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(statement)


def _value(connection: psycopg.Connection, text: LiteralString, *given: object) -> str:
    row = connection.execute(text, given).fetchone()
    assert row is not None
    return row[0]


# --------------------------------------------------------------------------------------------- servers


@contextmanager
def embedded() -> Iterator[Databases]:
    """Databases on the PostgreSQL that Orderline brings along."""
    from orderline.store.embedded import DEFAULTS, EmbeddedServer

    settings: Mapping[str, str] = {**DEFAULTS, **MODEST}
    server = EmbeddedServer(run_directory() / "embedded", settings=settings)
    server.start()
    try:
        with closing(
            Databases(admin=with_database(server.superuser_dsn, "postgres"), dsn=server.dsn, name="embedded")
        ) as made:
            yield made
    finally:
        server.stop()


def given(dsn: str) -> Databases:
    """Databases on a server that somebody else runs; its role may create some."""
    return Databases(admin=dsn, dsn=dsn, name="given")
