"""Templates, filters, and the files that pages are made with."""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import ChainableUndefined, Environment, PackageLoader, pass_context, select_autoescape
from jinja2.runtime import Context
from markupsafe import Markup

from orderline.console.escaping import Compiler
from orderline.console.forms import label_of
from orderline.console.languages import OWN, STAFF, Language, language, word
from orderline.console.reasons import reason_in
from orderline.console.rights import right_in

STATIC: Final = "/static/"
_OF_DICTS: Final = frozenset(dir(dict))
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[\d.]+(Z|[+-]\d\d:\d\d)$")


class Pages(Environment):
    """As the library's, but for rows of answers, of which pages say much: what stands in one is not looked for beside it first."""

    code_generator_class = Compiler

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The same, without an exception for each value."""
        if type(obj) is dict and attribute in obj and attribute not in _OF_DICTS:
            return obj[attribute]
        return super().getattr(obj, attribute)


@cache
def environment() -> Environment:
    """Templates, everything in them escaped."""
    made = Pages(
        loader=PackageLoader("orderline.console"),
        autoescape=select_autoescape(default=True),
        undefined=ChainableUndefined,  # the API leaves out what has its default
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    # the extension adds it: texts say what is filled in
    made.newstyle_gettext = True  # pyrefly: ignore[missing-attribute]
    # What a language writes in its own way: it is that of the page.
    spoken: dict[str, Callable[..., str | dict[str, Any]]] = {
        "amount": Language.figure, "instant": Language.instant, "day": Language.date, "number": Language.number,
        "until": Language.until, "since": Language.since, "weekday": Language.weekday, "plain": Language.plain, "heading": _heading,
        "label": _label, "decimal": Language.decimal, "reason": reason_in, "right": right_in, "supply": _supply, "said": Language.gettext, "shown": _shown, "bar": _bar,
    }  # fmt: skip
    filters: dict[str, Any] = made.filters
    filters |= {name: _in_language(each) for name, each in spoken.items()}
    filters |= {"count": count, "is_over": is_over, "query": query, "inside": inside}
    known: dict[str, Any] = made.globals
    known |= {"static": static_path, "brand_path": brand_path, "blank": _blank}
    return made


def _in_language(write: Callable[..., Any]) -> Callable[..., Any]:
    @pass_context
    def written(context: Context, *values: Any) -> Any:
        return write(context.get("language") or _own(), *values)

    return written


@pass_context
def _blank(context: Context, template: str, **about: Any) -> Markup:
    """A part with nothing given in it: it is alike on many pages, and is kept. about: all that it is made of, to be hashed."""
    return _kept(template, context.get("language") or _own(), tuple(about.items()))


@lru_cache(maxsize=256)
def _kept(template: str, spoken: Language, about: tuple[tuple[str, Any], ...]) -> Markup:
    # what is escaped, by its own template, as all are
    return Markup(environment().get_template(template).render({**spoken.template(), "given": {}, **dict(about)}))  # noqa: S704


def _own() -> Language:
    return language(OWN, STAFF)


def amount(minor: int, currency: str) -> str:
    """`1,234.56 EUR`, with as many decimals as the currency has."""
    return _own().figure(minor, currency)


def query(given: Mapping[str, Any]) -> str:
    """The query of an address; a list is said value by value, and what is empty not at all."""
    return urlencode({name: value for name, value in given.items() if value not in (None, "", [])}, doseq=True)


def inside(row: Mapping[str, Any], field: str) -> Any:
    """What stands at `party.name`; None: nothing does."""
    value: Any = row
    for part in field.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def is_over(at: str, now: datetime) -> bool:
    """Has the instant passed?"""
    return datetime.fromisoformat(at) < now


def shown(value: Any) -> str:
    """Any value of a record as a person reads it."""
    return _shown(_own(), value)


def _shown(spoken: Language, value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return spoken.gettext(word("yes")) if value else spoken.gettext(word("no"))
        case dict():
            return ", ".join(f"{spoken.plain(str(name))} {_shown(spoken, each)}" for name, each in value.items())
        case list():
            return "; ".join(_shown(spoken, each) for each in value)
        case str() if _INSTANT.match(value):
            return spoken.instant(value)
        case _:
            return str(value)


def _bar(spoken: Language, vector: Mapping[str, int], buckets: Sequence[str]) -> dict[str, Any]:
    """Units by bucket as parts of a bar 100 wide, in the order of `buckets`; told: the same in words."""
    total = sum(vector.values())
    parts: list[dict[str, Any]] = []
    at = 0
    for bucket in buckets:
        units = vector.get(bucket, 0)
        if units:
            x, end = at * 100_00 // total / 100, (at + units) * 100_00 // total / 100
            parts.append({"bucket": bucket, "x": x, "width": round(end - x, 2)})
            at += units
    told = ", ".join(f"{vector[bucket]} {spoken.plain(bucket)}" for bucket in buckets if vector.get(bucket))
    return {"parts": parts, "told": told}


def _heading(spoken: Language, code: str) -> str:
    """As `plain`, above others: its first letter is a capital."""
    said = spoken.plain(code)
    return said[:1].upper() + said[1:]


def _supply(spoken: Language, row: str) -> str:
    """`purchase order PO-7, line 2`, of the id of a row of dated supply."""
    kind, _, rest = row.partition(":")
    number, _, line = rest.rpartition(":")
    if not number:
        return row
    return spoken.gettext("%(kind)s %(number)s, line %(line)s", kind=spoken.plain(kind), number=number, line=line)


def _label(spoken: Language, name: str) -> str:
    """The name of a field as forms say it."""
    return spoken.gettext(label_of(name))


def count(number: int, one: str, many: str = "") -> str:
    """`1 unit`, `2 units`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


