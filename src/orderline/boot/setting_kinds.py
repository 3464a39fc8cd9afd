"""What a setting may hold: how it is read from text, and how that is said to a person."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec


class Kind(msgspec.Struct, frozen=True):
    """A type of setting. parse: ValueError when the text is not `expected`."""

    name: str
    expected: str
    parse: Callable[[str], Any]


def _switch(text: str) -> bool:
    if text.lower() in ("on", "true", "yes", "1"):
        return True
    if text.lower() in ("off", "false", "no", "0"):
        return False
    raise ValueError(text)


def _path(text: str) -> Path:
    if "\0" in text:
        raise ValueError(text)
    return Path(text).expanduser().absolute()


def whole(low: int, high: int) -> Kind:
    """Whole numbers from `low` to `high`."""

    def parse(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return Kind("whole number", f"a whole number from {low} to {high}", parse)


def choice(*allowed: str) -> Kind:
    """One of some words."""

    def parse(text: str) -> str:
        if text.lower() not in allowed:
            raise ValueError(text)
        return text.lower()

    return Kind("choice", f"one of {', '.join(allowed)}", parse)


def _names(text: str) -> tuple[str, ...]:
    return tuple(each for each in (part.strip() for part in text.split(",")) if each)


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    pairs = [tuple(part.strip() for part in each.rpartition("=")[::2]) for each in _names(text)]
    if not all(left and right for left, right in pairs):
        raise ValueError(text)
    return tuple((left, right) for left, right in pairs)


TEXT: Final = Kind("text", "a text", str)
PATH: Final = Kind("folder", "the path of a folder", _path)
NAMES: Final = Kind("names", "names with commas between", _names)
PAIRS: Final = Kind("pairs", "pairs such as `group=role`, with commas between", _pairs)
SWITCH: Final = Kind("switch", "on or off", _switch)
