"""Pages: opaque cursors, limits, and who may see what."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any, Final, TypeVar

import msgspec

from orderline.api.calls import Answer, Call
from orderline.api.refusals import ApiRefusal
from orderline.engine.readers import Readers
from orderline.store.reading.source import encode
from orderline.values.failures import Refused

T = TypeVar("T")

MOST: Final = 200
Limit = Annotated[int, msgspec.Meta(ge=1, le=MOST, description="How many items at most")]
Cursor = Annotated[str, msgspec.Meta(max_length=500, description="`next` of the page before; its filters must be kept")]
Text = Annotated[str, msgspec.Meta(max_length=200)]
Texts = Annotated[tuple[Text, ...], msgspec.Meta(max_length=50)]


class Page(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every list may be asked with."""

    limit: Limit = 50
    cursor: Cursor = ""


def readers(call: Call[Any, Any]) -> Readers:
    """The reading side."""
    return call.services.reads


def render_cursor(place: Any) -> str | None:
    """A place in a list, as callers carry it; they can't make anything of it."""
    return None if place is None else urlsafe_b64encode(encode(place)).decode().rstrip("=")


def parse_cursor(cursor: str, type_: type[T]) -> T | None:
    """The place in a cursor; None at the beginning. Refused INPUT_INVALID: it is none of this list."""
    if not cursor:
        return None
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        if b"u0000" in text:
            raise ValueError("no text has a NUL")
        return msgspec.json.decode(text, type=type_)
    except (ValueError, msgspec.MsgspecError):
        raise cursor_not_usable(cursor) from None


def cursor_not_usable(cursor: str) -> Refused:
    """The refusal of a cursor that belongs to another list, or to none."""
    expected = "`next` of the page before, with the same filters"
    return Refused(ApiRefusal.INPUT_INVALID, field="cursor", value=cursor, expected=expected)


def page(items: Any, place: Any) -> Answer:
    """A page of a list."""
    return Answer({"items": items, "next": render_cursor(place)})


def page_of(items: list[Any], most: int, place_of: Any) -> Answer:
    """A page from items of which one more was read than is shown."""
    shown = items[:most]
    return page(shown, place_of(shown[-1]) if len(items) > most else None)


def seen(asked: tuple[str, ...], allowed: frozenset[str]) -> tuple[str, ...] | None:
    """What is both asked for and allowed; () for everything, None for nothing. An empty set allows everything."""
    if not allowed:
        return asked
    if not asked:
        return tuple(sorted(allowed))
    return tuple(each for each in asked if each in allowed) or None
