"""Events told in the language of a page."""

from datetime import datetime
from functools import cache
from typing import Any, Final

from orderline.cli.telling import ENGLISH, Words
from orderline.console.languages import OWN, Language
from orderline.console.reasons import reason_in

# They stand around what is filled in, so that names of another direction of writing do not turn the sentence around.
_ISOLATE, _END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


@cache
def words_of(spoken: Language) -> Words:
    """What tells in the language."""
    if spoken.code == OWN:
        return ENGLISH
    return _Isolated(spoken) if spoken.direction == "rtl" else _Spoken(spoken)


class _Spoken:
    def __init__(self, spoken: Language) -> None:
        self._spoken: Final = spoken

    def say(self, text: str, /, **places: Any) -> str:
        return self._spoken.gettext(text, **places)

    def ngettext(self, one: str, many: str, number: int, /, **places: Any) -> str:
        return self._spoken.ngettext(one, many, number, **places)

    def number(self, number: int) -> str:
        return self._spoken.number(number)

    def amount(self, minor: int, currency: str) -> str:
        return self._spoken.figure(minor, currency)

    def instant(self, at: datetime | None) -> str:
        return f"{self._spoken.instant(at)} UTC" if at is not None else ""

    def day(self, at: datetime) -> str:
        return self._spoken.date(at)

    def plain(self, code: str) -> str:
        return self._spoken.plain(code)

    def code(self, code: str) -> str:
        return reason_in(self._spoken, code)


class _Isolated(_Spoken):
    """Of a language that is written from the right."""

    def say(self, text: str, /, **places: Any) -> str:
        return super().say(text, **_isolated(places))

    def ngettext(self, one: str, many: str, number: int, /, **places: Any) -> str:
        return super().ngettext(one, many, number, **_isolated(places))


def _isolated(places: dict[str, Any]) -> dict[str, str]:
    return {name: f"{_ISOLATE}{value}{_END}" for name, value in places.items()}
