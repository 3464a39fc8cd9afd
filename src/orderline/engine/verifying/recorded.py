"""Fold the journal of each record and compare: the hashes, the document, and the columns it is found by."""

import hashlib
from typing import Any, Final

import msgspec
import psycopg

from orderline.core.record_kinds import KINDS
from orderline.core.records import Record, RecordKey
from orderline.engine.sealing import RecordEntry
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.posted import check_postings, postings_of_records, rows_of_record
from orderline.engine.verifying.report import Tally
from orderline.store.queries import query
from orderline.store.rows import record_row

AT_ONCE: Final = 500
_BROKEN: Final = (AssertionError, AttributeError, LookupError, TypeError, ValueError, msgspec.MsgspecError)
_entries = msgspec.json.Decoder(RecordEntry)

Row = tuple[Any, ...]


def check_records(connection: psycopg.Connection, cell: int, tally: Tally) -> None:
    """Check all records, some hundred at a time; entries that belong to none are a fault too."""
    tally.checked(Invariant.RECORDS, 0)
    after: RecordKey = ("", "")
    while True:
        rows = _rows(connection, "records_after", cell, after, most=AT_ONCE)
        last = (rows[-1][0], rows[-1][1]) if len(rows) == AT_ONCE else (None, None)
        journal = _rows(connection, "record_journal_between", cell, after, last_kind=last[0], last_id=last[1])
        postings = postings_of_records(connection, cell, after, last)
        entries: dict[RecordKey, list[Row]] = {}
        for entry in journal:
            entries.setdefault((entry[0], entry[1]), []).append(entry)
        for row in rows:
            tally.checked(Invariant.RECORDS)
            told: list[Row] = []
            fault = _fault_of(row, entries.pop((row[0], row[1]), []), told)
            if fault:
                tally.fault(Invariant.RECORDS, f"{row[0]} {row[1]}: {fault}")
            check_postings(f"{row[0]} {row[1]}", told, postings.pop((row[0], row[1]), []), tally)
        for kind, id_ in postings:
            tally.fault(Invariant.POSTINGS, f"the ledger has postings of the {kind} {id_}, which does not exist")
        for kind, id_ in entries:
            tally.fault(Invariant.RECORDS, f"{kind} {id_}: there are journal entries of it, and no record")
        if last[0] is None:
            return
        after = (rows[-1][0], rows[-1][1])


def _rows(connection: psycopg.Connection, name: str, cell: int, after: RecordKey, **more: Any) -> list[Row]:
    parameters = {"cell": cell, "kind": after[0], "id": after[1], **more}
    return connection.execute(query("records", name), parameters, binary=True).fetchall()


def _fault_of(row: Row, entries: list[Row], postings: list[Row]) -> str:
    """What is wrong with a record; nothing, as a rule. postings: takes what its entries post."""
    key: RecordKey = (row[0], row[1])
    kind = KINDS.get(key[0])
    if kind is None:
        return "there is no such kind"
    record: Record | None = None
    previous = ""
    for expected, (_, _, seq, recorded_at, body, digest) in enumerate(entries, 1):
        if hashlib.sha256(previous.encode() + body.encode()).digest() != bytes(digest):
            return f"entry {seq} does not have the hash of its body and the one before"
        previous = bytes(digest).hex()
        try:
            entry = _entries.decode(body)
            if (entry.kind, entry.id, entry.seq, entry.at) != (*key, seq, recorded_at) or seq != expected:
                return f"entry {seq} is about something else than its row says, or out of turn"
            postings.extend(rows_of_record(entry))
            for event in entry.events:
                record = kind.evolve(record, msgspec.convert(event, kind.events))
        except _BROKEN as error:
            return f"entry {seq} can't be applied: {type(error).__name__}: {error}"
    if record is None:
        return "its journal tells nothing"
    told = record_row(kind, key, msgspec.structs.replace(record, version=len(entries), chain=previous))
    return "" if told == row else f"stands as {str(row)[:200]}, the journal tells {str(told)[:200]}"
