"""Technical acknowledgements: what was taken and what was not, and why; 997 with TA1 for X12, CONTRL for EDIFACT."""

from collections.abc import Sequence
from typing import Final

from orderline.core.edi.faults import FAULTS, Fault, FaultCode, Level
from orderline.core.edi.interchanges import Group, Interchange, Message
from orderline.core.edi.segments import OutSegment, Syntax
from orderline.core.edi.writing import Outgoing

# Documents that are acknowledgements themselves: nobody acknowledges those, or it would never end.
NEVER_ACKNOWLEDGED: Final = frozenset({"997", "999", "CONTRL"})
_MOST: Final = 5
# Faults of a segment that are of one of its elements.
_OF_ELEMENT: Final = frozenset({
    FaultCode.ELEMENT_MISSING, FaultCode.CODE_UNKNOWN, FaultCode.NUMBER_INVALID, FaultCode.DATE_INVALID, FaultCode.TOTAL_DIFFERS,
})  # fmt: skip


def acknowledge(interchange: Interchange) -> list[Outgoing]:
    """The documents that acknowledge an interchange: one for each group of X12, one for an interchange of EDIFACT.

    Nothing for what is an acknowledgement itself; `interchange_note` says of X12 what is wrong around its groups.
    """
    if interchange.syntax is Syntax.EDIFACT:
        messages = [each for each in interchange.messages if each.kind not in NEVER_ACKNOWLEDGED]
        return [Outgoing("CONTRL", _contrl(interchange))] if messages or not interchange.messages else []
    return [
        Outgoing("997", _functional(interchange, group))
        for group in interchange.groups
        if group.header is not None and any(each.kind not in NEVER_ACKNOWLEDGED for each in group.messages)
    ]


def interchange_note(interchange: Interchange) -> OutSegment | None:
    """TA1, which says what is wrong with the envelope of an interchange of X12; None: nothing is, and nobody asked."""
    if interchange.syntax is not Syntax.X12 or not (interchange.faults or interchange.acknowledge):
        return None
    worst = min(interchange.faults, key=lambda each: Level.INTERCHANGE not in FAULTS[each.code].rejects, default=None)
    verdict = "R" if not interchange.accepted else "E" if worst is not None else "A"
    code = FAULTS[worst.code].x12.get(Level.INTERCHANGE, "024") if worst is not None else "000"
    return ("TA1", interchange.reference, interchange.header.get(9), interchange.header.get(10), verdict, code)


def _functional(interchange: Interchange, group: Group) -> tuple[OutSegment, ...]:
    """997 of one group: each set with its faults by segment and element, and how many were taken."""
    said: list[OutSegment] = [("AK1", group.code, group.reference)]
    taken = 0
    for message in group.messages:
        said.append(("AK2", message.kind, message.reference))
        said.extend(_segments_of(message))
        accepted = message.accepted and interchange.accepted
        taken += accepted
        codes = _codes(message.faults, Level.MESSAGE)
        if any(each.level is Level.SEGMENT for each in message.faults) and "5" not in codes:
            codes.insert(0, "5")
        said.append(("AK5", "R" if not accepted else "E" if codes else "A", *codes[:_MOST]))
    codes = _codes(group.faults, Level.GROUP)
    whole = len(group.messages)
    verdict = "R" if whole and not taken else "P" if taken < whole else "E" if codes else "A"
    stated = group.stated if group.stated.isdecimal() and len(group.stated) <= 6 else str(whole)
    said.append(("AK9", verdict, stated, str(whole), str(taken), *codes[:_MOST]))
    return tuple(said)


def _segments_of(message: Message) -> list[OutSegment]:
    said: list[OutSegment] = []
    last = 0
    for fault in sorted(
        (each for each in message.faults if each.level is Level.SEGMENT), key=lambda each: (each.at, each.element)
    ):
        of_element = fault.code in _OF_ELEMENT and fault.element > 0
        code = FAULTS[fault.code].x12[Level.SEGMENT]
        if fault.at != last or not of_element:
            said.append(("AK3", fault.tag, str(fault.at - message.at + 1), "", "8" if of_element else code))
        if of_element:
            said.append(("AK4", str(fault.element), "", code, fault.value[:99]))
        last = fault.at
    return said


def _codes(faults: Sequence[Fault], level: Level) -> list[str]:
    return list(dict.fromkeys(FAULTS[each.code].x12.get(level, "5") for each in faults if each.level is level))


def _contrl(interchange: Interchange) -> tuple[OutSegment, ...]:
    """CONTRL of an interchange: 7 is taken, 4 is not; the same is said of each of its messages."""
    header = interchange.header
    verdict = "7" if interchange.accepted else "4"
    worst = min(interchange.faults, key=lambda each: Level.INTERCHANGE not in FAULTS[each.code].rejects, default=None)
    said: list[OutSegment] = [
        ("UCI", interchange.reference, _party(header.elements, 1), _party(header.elements, 2), verdict, *_why(worst))
    ]
    if not interchange.accepted:
        return tuple(said)
    for group in interchange.groups:
        if group.header is not None:
            header = group.header
            fault = group.faults[0] if group.faults else None
            said.append(
                ("UCF", group.reference, _party(header.elements, 1), _party(header.elements, 2), "7", *_why(fault))
            )
        for message in group.messages:
            said.extend(_message(message))
    return tuple(said)


def _message(message: Message) -> list[OutSegment]:
    own = next((each for each in message.faults if each.level is Level.MESSAGE), None)
    said: list[OutSegment] = [("UCM", message.reference, message.about, "7" if message.accepted else "4", *_why(own))]
    last = 0
    for fault in sorted(
        (each for each in message.faults if each.level is Level.SEGMENT), key=lambda each: (each.at, each.element)
    ):
        code = FAULTS[fault.code].edifact
        if fault.at != last:
            said.append(("UCS", str(fault.at - message.at + 1), "" if fault.element else code))
        if fault.element:
            said.append(("UCD", code, str(fault.element + 1)))
        last = fault.at
    return said


def _why(fault: Fault | None) -> tuple[str, ...]:
    return (FAULTS[fault.code].edifact, fault.tag) if fault is not None else ()


def _party(elements: tuple[tuple[str, ...], ...], place: int) -> tuple[str, ...]:
    return elements[place] if place < len(elements) else ()
