"""Segments: text taken apart by the delimiters that it names itself, and put together again."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

import msgspec


class Syntax(StrEnum):
    """How an interchange is written."""

    X12 = "x12"
    EDIFACT = "edifact"


class Delimiters(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What ends a segment, an element and a component; release: before a delimiter that is meant as text, "" where there is none."""

    segment: str
    element: str
    component: str
    release: str = ""
    decimal: str = "."


X12_DELIMITERS: Final = Delimiters(segment="~", element="*", component=">")
EDIFACT_DELIMITERS: Final = Delimiters(segment="'", element="+", component=":", release="?")


class Segment(msgspec.Struct, frozen=True, gc=False):
    """A tag and its elements, each of one component or more. at: its place in the file, from 1.

    Elements of X12 have one component each: no document that is read here has others.
    """

    tag: str
    elements: tuple[tuple[str, ...], ...]
    at: int

    def get(self, element: int, component: int = 1) -> str:
        """What stands there, both counted from 1; "" where nothing does."""
        if element > len(self.elements):
            return ""
        parts = self.elements[element - 1]
        return parts[component - 1].strip() if component <= len(parts) else ""

    def pairs(self, first: int) -> Iterator[tuple[str, str]]:
        """Qualifiers and what they qualify, from an element on: 1 and 2, 3 and 4, and so on."""
        for place in range(first, len(self.elements), 2):
            if self.get(place) and self.get(place + 1):
                yield self.get(place), self.get(place + 1)


OutElement = str | tuple[str, ...]
OutSegment = tuple[OutElement, ...]

# Elements and components of one segment; those of the standards have fewer than a hundred.
MOST_PARTS: Final = 1_000
_TAG: Final = re.compile(r"[A-Z][A-Z0-9]{1,2}\Z")


def is_tag(text: str) -> bool:
    """Can it be the tag of a segment?"""
    return _TAG.match(text) is not None


def ends_of(text: str, place: int, delimiter: str, release: str) -> Iterator[tuple[str, int]]:
    """What stands before each delimiter from a place on, with the place behind it, and what is left at the end.

    Delimiters that are released are text. It goes on as far as it is asked to.
    """
    # What is released is passed over within the pattern: a text may consist of nothing else.
    within = (
        re.compile(f"(?:[^{re.escape(delimiter + release)}]|{re.escape(release)}.)*+", re.DOTALL) if release else None
    )
    while True:
        found = within.match(text, place) if within is not None else None
        end = found.end() if found is not None else text.find(delimiter, place)
        if not 0 <= end < len(text) or text[end] != delimiter:
            yield text[place:], len(text)
            return
        yield text[place:end], end + 1
        place = end + 1


def split_released(text: str, delimiter: str, release: str) -> list[str]:
    """The parts between delimiters that are not released; release characters stay where they are."""
    parts = text.split(delimiter) if delimiter else [text]
    if not release or release not in text:
        return parts
    whole: list[str] = []
    begun: list[str] = []
    for part in parts:
        begun.append(part)
        # An odd number of them releases the delimiter that comes next.
        if part.endswith(release) and (len(part) - len(part.rstrip(release))) % 2:
            continue
        whole.append(delimiter.join(begun))
        begun = []
    return [*whole, delimiter.join(begun)] if begun else whole


def unrelease(text: str, release: str) -> str:
    """The text that was meant."""
    if not release or release not in text:
        return text
    return re.sub(f"{re.escape(release)}(.)", r"\1", text, flags=re.DOTALL)


def parse_segment(raw: str, delimiters: Delimiters, at: int, *, composite: bool) -> Segment:
    """A segment from its text without what ends it."""
    release = delimiters.release if delimiters.release in raw else ""
    tag, *rest = split_released(raw, delimiters.element, release)
    elements = (split_released(each, delimiters.component, release) if composite else [each] for each in rest)
    clean = raw.isprintable()
    if clean and not release:
        return Segment(tag, tuple([tuple(parts) for parts in elements]), at)
    meant = (
        tuple([part if clean and release not in part else _printable(unrelease(part, release)) for part in parts])
        for parts in elements
    )
    return Segment(tag, tuple(meant), at)


def has_too_many(raw: str, delimiters: Delimiters) -> bool:
    """Has a segment more elements or components than any that there is? It is asked before it is taken apart."""
    signs = raw.count(delimiters.element) + (raw.count(delimiters.component) if delimiters.component else 0)
    return len(raw) > MOST_PARTS and signs > MOST_PARTS


def _printable(text: str) -> str:
    """Text without control characters, which nothing after this can store or show."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else " " for sign in text)


def render_segment(segment: OutSegment, delimiters: Delimiters, encoding: str) -> str:
    """A segment as text; empty elements and components at the end are left out.

    What the encoding can't write is written without its accents, or as a space; so is a delimiter where nothing can release it.
    """
    elements: list[str] = []
    for element in segment:
        parts = (element,) if isinstance(element, str) else element
        written = [_safe(part, delimiters, encoding) for part in parts]
        while written and not written[-1]:
            written.pop()
        elements.append(delimiters.component.join(written))
    while elements and not elements[-1]:
        elements.pop()
    return delimiters.element.join(elements) + delimiters.segment


def _safe(text: str, delimiters: Delimiters, encoding: str) -> str:
    text = "".join(_writable(each, encoding) for each in text)
    signs = (delimiters.segment, delimiters.element, delimiters.component)
    if delimiters.release:
        return "".join(delimiters.release + each if each in (*signs, delimiters.release) else each for each in text)
    return "".join(" " if each in signs else each for each in text).strip()


def _writable(sign: str, encoding: str) -> str:
    if sign < " " or sign == "\x7f":
        return " "
    for each in (sign, unicodedata.normalize("NFKD", sign)[0]):
        try:
            each.encode(encoding)
        except UnicodeEncodeError:
            continue
        return each
    return " "


def render_segments(segments: Sequence[OutSegment], delimiters: Delimiters, encoding: str) -> str:
    """Segments, each on a line of its own."""
    return "".join(render_segment(each, delimiters, encoding) + "\n" for each in segments)
