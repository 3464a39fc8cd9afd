"""A document written into a text in TOML: what it says otherwise is changed, comments and layout of the rest stay."""

import tomllib
from collections.abc import Mapping
from typing import Any, cast

import msgspec
import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Table

from orderline.core.policies.documents import parse_document


def values_of(text: str) -> dict[str, Any]:
    """What a text says, in words of JSON: instants are ISO 8601 texts. Refused POLICY_MALFORMED."""
    return msgspec.to_builtins(parse_document(text).values)


def write_into(text: str, document: Mapping[str, Any]) -> str:
    """The text, changed so that it says what the document does. Refused POLICY_MALFORMED: the text is no TOML.

    A thing of a list that stays as it is keeps its comments wherever it goes; what is None is left out.
    """
    wanted = _bare(document)
    if values_of(text) == wanted:
        return text
    made = _changed(text, wanted)
    # Layouts there are of more kinds than a library can keep: what is said comes first.
    return made if _says(made, wanted) else tomlkit.dumps(wanted)


def _changed(text: str, wanted: dict[str, Any]) -> str:
    try:
        made = tomlkit.parse(text)
        _change(made, wanted)
        return made.as_string()
    except (TOMLKitError, ValueError, TypeError, KeyError, IndexError):  # it can't be changed where it stands
        return ""


def _says(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return msgspec.to_builtins(tomllib.loads(text)) == wanted
    except tomllib.TOMLDecodeError:
        return False


def _change(table: Any, wanted: Mapping[str, Any]) -> None:
    """Have a table say what is wanted."""
    for name in [each for each in table if each not in wanted]:
        del table[name]
    for name, value in wanted.items():
        if name not in table:
            table[name] = _item(value)
        elif _plain(table[name]) == value:
            continue
        elif isinstance(table[name], AoT) and _are_tables(value):
            table[name] = _tables(table[name], value)
        elif isinstance(table[name], Mapping) and isinstance(value, dict):
            _change(table[name], cast("dict[str, Any]", value))
        else:
            table[name] = _item(value)


def _tables(before: AoT, wanted: list[dict[str, Any]]) -> Any:
    """An array of tables anew: those that are wanted as they are, else what stands at the place is changed."""
    left: dict[int, Table] = dict(enumerate(before.body))
    known = {at: _plain(each) for at, each in left.items()}
    same: list[int | None] = []
    for each in wanted:
        at = next((at for at in left if at not in same and known[at] == each), None)
        same.append(at)
    if len(wanted) == len(left) and all(found in (None, at) for at, found in enumerate(same)):
        for at, each in enumerate(wanted):
            _change(left[at], each)
        return before
    made: Any = tomlkit.aot()
    for at, (each, found) in enumerate(zip(wanted, same, strict=True)):
        if found is not None:
            made.append(left[found])
        elif at in left and at not in same:
            _change(left[at], each)
            made.append(left[at])
        else:
            made.append(_item(each))
    return made


def _item(value: Any) -> Any:
    """A value as it is written where none stood: lists of tables under headers of their own."""
    return cast("Any", tomlkit).item(value)


def _plain(item: Any) -> Any:
    return msgspec.to_builtins(item.unwrap() if hasattr(item, "unwrap") else item)


def _are_tables(value: Any) -> bool:
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return bool(items) and all(isinstance(each, dict) for each in items)


def _bare(value: Any) -> Any:
    """Without what is None."""
    if isinstance(value, Mapping):
        named = cast("Mapping[str, Any]", value)
        return {name: _bare(each) for name, each in named.items() if each is not None}
    return [_bare(each) for each in cast("list[Any]", value)] if isinstance(value, list) else value
