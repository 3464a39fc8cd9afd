"""Read interchanges: delimiters as their headers name them, each level held against its trailer; nothing stops the rest.

What is wrong is told as faults, never raised: whoever sent it must be told of all of it at once.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from orderline.core.edi.faults import Fault, FaultCode, Level, fault_at
from orderline.core.edi.headers import read_edifact_header, read_x12_header
from orderline.core.edi.interchanges import EdiFile, Group, Interchange, Message
from orderline.core.edi.segments import MOST_PARTS, Segment, Syntax, ends_of, has_too_many, is_tag, parse_segment

MOST_BYTES: Final = 4 * 1024 * 1024
MOST_SEGMENTS: Final = 100_000
# Faults of one interchange, group or message that are kept; the first say enough.
MOST_FAULTS: Final = 200
# Faults of a file and all that is in it; whoever sends more has sent something else.
MOST_FAULTS_OF_ALL: Final = 10_000

# The longest control number there is: 14 signs in EDIFACT, with room for those who do not keep to it.
MOST_REFERENCE: Final = 35

# Between segments. Control characters are none of them: they are delimiters of some.
_SPACES: Final = " \t\r\n"
_BLANK: Final = re.compile(r"[ \t\r\n]*")
_HEADER: Final = re.compile(r"(?:ISA|UNA|UNB)(?=[^A-Za-z0-9 \t\r\n])")
_OTHER_SYNTAX: Final = re.compile(r"STX=|MSH\||<\?xml|\{")
# Blanks as a whole: were a line end sought in them that a tag follows, each place of a long run would be tried.
_BLANKS: Final = re.compile(r"[ \t\r\n]+")
_TAG_AHEAD: Final = re.compile(r"[A-Z][A-Z0-9]{1,2}[^A-Za-z0-9 \t\r\n]")


class _Ends(NamedTuple):
    """What opens and closes a level, and which element of what opens it is its control number."""

    opens: str
    closes: str
    reference: int


_LEVELS: Final = {
    Syntax.X12: {
        Level.INTERCHANGE: _Ends("ISA", "IEA", 13),
        Level.GROUP: _Ends("GS", "GE", 6),
        Level.MESSAGE: _Ends("ST", "SE", 2),
    },
    Syntax.EDIFACT: {
        Level.INTERCHANGE: _Ends("UNB", "UNZ", 5),
        Level.GROUP: _Ends("UNG", "UNE", 5),
        Level.MESSAGE: _Ends("UNH", "UNT", 1),
    },
}


def read_edi(data: bytes, *, most_bytes: int = MOST_BYTES) -> EdiFile:
    """Everything in a file: its interchanges, one after the other, and what is wrong with them."""
    if len(data) > most_bytes:
        expected = f"at most {most_bytes} bytes"
        fault = fault_at(FaultCode.TOO_LARGE, Level.FILE, 1, value=str(len(data)), expected=expected)
        return EdiFile(interchanges=[], faults=[fault], segments=0)
    return _File(_decode(data)).read()


def _decode(data: bytes) -> str:
    """Text of any of the character sets that are in use: what is no UTF-8 is Latin."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


