"""Where each key and value of a TOML text stands: `tomllib` gives the values, this their lines and columns.

The text is known to be valid TOML; whatever is not understood here merely has no place.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

Path = tuple[str | int, ...]


class Spot(NamedTuple):
    """A place in a text, both counted from 1."""

    line: int
    column: int


class Places(NamedTuple):
    """By path: where a key stands, and where its value begins (inside of its quotes, of a text on one line)."""

    keys: Mapping[Path, Spot]
    values: Mapping[Path, Spot]

    def key(self, path: Path) -> Spot:
        """Where a key stands; of one that is not there, the nearest thing around it."""
        return self._around(self.keys, path)

    def value(self, path: Path) -> Spot:
        """Where a value begins."""
        return self._around(self.values, path)

    def _around(self, spots: Mapping[Path, Spot], path: Path) -> Spot:
        while path:
            found = spots.get(path) or self.keys.get(path) or self.values.get(path)
            if found is not None:
                return found
            path = path[:-1]
        return Spot(1, 1)


_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_BLANK: Final = re.compile(r"[ \t]*")
_SPACE: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR: Final = re.compile(r"[^,\]\}\n#]+")
_QUOTES: Final = ('"""', "'''", '"', "'")


def find_places(text: str) -> Places:
    """The places of all keys and values, arrays of tables counted from 0."""
    reader = _Reader(text)
    reader.read()
    return Places(reader.keys, reader.values)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.keys: dict[Path, Spot] = {}
        self.values: dict[Path, Spot] = {}
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.counts: dict[Path, int] = {}

    def read(self) -> None:
        table: Path = ()
        self._skip(_SPACE)
        while self.at < len(self.text):
            if self.text.startswith("[", self.at):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_SPACE)

    def _header(self) -> Path:
        double = self.text.startswith("[[", self.at)
        self.at += 2 if double else 1
        begin = self.at
        names = [name for name, _ in self._key()]
        self.at += 2 if double else 1
        path: Path = ()
        for index, name in enumerate(names):
            path = (*path, name)
            if double and index == len(names) - 1:
                self.counts[path] = self.counts.get(path, -1) + 1
                path = (*path, self.counts[path])
            elif path in self.counts:
                path = (*path, self.counts[path])
        self.keys[path] = self._spot(begin)
        self.keys.setdefault(path[:-1] if double else path, self._spot(begin))
        return path

    def _pair(self, table: Path) -> None:
        path = table
        for name, at in self._key():
            path = (*path, name)
            self.keys.setdefault(path, self._spot(at))
        self._skip(_BLANK)
        self.at += 1  # the equals sign
        self._skip(_BLANK)
        self._value(path)

    def _key(self) -> list[tuple[str, int]]:
        names: list[tuple[str, int]] = []
        while True:
            self._skip(_BLANK)
            begin = self.at
            bare = _BARE.match(self.text, self.at)
            if bare is not None:
                self.at = bare.end()
                names.append((bare.group(), begin))
            else:
                names.append((self._quoted(), begin))
            self._skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return names
            self.at += 1

    def _value(self, path: Path) -> None:
        begin = self.at
        here = self.text[self.at : self.at + 1]
        if here in ('"', "'"):
            long = self.text.startswith((here * 3), self.at)
            inside = self.at + (3 if long else 1)
            if long and self.text.startswith("\n", inside):
                inside += 1
            self.values[path] = self._spot(inside)
            self._quoted()
        elif here == "[":
            self.values[path] = self._spot(begin)
            self._array(path)
        elif here == "{":
            self.values[path] = self._spot(begin)
            self._inline(path)
        else:
            self.values[path] = self._spot(begin)
            found = _SCALAR.match(self.text, self.at)
            self.at = found.end() if found is not None else self.at + 1

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        self._skip(_SPACE)
        while self.at < len(self.text) and self.text[self.at] != "]":
            self._value((*path, index))
            index += 1
            self._skip(_SPACE)
            if self.text.startswith(",", self.at):
                self.at += 1
                self._skip(_SPACE)
        self.at += 1

    def _inline(self, path: Path) -> None:
        self.at += 1
        self._skip(_SPACE)
        while self.at < len(self.text) and self.text[self.at] != "}":
            self._pair(path)
            self._skip(_SPACE)
            if self.text.startswith(",", self.at):
                self.at += 1
                self._skip(_SPACE)
        self.at += 1

    def _quoted(self) -> str:
        quote = next((each for each in _QUOTES if self.text.startswith(each, self.at)), "")
        if not quote:
            self.at += 1
            return ""
        begin = self.at = self.at + len(quote)
        while self.at < len(self.text) and not self.text.startswith(quote, self.at):
            self.at += 2 if quote[0] == '"' and self.text[self.at] == "\\" else 1
        inside = self.text[begin : self.at]
        self.at += len(quote)
        return inside

    def _skip(self, what: re.Pattern[str]) -> None:
        found = what.match(self.text, self.at)
        if found is not None:
            self.at = found.end()

    def _spot(self, at: int) -> Spot:
        low, high = 0, len(self.starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.starts[middle] <= at else (low, middle)
        return Spot(low + 1, at - self.starts[low] + 1)


def describe(path: Path) -> str:
    """A path as people write it: group[0].rule[2].most_km."""
    told = ""
    for part in path:
        told += f"[{part}]" if isinstance(part, int) else f".{part}" if told else part
    return told


def parse_path(text: str) -> Path:
    """The path that msgspec names in a message: `$.group[0].rule`."""
    parts: list[Any] = []
    for name, index in re.findall(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]", text):
        if name:
            parts.append(name)
        elif index.isdigit():
            parts.append(int(index))
    return tuple(parts)
