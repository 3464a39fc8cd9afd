"""Answers that were given before, by the key that the caller has for its intention."""

from orderline.store.reading.source import Source


def load_answer(source: Source, key: str) -> tuple[bytes, bytes] | None:
    """(hash of what was asked, answer); None: nothing was answered under the key."""
    rows = source.rows("commands", "find_answers", keys=[key])
    return (bytes(rows[0][1]), str(rows[0][2]).encode()) if rows else None