class _File:
    """Goes through a text once, from header to header."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._faults: list[Fault] = []
        self._interchanges: list[Interchange] = []
        self._segments = 0
        self._ends = 0  # of segments, also of such as have nothing in them
        self._told = 0

    def read(self) -> EdiFile:
        place = 0
        while self._limit() is None:
            blank = _BLANK.match(self._text, place)
            place = blank.end() if blank is not None else place
            if place >= len(self._text):
                break
            found = _HEADER.match(self._text, place)
            if found is None:
                self._tell_other(place)
                found = _HEADER.search(self._text, place + 1)
                if found is None:
                    break
            place = self._read_interchange(found.start(), is_x12=found.group() == "ISA")
        limit = self._limit()
        if limit is not None:
            code, most = limit
            fault = fault_at(code, Level.INTERCHANGE, self._segments, expected=f"at most {most}")
            (self._interchanges[-1].faults if self._interchanges else self._faults).append(fault)
        self._find_repeated()
        return EdiFile(interchanges=self._interchanges, faults=self._faults, segments=self._segments)

    def _limit(self) -> tuple[FaultCode, int] | None:
        """What there is more of than is read, and how many are; what comes after it is not looked at."""
        if max(self._segments, self._ends) >= MOST_SEGMENTS:
            return FaultCode.TOO_MANY_SEGMENTS, MOST_SEGMENTS
        return (FaultCode.TOO_MANY_FAULTS, MOST_FAULTS_OF_ALL) if self._told >= MOST_FAULTS_OF_ALL else None

    def _tell_other(self, place: int) -> None:
        other = _OTHER_SYNTAX.match(self._text, place)
        code = FaultCode.SYNTAX_NOT_SUPPORTED if other else FaultCode.NOT_EDI
        shown = self._text[place : place + 40]
        self._tell(fault_at(code, Level.FILE, self._segments + 1, value=shown, expected="ISA, UNA or UNB"))

    def _tell(self, fault: Fault) -> None:
        self._told += 1
        if len(self._faults) < MOST_FAULTS:
            self._faults.append(fault)

    def _find_repeated(self) -> None:
        seen: set[tuple[str, str, str]] = set()
        for each in self._interchanges:
            about = (each.sender.id, each.receiver.id, each.reference)
            if about in seen:
                code, at = FaultCode.REFERENCE_REPEATED, each.header.at
                each.faults.append(fault_at(code, Level.INTERCHANGE, at, each.header.tag, value=each.reference))
            seen.add(about)

    def _read_interchange(self, place: int, *, is_x12: bool) -> int:
        """Read to the trailer, to the next header or to the end; returns that place."""
        self._segments += 1
        header, place = (read_x12_header if is_x12 else read_edifact_header)(self._text, place, self._segments)
        if isinstance(header, Fault):
            self._tell(header)
            return place
        self._interchanges.append(header)
        levels = _Levels(header)
        self._told += levels.told
        for segment, after in self._segments_from(place, header, levels):
            if segment is None:
                break
            place = after
            if segment.tag == levels.ends[Level.INTERCHANGE].closes:
                levels.close(segment)
                return place
            before = levels.told
            levels.take(segment)
            self._told += levels.told - before
        before = levels.told
        levels.close(None)
        self._told += levels.told - before
        return place

    def _segments_from(
        self, place: int, interchange: Interchange, levels: "_Levels"
    ) -> Iterator[tuple[Segment | None, int]]:
        """Each segment with the place behind it; None where another interchange begins, since this one has no trailer.

        A line that begins like a segment is one, though the segment before was not ended.
        """
        delimiters = interchange.delimiters
        composite = interchange.syntax is Syntax.EDIFACT
        lines = delimiters.segment in "\r\n"
        for raw, after in ends_of(self._text, place, delimiters.segment, delimiters.release):
            piece = raw.strip(_SPACES)
            if _HEADER.match(piece):
                yield None, place
                return
            self._ends += 1
            if self._limit() is not None:
                return
            for number, part in enumerate(_parts(piece) if not lines else [piece] if piece else []):
                if self._limit() is not None:
                    return
                self._segments += 1
                if has_too_many(part, delimiters):
                    segment = Segment(part.partition(delimiters.element)[0][:MOST_REFERENCE], (), self._segments)
                    levels.tell_inside(FaultCode.TOO_MANY_ELEMENTS, segment, expected=f"at most {MOST_PARTS}")
                else:
                    segment = parse_segment(part, delimiters, self._segments, composite=composite)
                if number:
                    levels.tell_inside(FaultCode.SEGMENT_NOT_ENDED, segment, expected=delimiters.segment)
                yield segment, after
            place = after


class _Levels:
    """What of an interchange is open: the group and the message that the next segment belongs to."""

    def __init__(self, interchange: Interchange) -> None:
        self.ends = _LEVELS[interchange.syntax]
        self._interchange = interchange
        self._group: Group | None = None
        self._message: Message | None = None
        self.told = len(interchange.faults)
        self._references: set[str] = set()
        self._group_references: set[str] = set()
        self._check_reference(interchange.faults, Level.INTERCHANGE, interchange.header, set())

    def take(self, segment: Segment) -> None:
        """A segment between the header and the trailer of the interchange."""
        group, message = self.ends[Level.GROUP], self.ends[Level.MESSAGE]
        if segment.tag == group.opens:
            self._close_group(None)
            self._open_group(segment)
        elif segment.tag == group.closes:
            self._close_group(segment)
        elif segment.tag == message.opens:
            self._close_message(None)
            self._open_message(segment)
        elif segment.tag == message.closes:
            self._close_message(segment)
        elif self._message is None:
            self.tell_inside(FaultCode.SEGMENT_OUTSIDE, segment)
        else:
            if not is_tag(segment.tag):
                self.tell_inside(FaultCode.SEGMENT_MALFORMED, segment, value=segment.tag)
            self._message.segments.append(segment)

    def close(self, trailer: Segment | None) -> None:
        """The interchange ends: by its trailer, or without one."""
        self._close_group(None)
        interchange = self._interchange
        inside = [each for each in interchange.groups if each.header is not None] or interchange.messages
        self._check_trailer(
            interchange.faults, Level.INTERCHANGE, trailer, interchange.header.at, len(inside), interchange.reference
        )
        if not inside:
            self._tell(
                interchange.faults,
                fault_at(FaultCode.NOTHING_INSIDE, Level.INTERCHANGE, interchange.header.at, interchange.header.tag),
            )

    def tell_inside(self, code: FaultCode, segment: Segment, *, value: str = "", expected: str = "") -> None:
        """A fault of a segment, told of the message that is open, or else of what is around it."""
        if self._message is not None:
            faults, level = self._message.faults, Level.SEGMENT
        elif self._group is not None:
            faults, level = self._group.faults, Level.GROUP
        else:
            faults, level = self._interchange.faults, Level.INTERCHANGE
        # Around messages, all that is known of a segment is that it should not be there.
        code = code if level is Level.SEGMENT else FaultCode.SEGMENT_OUTSIDE
        self._tell(faults, fault_at(code, level, segment.at, segment.tag, value=value, expected=expected))

    def _open_group(self, segment: Segment) -> None:
        reference = segment.get(self.ends[Level.GROUP].reference)
        self._group = Group(code=segment.get(1), reference=reference, at=segment.at, header=segment)
        self._check_reference(self._group.faults, Level.GROUP, segment, self._group_references)
        self._interchange.groups.append(self._group)
        self._references = set()

    def _close_group(self, trailer: Segment | None) -> None:
        self._close_message(None)
        group, self._group = self._group, None
        if group is None or group.header is None:
            if trailer is not None:
                self.tell_inside(FaultCode.SEGMENT_OUTSIDE, trailer)
            return
        group.stated = trailer.get(1) if trailer is not None else ""
        self._check_trailer(group.faults, Level.GROUP, trailer, group.at, len(group.messages), group.reference)

    def _open_message(self, segment: Segment) -> None:
        is_x12 = self._interchange.syntax is Syntax.X12
        kind = segment.get(1) if is_x12 else segment.get(2)
        reference = segment.get(self.ends[Level.MESSAGE].reference)
        about = () if is_x12 or len(segment.elements) < 2 else segment.elements[1]
        if self._group is None:
            if is_x12:
                self.tell_inside(FaultCode.SEGMENT_OUTSIDE, segment, expected="GS")
            self._group = Group(code="", reference="", at=segment.at)
            self._interchange.groups.append(self._group)
        message = Message(kind=kind, reference=reference, at=segment.at, about=about)
        if not kind:
            self._tell(message.faults, fault_at(FaultCode.KIND_MISSING, Level.MESSAGE, segment.at, segment.tag))
        self._check_reference(message.faults, Level.MESSAGE, segment, self._references)
        self._group.messages.append(message)
        self._message = message

    def _close_message(self, trailer: Segment | None) -> None:
        message, self._message = self._message, None
        if message is None:
            if trailer is not None:
                self.tell_inside(FaultCode.SEGMENT_OUTSIDE, trailer)
            return
        count = len(message.segments) + 2
        self._check_trailer(message.faults, Level.MESSAGE, trailer, message.at, count, message.reference)

    def _check_reference(self, faults: list[Fault], level: Level, header: Segment, seen: set[str]) -> None:
        element = self.ends[level].reference
        reference = header.get(element)
        if not reference or len(reference) > MOST_REFERENCE:
            code, expected = FaultCode.REFERENCE_MISSING, f"1 to {MOST_REFERENCE} signs"
            self._tell(
                faults,
                fault_at(code, level, header.at, header.tag, element=element, value=reference, expected=expected),
            )
        elif reference in seen:
            code = FaultCode.REFERENCE_REPEATED
            self._tell(faults, fault_at(code, level, header.at, header.tag, element=element, value=reference))
        seen.add(reference)

    def _check_trailer(
        self, faults: list[Fault], level: Level, trailer: Segment | None, opened_at: int, count: int, reference: str
    ) -> None:
        """The trailer counts what there is, in its first element, and names what it closes, in its second."""
        ends = self.ends[level]
        if trailer is None:
            self._tell(faults, fault_at(FaultCode.TRAILER_MISSING, level, opened_at, ends.opens, expected=ends.closes))
            return
        about = (level, trailer.at, trailer.tag)
        stated = trailer.get(1)
        if not stated.isdecimal() or len(stated) > 12 or int(stated) != count:
            self._tell(faults, fault_at(FaultCode.COUNT_DIFFERS, *about, element=1, value=stated, expected=str(count)))
        again = trailer.get(2)
        if self._plain(again) != self._plain(reference):
            self._tell(
                faults, fault_at(FaultCode.REFERENCE_DIFFERS, *about, element=2, value=again, expected=reference)
            )

    def _plain(self, reference: str) -> str:
        """Control numbers of X12 are numbers: zeros before them say nothing."""
        is_number = self._interchange.syntax is Syntax.X12 and reference.isdecimal()
        return reference.lstrip("0") if is_number else reference

    def _tell(self, faults: list[Fault], fault: Fault) -> None:
        if len(faults) < MOST_FAULTS:
            faults.append(fault)
            self.told += 1


def _parts(text: str) -> Iterator[str]:
    """The segments in what was ended once: a line that begins like one is one."""
    begin = 0
    if "\n" in text or "\r" in text:
        for blanks in _BLANKS.finditer(text):
            run = blanks.group()
            if ("\n" in run or "\r" in run) and _TAG_AHEAD.match(text, blanks.end()):
                yield text[begin : blanks.start()]
                begin = blanks.end()
    if text:
        yield text[begin:]
