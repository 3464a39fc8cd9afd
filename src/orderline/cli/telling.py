"""In what language events are told: English at a terminal; pages give the one that they are read in."""

from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from typing import Any, Protocol

from orderline.cli import plain as own


class Words(Protocol):
    """What says texts. A text is whole, with places `%(name)s` for what is filled in."""

    def say(self, text: str, /, **places: Any) -> str:
        """The text with its places filled in."""
        ...

    def ngettext(self, one: str, many: str, number: int, /, **places: Any) -> str:
        """The form of a text that goes with a number, which stands at `%(num)s`."""
        ...

    def number(self, number: int) -> str: ...

    def amount(self, minor: int, currency: str) -> str: ...

    def instant(self, at: datetime | None) -> str:
        """A day and a time, in UTC, as it says."""
        ...

    def day(self, at: datetime) -> str: ...

    def plain(self, code: str) -> str:
        """A code as words."""
        ...

    def code(self, code: str) -> str:
        """A code, a reason or a name as it stands, or as the language has a word for it."""
        ...


class English:
    """The language that texts are written in."""

    def say(self, text: str, /, **places: Any) -> str:
        return text % places

    def ngettext(self, one: str, many: str, number: int, /, **places: Any) -> str:
        return (one if number == 1 else many) % {"num": f"{number:,}", **places}

    def number(self, number: int) -> str:
        return f"{number:,}"

    def amount(self, minor: int, currency: str) -> str:
        return own.amount(minor, currency)

    def instant(self, at: datetime | None) -> str:
        return own.instant(at)

    def day(self, at: datetime) -> str:
        return f"{at:%Y-%m-%d}"

    def plain(self, code: str) -> str:
        return own.plain(code)

    def code(self, code: str) -> str:
        return code


ENGLISH: Words = English()


def units(words: Words, number: int) -> str:
    """`3 units`."""
    return words.ngettext("%(num)s unit", "%(num)s units", number)


def lines(words: Words, numbers: Iterable[int]) -> str:
    """`line 1`, `lines 1, 2`."""
    named = tuple(map(str, numbers))
    return words.ngettext("line %(lines)s", "lines %(lines)s", len(named), lines=", ".join(named))


def both(words: Words, names: Iterable[str]) -> str:
    """`one and another`."""
    return reduce(lambda one, other: words.say("%(one)s and %(other)s", one=one, other=other), names)


def with_reason(words: Words, told: str, reason: str) -> str:
    """The text and, where somebody gave one, the reason in their own words."""
    return f"{told}: {words.code(reason)}" if reason else told


def with_before(words: Words, told: str, before: str, after: str) -> str:
    """The text and, where it is known and was another, what stood before."""
    return words.say("%(what)s (before: %(before)s)", what=told, before=before) if before not in ("", after) else told
