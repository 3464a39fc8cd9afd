"""Policy documents: TOML in, typed values out; what is wrong is told with its place and what was expected."""

import re
import tomllib
import types
from collections.abc import Iterable
from difflib import get_close_matches
from enum import Enum
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from orderline.core.policies.places import Path, Places, Spot, describe, find_places, parse_path
from orderline.core.policies.refusals import PolicyRefusal as R
from orderline.values.failures import Refused

T = TypeVar("T")

MOST_CHARACTERS: Final = 200_000
MOST_FAULTS: Final = 20
_DEEPEST: Final = 100
_PART: Final = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
_DEEP_KEY: Final = re.compile(rf"(?<![A-Za-z0-9_-])(?:{_PART}[ \t]*+\.[ \t]*+){{{_DEEPEST}}}")
# No longer number is read, by anybody: it takes the square of its length.
_LONG_NUMBER: Final = re.compile(r"(?<![0-9_])[0-9](?:_?[0-9]){4299,}")


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wrong at a place of a document; line and column count from 1.

    at: the path of the field. nearest: names that were perhaps meant.
    """

    line: int
    column: int
    at: str
    message: str
    expected: str = ""
    nearest: tuple[str, ...] = ()

    def __str__(self) -> str:
        told = f"line {self.line}, column {self.column}: {self.message}"
        if self.expected:
            told += f"; expected {self.expected}"
        if self.nearest:
            told += f"; did you mean {' or '.join(self.nearest)}?"
        return told


class Document(msgspec.Struct, frozen=True):
    """A TOML text, its values, and where they stand."""

    text: str
    values: dict[str, Any]
    places: Places

    def fault(
        self, path: Path, message: str, *, expected: str = "", nearest: tuple[str, ...] = (), key: bool = False
    ) -> Fault:
        """A fault at a value, or at its key."""
        spot = self.places.key(path) if key else self.places.value(path)
        return Fault(spot.line, spot.column, describe(path), message, expected, nearest)

    def fault_inside(self, path: Path, line: int, column: int, message: str, expected: str = "") -> Fault:
        """A fault in a text that is a value itself, by its line and column in there."""
        start = self.places.value(path)
        spot = Spot(start.line + line - 1, column if line > 1 else start.column + column - 1)
        return Fault(spot.line, spot.column, describe(path), message, expected)


def refuse(faults: list[Fault]) -> Refused:
    """The refusal that tells all faults."""
    told = faults[:MOST_FAULTS]
    return Refused(
        R.POLICY_INVALID,
        field=told[0].at,
        value=str(told[0]),
        line=told[0].line,
        column=told[0].column,
        faults=msgspec.json.decode(msgspec.json.encode(told)),
    )


def parse_document(text: str) -> Document:
    """Read a TOML text. Refused POLICY_MALFORMED: it is none, with line and column."""
    if len(text) > MOST_CHARACTERS:
        raise Refused(R.POLICY_MALFORMED, field="text", value=len(text), allowed=f"{MOST_CHARACTERS} characters")
    _check_keys(text)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        place = re.search(r"\(at (?:line (\d+), column (\d+)|end of document)\)", str(wrong))
        lines = text.split("\n")
        line, column = len(lines), len(lines[-1]) + 1
        if place is not None and place.group(1):
            line, column = int(place.group(1)), int(place.group(2))
        raise _malformed(Fault(line, column, "", re.sub(r" \(at .*", "", str(wrong)), "TOML")) from None
    except RecursionError:
        raise _malformed(_too_deep(text)) from None
    except ValueError:
        line, column = _at(text, _LONG_NUMBER)
        raise _malformed(Fault(line, column, "", "a number that is too long", "at most 4,300 digits")) from None
    document = Document(text, values, find_places(text))
    if (path := _too_large((), values)) is not None:
        raise _malformed(document.fault(path, "a number that is too large", expected="a number of 64 bits"))
    return document


def _check_keys(text: str) -> None:
    """Refused POLICY_MALFORMED: a key of so many parts that reading them would take minutes."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") >= _DEEPEST and (found := _DEEP_KEY.search(line)):
            deep = Fault(number, found.start() + 1, "", "a key of too many parts", f"at most {_DEEPEST} levels")
            raise _malformed(deep)


def _too_large(path: Path, value: Any) -> Path | None:
    """The place of a whole number that TOML does not promise, and JSON and CEL do not know."""
    if isinstance(value, int):
        return None if -(2**63) <= value < 2**63 else path
    inside: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        inside = cast(dict[str, Any], value).items()
    elif isinstance(value, list):
        inside = enumerate(cast(list[Any], value))
    return next((found for part, each in inside if (found := _too_large((*path, part), each)) is not None), None)


