"""Records read: one, many of a kind, and what has happened to one."""

from collections.abc import Sequence
from typing import Any

import msgspec

from orderline.store.loading import decode_record
from orderline.store.reading.source import Source


def load_records(
    source: Source, kind: str, *, states: Sequence[str] = (), subjects: Sequence[str] = (), after: str = "", most: int
) -> list[Any]:
    """Records of a kind by id, after one; of all states and subjects, when none are named."""
    rows = source.rows(
        "records",
        "records",
        kind=kind,
        after=after,
        states=list(states) or None,
        subjects=list(subjects) or None,
        most=most,
    )
    return [decode_record(kind, body) for (body,) in rows]


def load_record(source: Source, kind: str, id_: str) -> Any | None:
    """A record; None when there is none."""
    rows = source.rows("records", "record", kind=kind, id=id_)
    return decode_record(kind, rows[0][0]) if rows else None


def load_entries(source: Source, kind: str, id_: str) -> list[msgspec.Raw]:
    """The journal entries of a record, the first first, as they were written."""
    return [msgspec.Raw(body.encode()) for (body,) in source.rows("records", "record_entries", kind=kind, id=id_)]
