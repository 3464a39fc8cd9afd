"""Records read: one, many of a kind, and what has happened to one."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec

from orderline.store.loading import decode_record
from orderline.store.reading.source import Source

_BEYOND: Final = 2**31 - 1  # no journal has so many entries


def load_records(
    source: Source,
    kind: str,
    *,
    states: Sequence[str] = (),
    subjects: Sequence[str] = (),
    owners: Sequence[str] = (),
    after: str = "",
    most: int,
) -> list[Any]:
    """Records of a kind by id, after one; of all states, subjects and owners, when none are named."""
    rows = source.rows(
        "records",
        "records",
        kind=kind,
        after=after,
        states=list(states) or None,
        subjects=list(subjects) or None,
        owners=list(owners) or None,
        most=most,
    )
    return [decode_record(kind, body) for (body,) in rows]


def load_record(source: Source, kind: str, id_: str) -> Any | None:
    """A record; None when there is none."""
    rows = source.rows("records", "record", kind=kind, id=id_)
    return decode_record(kind, rows[0][0]) if rows else None


def load_named(source: Source, kind: str, ids: Collection[str]) -> dict[str, Any]:
    """Those of the records that are there, by id, in the order of the ids given."""
    if not ids:
        return {}
    rows = source.rows("records", "records_named", kind=kind, ids=list(ids))
    found = {id_: decode_record(kind, body) for _, id_, body in rows}
    return {id_: found[id_] for id_ in ids if id_ in found}


def load_entries(
    source: Source, kind: str, id_: str, *, place: int | None = None, newest: bool = False, most: int
) -> list[tuple[int, msgspec.Raw]]:
    """Some journal entries of a record with their numbers, as they were written, behind a place; newest: the last first."""
    if newest:
        rows = source.rows("records", "record_entries_before", kind=kind, id=id_, before=place or _BEYOND, most=most)
    else:
        rows = source.rows("records", "record_entries_after", kind=kind, id=id_, after=place or 0, most=most)
    return [(seq, msgspec.Raw(body.encode())) for seq, body in rows]
