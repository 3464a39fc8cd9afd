"""The bound: the same rows, by set-based SQL, from arrays that are ready, over one connection.

The engine decides batches and its statements are kept with their parameters already encoded; then only these are
sent, each batch as one pipeline and one transaction, with synchronous commit. Nothing is locked, read, decided or
encoded. How large a transaction is decides much, so a bound is measured with batches as large as those beside it.
"""

from collections.abc import Sequence
from time import perf_counter
from typing import Any, cast

import psycopg
from psycopg.adapt import PyFormat, Transformer

from orderline.core.orders.commands import PlaceOrder
from orderline.engine.batch import Batch
from orderline.engine.engine import utc_now
from orderline.engine.submissions import Submission
from orderline.store.database import Database
from orderline.store.loading import load_settings
from orderline.values.ids import new_id


class _Recorder:
    """Stands where the connection does while a batch is saved, and keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def execute(self, text: str, parameters: dict[str, Any]) -> None:
        self.sent.append((text, parameters))


class _RecordedBatch(Batch):
    def record(self, submissions: Sequence[Submission], numbers: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
        recorder = _Recorder()
        with self.connection.transaction(force_rollback=True), self.connection.pipeline():
            self._load(submissions)
            self._decide(submissions, numbers)
            self.changes.save(cast("psycopg.Connection", recorder), self.cell, self.now, self.before, self.world)
        return recorder.sent


def measure_bound(database: Database, commands: Sequence[PlaceOrder], batch: int) -> float:
    """Orders per second that PostgreSQL takes, `batch` in a transaction, when somebody else has done all the thinking."""
    batches = [
        [Submission(command=command) for command in commands[first : first + batch]]
        for first in range(0, len(commands), batch)
    ]
    return len(commands) / time_writing(database, batches)


def time_writing(database: Database, batches: Sequence[Sequence[Submission]]) -> float:
    """Seconds that it takes to write what the batches change, everything else being done before."""
    connection = database.engine_connection()
    settings = load_settings(connection, database.cell)
    recorded: list[list[tuple[str, dict[str, Any]]]] = []
    for submissions in batches:
        batch = _RecordedBatch(connection, database.cell, settings, utc_now())
        numbers = [f"BOUND-{new_id()}" for _ in submissions]
        recorded.append(batch.record(submissions, numbers))
    # prepared only now: a rollback, with which each recording ends, makes psycopg forget what is prepared
    names: dict[tuple[str, tuple[int, ...]], bytes] = {}
    ready = [[_ready(connection, names, text, given) for text, given in sent] for sent in recorded]
    raw = connection.pgconn
    raw.enter_pipeline_mode()
    began = perf_counter()
    for statements in ready:
        raw.send_query_params(b"BEGIN", None)
        for name, values, formats in statements:
            raw.send_query_prepared(name, values, formats)
        raw.send_query_params(b"COMMIT", None)
        raw.pipeline_sync()
        _check_all(raw, len(statements) + 2)
    elapsed = perf_counter() - began
    connection.close()
    return elapsed


def _ready(
    connection: psycopg.Connection,
    names: dict[tuple[str, tuple[int, ...]], bytes],
    text: str,
    parameters: dict[str, Any],
) -> tuple[bytes, list[Any], tuple[int, ...]]:
    order: list[str] = []
    plain = text
    for name in parameters:
        if f"%({name})b" in plain:
            order.append(name)
            plain = plain.replace(f"%({name})b", f"${len(order)}")
    transformer = Transformer(connection)
    values = list(transformer.dump_sequence([parameters[name] for name in order], [PyFormat.BINARY] * len(order)))
    types = transformer.types or ()
    prepared = names.get((plain, types))
    if prepared is None:
        prepared = names[plain, types] = f"bound_{len(names)}".encode()
        _check(connection.pgconn.prepare(prepared, plain.encode(), types))
    return prepared, values, tuple(1 for _ in order)


def _check_all(raw: psycopg.pq.abc.PGconn, statements: int) -> None:
    """Read what the statements of a pipeline gave, each ended by None, and the sync after them."""
    for _ in range(statements):
        while (result := raw.get_result()) is not None:
            _check(result)
    raw.get_result()


def _check(result: psycopg.pq.abc.PGresult) -> None:
    if result.status not in (psycopg.pq.ExecStatus.COMMAND_OK, psycopg.pq.ExecStatus.TUPLES_OK):
        raise RuntimeError(result.error_message.decode(errors="replace"))
