"""Faults of what partners send: one code each, and what the acknowledgement of either syntax calls it."""

from enum import StrEnum
from typing import Final, NamedTuple

import msgspec


class FaultCode(StrEnum):
    """What is wrong. Codes are stable."""

    NOT_EDI = "NOT_EDI"
    SYNTAX_NOT_SUPPORTED = "SYNTAX_NOT_SUPPORTED"
    TOO_LARGE = "TOO_LARGE"
    TOO_MANY_SEGMENTS = "TOO_MANY_SEGMENTS"
    TOO_MANY_FAULTS = "TOO_MANY_FAULTS"
    HEADER_INCOMPLETE = "HEADER_INCOMPLETE"
    HEADER_LENGTH = "HEADER_LENGTH"
    TRAILER_MISSING = "TRAILER_MISSING"
    REFERENCE_MISSING = "REFERENCE_MISSING"
    REFERENCE_DIFFERS = "REFERENCE_DIFFERS"
    REFERENCE_REPEATED = "REFERENCE_REPEATED"
    COUNT_DIFFERS = "COUNT_DIFFERS"
    NOTHING_INSIDE = "NOTHING_INSIDE"
    KIND_MISSING = "KIND_MISSING"
    KIND_NOT_TAKEN = "KIND_NOT_TAKEN"
    SEGMENT_OUTSIDE = "SEGMENT_OUTSIDE"
    SEGMENT_MALFORMED = "SEGMENT_MALFORMED"
    SEGMENT_NOT_ENDED = "SEGMENT_NOT_ENDED"
    TOO_MANY_ELEMENTS = "TOO_MANY_ELEMENTS"
    SEGMENT_MISSING = "SEGMENT_MISSING"
    ELEMENT_MISSING = "ELEMENT_MISSING"
    CODE_UNKNOWN = "CODE_UNKNOWN"
    NUMBER_INVALID = "NUMBER_INVALID"
    DATE_INVALID = "DATE_INVALID"
    TOTAL_DIFFERS = "TOTAL_DIFFERS"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"


class Level(StrEnum):
    """What a fault is of: what its header and its trailer enclose, or one segment."""

    FILE = "file"
    INTERCHANGE = "interchange"
    GROUP = "group"
    MESSAGE = "message"
    SEGMENT = "segment"


