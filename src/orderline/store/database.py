"""Connections to PostgreSQL, set up in one way, and the pools that hand them out."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from orderline.store.arrays import QuickListDumper
from orderline.values.failures import Trouble

# A set of keys joined with its table by index, whatever the statistics say: after a load, and before the first
# ANALYZE, PostgreSQL would else read whole tables for a batch of fifty rows.
_BY_INDEX: Final = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off"

# SQLSTATEs after which the same transaction may well succeed: serialization, deadlock, lock timeout, lost connections;
# and a server that takes no writes, as one does that has handed over to another.
_PASSING: Final = ("25006", "40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300")


def connect(dsn: str, *, prepared: bool = True, by_index: bool = False, name: str = "orderline") -> psycopg.Connection:
    """A connection in autocommit; transactions are begun by who owns them.

    prepared: off for poolers in transaction mode. by_index: set for the engine's own, whose statements all join
    small sets of keys.
    Trouble: the database can't be reached.
    """
    options = f"-c timezone=UTC -c application_name={name}"
    if by_index and prepared:
        options = f"{options} {_BY_INDEX} -c plan_cache_mode=force_generic_plan"
    try:
        connection = psycopg.connect(dsn, autocommit=True, options=options, connect_timeout=5)
    except psycopg.OperationalError as error:
        raise Trouble("postgresql", f"no connection: {str(error).strip()}") from error
    connection.prepare_threshold = 0 if prepared else None
    # One type for whole numbers: else each mix of small and large ones would be another prepared statement.
    connection.adapters.register_dumper(int, Int8Dumper)
    connection.adapters.register_dumper(int, Int8BinaryDumper)
    connection.adapters.register_dumper(list, QuickListDumper)
    return connection


def is_passing(error: psycopg.Error) -> bool:
    """May the same transaction succeed when it is run again?"""
    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.OperationalError)
    return state in _PASSING or state.startswith("08")


class Database:
    """One PostgreSQL database and one cell of it; hands out connections for reading and small writes.

    Connections are kept, at most `most` idle ones; a broken one is dropped and made anew.
    by_index: for whoever only reads and writes small sets by their keys, as the worker does.
    """

    def __init__(
        self, dsn: str, *, cell: int = 0, prepared: bool = True, most: int = 8, by_index: bool = False
    ) -> None:
        self.dsn = dsn
        self.cell = cell
        self.prepared = prepared
        self._by_index = by_index
        self._most = most
        self._idle: list[psycopg.Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def connection(self) -> Generator[psycopg.Connection]:
        """A connection for a short while. Trouble: the database can't be reached, or went away meanwhile."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        connection = connection or self._connect()
        try:
            yield connection
        except psycopg.Error as error:
            if is_passing(error):
                connection.close()
                raise Trouble("postgresql", str(error).strip(), retry_after_s=1) from error
            raise
        finally:
            self._give_back(connection)

    def rows(self, text: Any, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of one query; `cell` is given by itself."""
        with self.connection() as connection:
            return connection.execute(text, {"cell": self.cell, **(parameters or {})}).fetchall()

    def engine_connection(self) -> psycopg.Connection:
        """A connection for the engine's lane: it is the caller's to close."""
        return connect(self.dsn, prepared=self.prepared, by_index=True, name="orderline-engine")

    def close(self) -> None:
        """Close all idle connections."""
        with self._lock:
            self._closed = True
            idle = self._idle
            self._idle = []
        for connection in idle:
            connection.close()

    def _connect(self) -> psycopg.Connection:
        connection = connect(self.dsn, prepared=self.prepared, by_index=self._by_index)
        if self._by_index and self.prepared:
            # Planned each time: a plan made while the tables were empty would be kept for good.
            connection.execute("SET plan_cache_mode = force_custom_plan")
        return connection

    def _give_back(self, connection: psycopg.Connection) -> None:
        if connection.closed:
            return
        if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            connection.close()
            return
        with self._lock:
            if not self._closed and len(self._idle) < self._most:
                self._idle.append(connection)
                return
        connection.close()