@cache
def assets() -> Mapping[str, tuple[bytes, str]]:
    """The files by the address that names their content, with their media type; so that they may be kept for ever."""
    found: dict[str, tuple[bytes, str]] = {}
    for file in resources.files("orderline.console").joinpath("static").iterdir():
        content = file.read_bytes()
        stem, _, suffix = file.name.rpartition(".")
        media = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        found[f"{STATIC}{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"] = (content, media)
    return found


@cache
def compressed(path: str) -> bytes:
    """A file of text as gzip; b"": it is no text, or there is none. Pages themselves are not: they carry what is secret."""
    content, media = assets().get(path, (b"", ""))
    text = media.startswith("text/") or media.endswith(("javascript", "+xml"))
    return gzip.compress(content, mtime=0) if content and text else b""


@cache
def static_path(name: str) -> str:
    """The address of a file. KeyError: there is none."""
    stem, _, suffix = name.rpartition(".")
    for path in assets():
        if path.startswith(f"{STATIC}{stem}.") and path.endswith(f".{suffix}"):
            return path
    raise KeyError(name)


def render(template: str, about: Mapping[str, Any]) -> bytes:
    """A page as UTF-8."""
    return environment().get_template(template).render(about).encode()


def brand_path(color: str) -> str:
    """The address of a sheet that has the color of a shop; empty, when it has none."""
    return f"{STATIC}brand-{color[1:].lower()}.css" if _COLOR.fullmatch(color) else ""


def brand_sheet(path: str) -> tuple[bytes, str] | None:
    """The sheet at an address: the color, and black or white on it, whichever is easier to read (WCAG 2.2, 1.4.3)."""
    found = re.fullmatch(rf"{STATIC}brand-([0-9a-f]{{6}})\.css", path)
    if found is None:
        return None
    color = found.group(1)
    light = luminance(color) > 0.179  # from here on black has the higher contrast
    sheet = f":root {{ --brand: #{color}; --on-brand: {'#000' if light else '#fff'}; }}\n"
    return sheet.encode(), "text/css"


def luminance(color: str) -> float:
    """The relative luminance of `rrggbb`, from 0 to 1 (WCAG 2.2)."""
    parts = (int(color[at : at + 2], 16) / 255 for at in (0, 2, 4))
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