class Fault(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """at: the place of the segment in the file, from 1. element: which of its elements, from 1; 0: none. value: what stands there."""

    code: FaultCode
    level: Level
    at: int
    tag: str = ""
    element: int = 0
    value: str = ""
    expected: str = ""


MOST_SHOWN: Final = 80


def fault_at(
    code: FaultCode, level: Level, at: int, tag: str = "", *, element: int = 0, value: str = "", expected: str = ""
) -> Fault:
    """A fault with what stands there shortened, in signs that any terminal and any document can show."""
    value, expected = _shown(value), _shown(expected)
    return Fault(code=code, level=level, at=at, tag=tag[:3], element=element, value=value, expected=expected)


def _shown(text: str) -> str:
    text = text[:MOST_SHOWN]
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


class FaultRow(NamedTuple):
    """words: what is wrong. rejects: at which levels what it is of is not taken. x12, edifact: how it is acknowledged.

    x12: of the interchange a note of TA105, of a group AK905, of a message AK502, of a segment AK304 or, of an element, AK403.
    edifact: of data element 0085.
    """

    words: str
    rejects: frozenset[Level]
    x12: dict[Level, str]
    edifact: str


C, _L = FaultCode, Level
_I, _G, _M, _S = _L.INTERCHANGE, _L.GROUP, _L.MESSAGE, _L.SEGMENT
# A group is no reason not to take the messages in it that are whole; nor is, mostly, an interchange.
_ALWAYS: Final = frozenset(Level) - {Level.GROUP}
_INSIDE: Final = frozenset({Level.MESSAGE, Level.SEGMENT})
_NEVER: Final = frozenset[Level]()

FAULTS: Final[dict[FaultCode, FaultRow]] = {
    # code                   what is wrong                                            rejects  X12                                 EDIFACT
    C.NOT_EDI: FaultRow("the text begins with neither ISA nor UNA nor UNB", _ALWAYS, {_I: "022"}, "18"),
    C.SYNTAX_NOT_SUPPORTED: FaultRow("a syntax that is not read here", _ALWAYS, {_I: "022"}, "2"),
    C.TOO_LARGE: FaultRow("more than is read at once", _ALWAYS, {_I: "024"}, "18"),
    C.TOO_MANY_SEGMENTS: FaultRow("more segments than are read at once", _ALWAYS, {_I: "024"}, "18"),
    C.TOO_MANY_FAULTS: FaultRow("more faults than are told at once", _ALWAYS, {_I: "024"}, "18"),
    C.HEADER_INCOMPLETE: FaultRow("the header lacks elements", _ALWAYS, {_I: "022", _G: "6", _M: "6"}, "13"),
    C.HEADER_LENGTH: FaultRow("an element of the header does not have its fixed length", _NEVER, {_I: "022"}, "39"),
    C.TRAILER_MISSING: FaultRow("the trailer is missing", _INSIDE, {_I: "023", _G: "3", _M: "2"}, "13"),
    C.REFERENCE_MISSING: FaultRow("the control number is missing", _ALWAYS, {_I: "018", _G: "6", _M: "7"}, "13"),
    C.REFERENCE_DIFFERS: FaultRow("header and trailer have different control numbers", _INSIDE, {_I: "001", _G: "4", _M: "3"}, "28"),
    C.REFERENCE_REPEATED: FaultRow("the control number has been before", _ALWAYS, {_I: "025", _G: "19", _M: "23"}, "26"),
    C.COUNT_DIFFERS: FaultRow("the trailer counts otherwise", _INSIDE, {_I: "021", _G: "5", _M: "4"}, "29"),
    C.NOTHING_INSIDE: FaultRow("there is nothing between header and trailer", _NEVER, {_I: "024", _G: "5", _M: "5"}, "32"),
    C.KIND_MISSING: FaultRow("it does not say what document it is", _INSIDE, {_M: "6"}, "13"),
    C.KIND_NOT_TAKEN: FaultRow("documents of this kind are not taken from this partner", _INSIDE, {_M: "1"}, "14"),
    C.SEGMENT_OUTSIDE: FaultRow("a segment outside of any message", _NEVER, {_I: "022", _G: "5"}, "33"),
    C.SEGMENT_MALFORMED: FaultRow("no tag that a segment can have", _INSIDE, {_S: "1"}, "18"),
    C.SEGMENT_NOT_ENDED: FaultRow("the segment before was not ended", _INSIDE, {_S: "8"}, "18"),
    C.TOO_MANY_ELEMENTS: FaultRow("more elements than a segment can have", _INSIDE, {_S: "8"}, "16"),
    C.SEGMENT_MISSING: FaultRow("a segment that must be there is missing", _INSIDE, {_S: "3"}, "13"),
    C.ELEMENT_MISSING: FaultRow("an element that must be there is missing", _INSIDE, {_S: "1"}, "13"),
    C.CODE_UNKNOWN: FaultRow("a code that is not known for this partner", _INSIDE, {_S: "7"}, "12"),
    C.NUMBER_INVALID: FaultRow("no number that can be taken", _INSIDE, {_S: "6"}, "37"),
    C.DATE_INVALID: FaultRow("no date", _INSIDE, {_S: "8"}, "12"),
    C.TOTAL_DIFFERS: FaultRow("a total does not agree with what it sums up", _INSIDE, {_S: "7"}, "12"),
    C.NOT_ACCEPTABLE: FaultRow("what it asks for can't be done", _INSIDE, {_M: "5"}, "18"),
}  # fmt: skip


def rejects(fault: Fault) -> bool:
    """Is what the fault is of not taken for it?"""
    return fault.level in FAULTS[fault.code].rejects


def in_words(fault: Fault) -> str:
    """A fault as a sentence for people."""
    place = f"segment {fault.at}" + (f" ({fault.tag})" if fault.tag else "")
    place += f", element {fault.element}" if fault.element else ""
    said = f": {fault.value!r}" if fault.value else ""
    instead = f"; expected {fault.expected}" if fault.expected else ""
    return f"{place}: {FAULTS[fault.code].words}{said}{instead}"
