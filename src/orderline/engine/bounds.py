"""The bound: the same rows, by set-based SQL, from arrays that are ready, over one connection.

The engine decides batches and its statements are kept with their parameters already encoded; then only these are
sent, each batch in a transaction with synchronous commit. Nothing is locked, read, decided or encoded.
"""

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer

from orderline.core.orders.commands import PlaceOrder
from orderline.engine.batch import Batch
from orderline.engine.engine import utc_now
from orderline.engine.submissions import Submission
from orderline.store.database import Database
from orderline.store.loading import load_settings
from orderline.values.ids import new_id

BATCH = 50


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
            self.changes.save(recorder, self.cell, self.now, self.before, self.world)  # pyright: ignore[reportArgumentType]
        return recorder.sent


def measure_bound(database: Database, commands: Sequence[PlaceOrder]) -> float:
    """Orders per second that PostgreSQL takes when somebody else has done all the thinking."""
    batches = [
        [Submission(command=command) for command in commands[first : first + BATCH]]
        for first in range(0, len(commands), BATCH)
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
    began = perf_counter()
    for statements in ready:
        _check(raw.exec_(b"BEGIN"))
        for name, values, formats in statements:
            _check(raw.exec_prepared(name, values, formats))
        _check(raw.exec_(b"COMMIT"))
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


def _check(result: psycopg.pq.abc.PGresult) -> None:
    if result.status not in (psycopg.pq.ExecStatus.COMMAND_OK, psycopg.pq.ExecStatus.TUPLES_OK):
        raise RuntimeError(result.error_message.decode(errors="replace"))
