"""The languages of pages: which one somebody reads, its words from `locale/`, and dates and amounts as it writes them."""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import Any, Final, Literal

from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, get_decimal_symbol
from markupsafe import Markup

from orderline.values.money import Money

# The language that texts are written in, and those that they are translated to.
OWN: Final = "en"
LANGUAGES: Final = ("en", "ar", "de", "es", "fr", "hi", "pt")
# For whom a text is: the merchant's customers, or those who work there. Each has files of its own.
CUSTOMERS: Final = "customers"
STAFF: Final = "staff"
COOKIE: Final = "orderline_language"
_ALIKE: Final = 1_000  # whole numbers below it are written in the same way in all languages
_KEPT_S: Final = 365 * 24 * 3600
_DAY: Final = "yMMMEd"
_UNITS: Final[tuple[tuple[int, Literal["day", "hour", "minute"], str], ...]] = (
    (86400, "day", "d"),
    (3600, "hour", "h"),
    (60, "minute", "min"),
)


class Language:
    """code: ISO 639-1. readers: for whom texts are. direction: "ltr" or "rtl". What is not translated stays in English."""

    def __init__(self, code: str, readers: str) -> None:
        self.code = code
        self.locale = Locale(code)
        self.direction = self.locale.text_direction
        self._words = _words(code, readers)
        self._point = get_decimal_symbol(self.locale)

    def gettext(self, text: str, /, **places: Any) -> str:
        """The text in this language. places: what is filled in."""
        said = self._words.gettext(text) if text else ""
        return said % places if places else said

    def ngettext(self, one: str, many: str, number: int, /, **places: Any) -> str:
        """The form of the text that goes with the number, which stands at `%(num)s`."""
        return self._words.ngettext(one, many, number) % {"num": self.number(number), **places}

    def day(self, at: str | None) -> str:
        """`Fri, Mar 6, 2026`, of an ISO 8601 text."""
        return format_skeleton(_DAY, datetime.fromisoformat(at), locale=self.locale) if at else ""

    def amount(self, minor: int, currency: str) -> str:
        """The amount as it is written here, with as many decimals as the currency has."""
        number = str(Money(minor, currency)).rpartition(" ")[0]
        return format_currency(number, currency, locale=self.locale, currency_digits=True)

    def figure(self, minor: int, currency: str) -> str:
        """`1,234.56 EUR`: an amount in a column of others, by the code of its currency."""
        number, _, code = str(Money(minor, currency)).rpartition(" ")
        whole, _, decimals = number.lstrip("-").partition(".")
        said = self.number(int(whole)) + (self._point + decimals if decimals else "")
        mark = "\N{LEFT-TO-RIGHT MARK}" if self.direction == "rtl" else ""
        return f"{mark}\N{MINUS SIGN}{said} {code}" if minor < 0 else f"{said} {code}"

    def number(self, number: int) -> str:
        """`12,345`."""
        return str(number) if 0 <= number < _ALIKE else _number(self.code, number)

    def decimal(self, number: float) -> str:
        """`12,345.6`."""
        return format_decimal(number, format="#,##0.0", locale=self.locale)

    def date(self, at: str | datetime | None) -> str:
        """A day in a column of others, of an ISO 8601 text, in UTC; English, which many countries read, has the year first."""
        if not at:
            return ""
        when = at if isinstance(at, datetime) else datetime.fromisoformat(at)
        return _date(self.code, (when.astimezone(UTC) if when.tzinfo else when).date())

    def instant(self, at: str | datetime | None) -> str:
        """The day and the time, of an ISO 8601 text, in UTC."""
        if not at:
            return ""
        when = (at if isinstance(at, datetime) else datetime.fromisoformat(at)).astimezone(UTC)
        return f"{_date(self.code, when.date())} {when.hour:02}:{when.minute:02}"

    def plain(self, code: str) -> str:
        """A code in words: `partly_shipped` as `partly shipped`."""
        return self.gettext(code.replace("_", " "))

    def weekday(self, at: datetime) -> str:
        """`Friday`."""
        return format_date(at, "EEEE", locale=self.locale)

    def until(self, at: str | None, now: datetime) -> str:
        """`in 3 h`, `2 d ago`: how far an instant is away."""
        if not at:
            return ""
        away = datetime.fromisoformat(at) - now
        said = self._length(away, told=True)
        return said if self.code != OWN else f"in {said}" if away > timedelta() else f"{said} ago"

    def since(self, at: str | None, now: datetime) -> str:
        """`3 h`: how long ago an instant was."""
        return self._length(now - datetime.fromisoformat(at), told=False) if at else ""

    def country(self, code: str) -> str:
        """The name of a country."""
        return self.locale.territories.get(code, code)

    def template(self) -> dict[str, Any]:
        """What a template is given of it. `_` gives text, the others what `trans` puts into the page as it is."""
        return {
            "_": self.gettext, "gettext": self._marked, "ngettext": self._marked_many, "language": self,
            "day": self.day, "money": self.amount, "country_name": self.country,
        }  # fmt: skip

    def _length(self, away: timedelta, *, told: bool) -> str:
        """A length of time in its largest unit. told: with the word for before or ahead, where the language is not our own."""
        size = int(abs(away).total_seconds())
        seconds, unit, short = next((each for each in _UNITS if size >= each[0]), _UNITS[-1])
        number = max(size // seconds, 1)
        if self.code == OWN:
            return f"{number} {short}"
        length = timedelta(seconds=number * seconds * (1 if away > timedelta() else -1))
        return format_timedelta(
            length if told else abs(length), granularity=unit, threshold=math.inf, add_direction=told, format="short",
            locale=self.locale,
        )  # fmt: skip

    def _marked(self, text: str, /, **places: Any) -> str:
        return Markup(self._words.gettext(text)) % places  # noqa: S704 - ours; what is filled in is escaped

    def _marked_many(self, one: str, many: str, number: int, /, **places: Any) -> str:
        said = Markup(self._words.ngettext(one, many, number))  # noqa: S704
        return said % {**places, "num": self.number(number)}


@lru_cache(10_000)
def _number(code: str, number: int) -> str:
    return format_decimal(number, locale=code)


@lru_cache(10_000)
def _date(code: str, day: date) -> str:
    return day.isoformat() if code == OWN else format_skeleton("yMd", day, locale=code)


@cache
def language(code: str, readers: str = CUSTOMERS) -> Language:
    """One of `LANGUAGES`; our own, for any other."""
    return Language(code if code in LANGUAGES else OWN, readers)


def language_for(asked: str, accepted: str, readers: str = CUSTOMERS) -> Language:
    """The language that was asked for, else the first that the browser accepts and we have (RFC 9110, 12.5.4)."""
    if asked in LANGUAGES:
        return language(asked, readers)
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted[:500].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        code = tag.partition("-")[0].lower()
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if code in LANGUAGES and weight > 0:
            weighed.append((-weight, place, code))
    return language(min(weighed)[2] if weighed else OWN, readers)


def word(text: str) -> str:
    """The text, marked as one that is translated where it is shown."""
    return text


def names() -> Mapping[str, str]:
    """Each language in its own name, by code."""
    return {code: (Locale(code).display_name or code).capitalize() for code in LANGUAGES}


def render_cookie(code: str, *, secure: bool) -> str:
    """The Set-Cookie header by which a browser keeps the language of whoever signed in last; "": that of the browser again."""
    age = _KEPT_S if code else 0
    return f"{COOKIE}={code}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"


def file_of(code: str, readers: str) -> Traversable:
    """The file of a language."""
    return resources.files("orderline.console").joinpath("locale", readers, f"{code}.po")


def _words(code: str, readers: str) -> NullTranslations:
    if code == OWN:
        return NullTranslations()
    compiled = BytesIO()
    with file_of(code, readers).open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    return GNUTranslations(compiled)
