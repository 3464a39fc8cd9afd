"""Headers of interchanges: from them come the delimiters of all that follows."""

import re
from typing import Final

from orderline.core.edi.faults import Fault, FaultCode, Level, fault_at
from orderline.core.edi.interchanges import Interchange, PartyId
from orderline.core.edi.segments import (
    EDIFACT_DELIMITERS,
    MOST_PARTS,
    Delimiters,
    Segment,
    Syntax,
    ends_of,
    has_too_many,
    parse_segment,
)

# Lengths of the elements of ISA, which are fixed; published ones seldom keep them.
_ISA: Final = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1)
_MOST_ISA: Final = 400
_FOLLOWING: Final = re.compile(r"(.)\r?\n")


def read_x12_header(text: str, place: int, at: int) -> tuple[Interchange | Fault, int]:
    """ISA, and where it ends. It is read by its elements, and not by places: where lengths are not kept, it can still be."""
    sign = text[place + 3]
    parts = text[place : place + _MOST_ISA].split(sign, 16)
    if len(parts) < 17 or len(parts[16]) < 2:
        fault = fault_at(FaultCode.HEADER_INCOMPLETE, Level.FILE, at, "ISA", element=len(parts), expected="16 elements")
        return fault, place + 3
    delimiters, taken = _delimiters(parts[16], sign)
    fields = [re.sub(r"[\r\n]", "", each) for each in parts[1:16]]
    header = Segment("ISA", tuple((each,) for each in (*fields, delimiters.component)), at)
    interchange = Interchange(
        syntax=Syntax.X12, delimiters=delimiters, header=header, reference=header.get(13),
        sender=PartyId(header.get(6), header.get(5)), receiver=PartyId(header.get(8), header.get(7)),
        is_test=header.get(15) == "T", acknowledge=header.get(14) == "1",
    )  # fmt: skip
    for element, (field, length) in enumerate(zip((*fields, delimiters.component), (*_ISA, 1), strict=True), 1):
        if len(field) != length:
            expected = f"{length} characters"
            interchange.faults.append(
                fault_at(
                    FaultCode.HEADER_LENGTH,
                    Level.INTERCHANGE,
                    at,
                    "ISA",
                    element=element,
                    value=field,
                    expected=expected,
                )
            )
    return interchange, place + sum(map(len, parts[:16])) + 16 + taken


def _delimiters(tail: str, sign: str) -> tuple[Delimiters, int]:
    """What ISA16 and the sign behind it are, and how many signs that takes.

    A line that ends there may be the end of the segment; or ISA16 is missing, and what stands there ends this segment and all others.
    """
    component, ends = tail[0], tail[1]
    if ends in "\r\n":
        following = _FOLLOWING.search(tail[1:].lstrip("\r\n"))
        if following is not None and following.group(1) == component:
            return Delimiters(segment=component, element=sign, component=""), 1
        ends = "\n"
    return Delimiters(segment=ends, element=sign, component=component), 2


def read_edifact_header(text: str, place: int, at: int) -> tuple[Interchange | Fault, int]:
    """UNB, with UNA before it or without, and where it ends."""
    delimiters = EDIFACT_DELIMITERS
    if text.startswith("UNA", place):
        signs = text[place + 3 : place + 9]
        place += 9
        meant = (signs[:4] + signs[5:]).replace(" ", "")
        if len(signs) < 6 or len(set(meant)) < len(meant) or signs[5].isspace() or " " in signs[:2]:
            return fault_at(
                FaultCode.HEADER_INCOMPLETE, Level.FILE, at, "UNA", value=signs, expected="six signs that differ"
            ), place
        delimiters = Delimiters(
            component=signs[0], element=signs[1], decimal=signs[2], release=signs[3].strip(), segment=signs[5]
        )
    raw, end = next(ends_of(text, place, delimiters.segment, delimiters.release))
    if has_too_many(raw, delimiters):
        return fault_at(FaultCode.TOO_MANY_ELEMENTS, Level.FILE, at, "UNB", expected=f"at most {MOST_PARTS}"), end
    header = parse_segment(raw.strip(), delimiters, at, composite=True)
    if header.tag != "UNB":
        return fault_at(FaultCode.NOT_EDI, Level.FILE, at, value=raw.strip(), expected="UNB"), end
    interchange = Interchange(
        syntax=Syntax.EDIFACT, delimiters=delimiters, header=header, reference=header.get(5),
        sender=PartyId(header.get(2), header.get(2, 2)), receiver=PartyId(header.get(3), header.get(3, 2)),
        is_test=header.get(11) == "1", acknowledge=header.get(9) == "1",
    )  # fmt: skip
    return interchange, end
