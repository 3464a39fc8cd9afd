"""What two versions of a policy say differently, field by field; comments and layout do not matter."""

from collections.abc import Iterator
from typing import Any, cast

import msgspec

from orderline.core.policies.documents import parse_document


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """A field that differs. A thing of a list that has a name is found by it, wherever it stands."""

    field: str
    before: Any = None
    after: Any = None


def compare(before: str, after: str) -> list[Change]:
    """The changes from one text to another, in the order of the fields. Refused POLICY_MALFORMED."""
    return list(_changes("", parse_document(before).values, parse_document(after).values))


def _changes(path: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        old, new = cast("dict[str, Any]", before), cast("dict[str, Any]", after)
        for name in dict.fromkeys([*old, *new]):
            yield from _changes(f"{path}.{name}" if path else name, old.get(name), new.get(name))
        return
    olds, news = _tables(before), _tables(after)
    if olds is not None and news is not None and (olds or news):
        old_by = {_name(at, each): each for at, each in enumerate(olds)}
        new_by = {_name(at, each): each for at, each in enumerate(news)}
        if old_by.keys() == new_by.keys() and list(old_by) != list(new_by):
            yield Change(f"{path}.order", list(old_by), list(new_by))
        for name in dict.fromkeys([*old_by, *new_by]):
            yield from _changes(f"{path}[{name}]", old_by.get(name), new_by.get(name))
        return
    if before != after:
        yield Change(path, msgspec.to_builtins(before), msgspec.to_builtins(after))


def _tables(value: Any) -> list[dict[str, Any]] | None:
    """The tables of an array of tables; none of what is not there; None: it is something else."""
    if value is None:
        return []
    items = cast("list[Any]", value) if isinstance(value, list) else None
    if items is None or not all(isinstance(each, dict) for each in items):
        return None
    return items


def _name(at: int, table: dict[str, Any]) -> str:
    return str(table.get("name", at))