def _at(text: str, pattern: re.Pattern[str]) -> tuple[int, int]:
    """Line and column of a pattern; the beginning, where there is none."""
    for number, line in enumerate(text.split("\n"), 1):
        if found := pattern.search(line):
            return number, found.start() + 1
    return 1, 1


def _malformed(fault: Fault) -> Refused:
    return Refused(
        R.POLICY_MALFORMED, field="text", value=str(fault), line=fault.line, column=fault.column,
        faults=msgspec.json.decode(msgspec.json.encode([fault])),
    )  # fmt: skip


def _too_deep(text: str) -> Fault:
    """Where brackets stand in one another as no policy needs it."""
    depth = 0
    for line, content in enumerate(text.split("\n"), 1):
        for column, character in enumerate(content, 1):
            depth += (character in "[{") - (character in "]}")
            if depth > _DEEPEST:
                return Fault(line, column, "", "nested too deeply", f"at most {_DEEPEST} levels")
    return Fault(1, 1, "", "nested too deeply", f"at most {_DEEPEST} levels")


def convert(document: Document, type_: type[T]) -> T:
    """The values of a document as a type. Refused POLICY_INVALID: unknown field, wrong type, unknown word."""
    try:
        return msgspec.convert(document.values, type_, strict=True)
    except msgspec.ValidationError as wrong:
        raise refuse([_fault_of(document, type_, str(wrong))]) from None


def nearest_to(name: str, known: Any) -> tuple[str, ...]:
    """Known names that look like one."""
    return tuple(get_close_matches(name, [str(each) for each in known], n=3))


def _fault_of(document: Document, type_: Any, told: str) -> Fault:
    message, _, where = told.partition(" - at `")
    path = parse_path(where.rstrip("`"))
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", message)
    if unknown is not None:
        name = unknown.group(1)
        fields = _fields_at(document, type_, path)
        path = (*path, name)
        return document.fault(
            path, f"unknown field `{name}`", expected="one of " + ", ".join(fields), nearest=nearest_to(name, fields),
            key=True,
        )  # fmt: skip
    missing = re.fullmatch(r"Object missing required field `(.*)`", message)
    if missing is not None:
        return document.fault(path, f"field `{missing.group(1)}` is missing", expected=missing.group(1), key=True)
    word = re.fullmatch(r"Invalid enum value (.*)", message)
    if word is not None:
        words = [f"{each.value}" for each in _enum_at(document, type_, path)]
        value = word.group(1).strip("'\"")
        return document.fault(
            path,
            f"unknown word {word.group(1)}",
            expected="one of " + ", ".join(words),
            nearest=nearest_to(value, words),
        )
    wanted = re.fullmatch(r"Expected `(.*)`, got `(.*)`", message)
    if wanted is not None:
        return document.fault(path, f"`{wanted.group(2)}` is not possible here", expected=wanted.group(1))
    limit = re.fullmatch(r"Expected `(.*)` (.*)", message)
    if limit is not None:
        return document.fault(path, "out of bounds", expected=f"{limit.group(1)} {limit.group(2)}")
    return document.fault(path, message)


def _fields_at(document: Document, type_: Any, path: Path) -> list[str]:
    found = _types_at(document, type_, path)
    return sorted(
        {
            field.encode_name
            for each in found
            if isinstance(each, type) and issubclass(each, msgspec.Struct)
            for field in msgspec.structs.fields(each)
        }
    )


def _enum_at(document: Document, type_: Any, path: Path) -> list[Enum]:
    return [
        member
        for each in _types_at(document, type_, path)
        if isinstance(each, type) and issubclass(each, Enum)
        for member in each
    ]


def _types_at(document: Document, type_: Any, path: Path) -> list[Any]:
    """What may stand at a path."""
    types_ = _choices(type_)
    for part in path:
        after: list[Any] = []
        for each in types_:
            if isinstance(part, int):
                after += [choice for arg in get_args(each) if arg is not Ellipsis for choice in _choices(arg)]
            elif isinstance(each, type) and issubclass(each, msgspec.Struct):
                hints = get_type_hints(each)
                name = next((f.name for f in msgspec.structs.fields(each) if f.encode_name == part), None)
                if name is not None:
                    after += _choices(hints[name])
            elif get_origin(each) is dict:
                after += _choices(get_args(each)[1])
        types_ = after
    return types_


def _choices(type_: Any) -> list[Any]:
    origin: Any = get_origin(type_)
    if origin is Union or origin is types.UnionType:
        return [choice for arg in get_args(type_) for choice in _choices(arg)]
    return [type_]
