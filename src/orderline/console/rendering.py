"""Templates, filters, and the files that pages are made with."""

import hashlib
import mimetypes
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any, Final

from jinja2 import ChainableUndefined, Environment, PackageLoader, select_autoescape

from orderline.values.money import Money

STATIC: Final = "/static/"
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[\d.]+(Z|[+-]\d\d:\d\d)$")


@cache
def environment() -> Environment:
    """Templates, everything in them escaped."""
    made = Environment(
        loader=PackageLoader("orderline.console"),
        autoescape=select_autoescape(default=True),
        undefined=ChainableUndefined,  # the API leaves out what has its default
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "amount": amount,
        "instant": instant,
        "day": day,
        "plain": plain,
        "count": count,
        "until": until,
        "is_over": is_over,
        "bar": bar,
        "shown": shown,
    }
    made.globals |= {"static": static_path}
    return made


def amount(minor: int, currency: str) -> str:
    """`1,234.56 EUR`, with as many decimals as the currency has."""
    number, _, code = str(Money(minor, currency)).rpartition(" ")
    whole, point, decimals = number.partition(".")
    sign = "\N{MINUS SIGN}" if whole.startswith("-") else ""
    return f"{sign}{int(whole.lstrip('-')):,}{point}{decimals} {code}"


def instant(at: str | None) -> str:
    """`2026-03-01 12:04`, of an ISO 8601 text in UTC."""
    return f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M}" if at else ""


def day(at: str | None) -> str:
    """`2026-03-01`, of an ISO 8601 text in UTC."""
    return instant(at)[:10]


def until(at: str | None, now: datetime) -> str:
    """`in 3 h`, `2 d ago`: how far an instant is away."""
    if not at:
        return ""
    away = datetime.fromisoformat(at) - now
    size = abs(away)
    told = (
        f"{size.days} d" if size >= timedelta(days=1) else f"{size.seconds // 3600} h" if size.seconds >= 3600 else ""
    )
    told = told or f"{max(size.seconds // 60, 1)} min"
    return f"in {told}" if away > timedelta() else f"{told} ago"


def is_over(at: str, now: datetime) -> bool:
    """Has the instant passed?"""
    return datetime.fromisoformat(at) < now


def shown(value: Any) -> str:
    """Any value of a record as a person reads it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{plain(str(name))} {shown(each)}" for name, each in value.items())
        case list():
            return "; ".join(map(shown, value))
        case str() if _INSTANT.match(value):
            return instant(value)
        case _:
            return str(value)


def bar(vector: Mapping[str, int], buckets: Sequence[str]) -> dict[str, Any]:
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
    told = ", ".join(f"{vector[bucket]} {bucket}" for bucket in buckets if vector.get(bucket))
    return {"parts": parts, "told": told}


def plain(code: str) -> str:
    """A code as words: `partly_shipped` reads `partly shipped`."""
    return code.replace("_", " ")


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
